#include "p2p/peer_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"
#include "p2p/multiaddr.h"

#define HEADER "loft peers 1"
#define FIELDS 6 /* id, seen, banned until, why, addresses, protocols */
#define FILE_BYTES_MAX ((size_t)32 << 20)

struct record {
    uint64_t seen_ms, banned_until_ms;
    char why[PEER_STORE_WHY_BYTES_MAX + 1];
    bytes addrs[PEER_STORE_ADDRS_MAX]; /* owned, the one that worked first */
    size_t addr_count;
    char *protocols[PEER_STORE_PROTOCOLS_MAX]; /* owned */
    size_t protocol_count;
};

struct peer_store {
    char *path;         /* NULL: in memory alone */
    struct map records; /* struct peer_id -> struct record * */
    bool changed;
};

/* What lies behind an id's length is no part of it. */
static struct peer_id key_of(const struct peer_id *id)
{
    struct peer_id key;
    memset(&key, 0, sizeof key);
    memcpy(key.at, id->at, id->len);
    key.len = id->len;
    return key;
}

static struct record *find(const struct peer_store *store,
                           const struct peer_id *id)
{
    struct peer_id key = key_of(id);
    struct record **at = map_get(&store->records, &key);
    return at ? *at : NULL;
}

static void drop_addrs(struct record *record)
{
    for (size_t i = 0; i < record->addr_count; i++)
        free((void *)record->addrs[i].at);
    record->addr_count = 0;
}

static void drop_protocols(struct record *record)
{
    for (size_t i = 0; i < record->protocol_count; i++)
        free(record->protocols[i]);
    record->protocol_count = 0;
}

static void record_free(struct record *record)
{
    drop_addrs(record);
    drop_protocols(record);
    free(record);
}

void peer_store_forget(struct peer_store *store, const struct peer_id *id)
{
    struct peer_id key = key_of(id);
    struct record *record = find(store, id);
    if (!record)
        return;
    map_remove(&store->records, &key);
    record_free(record);
    store->changed = true;
}

/* Bans stay longest: who is banned would like to be forgotten. */
static bool goes_before(const struct record *a, const struct record *b)
{
    if (!a->banned_until_ms != !b->banned_until_ms)
        return !a->banned_until_ms;
    return a->banned_until_ms ? a->banned_until_ms < b->banned_until_ms
                              : a->seen_ms < b->seen_ms;
}

static void make_room(struct peer_store *store)
{
    if (store->records.len < PEER_STORE_PEERS_MAX)
        return;
    uint32_t first = 0;
    MAP_FOR_EACH (i, &store->records)
        if (goes_before(
                *(struct record **)map_value_at(&store->records, i),
                *(struct record **)map_value_at(&store->records, first)))
            first = i;
    struct peer_id id;
    memcpy(&id, map_key_at(&store->records, first), sizeof id);
    peer_store_forget(store, &id);
}

static struct record *find_or_make(struct peer_store *store,
                                   const struct peer_id *id)
{
    struct record *record = find(store, id);
    struct peer_id key = key_of(id);
    store->changed = true;
    if (record)
        return record;
    make_room(store);
    record = MEMORY_NEW(struct record);
    *(struct record **)map_put(&store->records, &key, NULL) = record;
    return record;
}

static bool has_addr(const struct record *record, bytes addr)
{
    for (size_t i = 0; i < record->addr_count; i++)
        if (bytes_equal(record->addrs[i], addr))
            return true;
    return false;
}

static void add_addr(struct record *record, bytes addr)
{
    if (record->addr_count == PEER_STORE_ADDRS_MAX || has_addr(record, addr) ||
        multiaddr_check(addr) != LOFT_OK)
        return;
    uint8_t *copy = memory_alloc(addr.len);
    memcpy(copy, addr.at, addr.len);
    record->addrs[record->addr_count++] = bytes_of(copy, addr.len);
}

/* Printable, and nothing that the file has a meaning for. */
static bool is_plain(bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == ',')
            return false;
    return text.len > 0;
}

static void add_protocol(struct record *record, bytes name)
{
    if (record->protocol_count == PEER_STORE_PROTOCOLS_MAX ||
        name.len > PEER_STORE_PROTOCOL_BYTES_MAX || !is_plain(name))
        return;
    char *copy = memory_alloc(name.len + 1);
    memcpy(copy, name.at, name.len);
    copy[name.len] = 0;
    record->protocols[record->protocol_count++] = copy;
}

/* A copy, as the old ones go first. */
static void set_addrs(struct record *record, bytes first, const bytes *rest,
                      size_t count)
{
    struct record fresh = {0};
    if (first.len)
        add_addr(&fresh, first);
    for (size_t i = 0; i < count; i++)
        add_addr(&fresh, rest[i]);
    drop_addrs(record);
    memcpy(record->addrs, fresh.addrs, sizeof fresh.addrs);
    record->addr_count = fresh.addr_count;
}

void peer_store_saw(struct peer_store *store, const struct peer_id *id,
                    bytes addr, uint64_t now_ms)
{
    struct record *record = find_or_make(store, id);
    record->seen_ms = now_ms;
    if (addr.len)
        set_addrs(record, addr, record->addrs, record->addr_count);
}

void peer_store_learn(struct peer_store *store, const struct peer_id *id,
                      const bytes *addrs, size_t addr_count,
                      const char *const *protocols, size_t protocol_count)
{
    struct record *record = find_or_make(store, id);
    bytes worked = record->addr_count ? record->addrs[0] : BYTES_EMPTY;
    set_addrs(record, worked, addrs, addr_count);
    drop_protocols(record);
    for (size_t i = 0; i < protocol_count; i++)
        add_protocol(record, bytes_str(protocols[i]));
}

/* A tab or a line's end in it would be one of the file's. */
static void set_why(struct record *record, bytes why)
{
    size_t len = why.len < PEER_STORE_WHY_BYTES_MAX ? why.len
                                                    : PEER_STORE_WHY_BYTES_MAX;
    for (size_t i = 0; i < len; i++)
        record->why[i] = why.at[i] < ' ' || why.at[i] > '~' ? '?'
                                                            : (char)why.at[i];
    record->why[len] = 0;
}

void peer_store_ban(struct peer_store *store, const struct peer_id *id,
                    uint64_t until_ms, const char *why)
{
    if (until_ms == 0 && !find(store, id))
        return;
    struct record *record = find_or_make(store, id);
    record->banned_until_ms = until_ms;
    set_why(record, until_ms ? bytes_str(why) : BYTES_EMPTY);
}

bool peer_store_is_banned(const struct peer_store *store,
                          const struct peer_id *id, uint64_t now_ms)
{
    const struct record *record = find(store, id);
    return record && record->banned_until_ms > now_ms;
}

static void fill_entry(struct peer_entry *out, const struct peer_id *id,
                       const struct record *record)
{
    *out = (struct peer_entry){
        .id = *id,
        .seen_ms = record->seen_ms,
        .banned_until_ms = record->banned_until_ms,
        .banned_why = record->why,
        .addrs = record->addrs,
        .addr_count = record->addr_count,
        .protocols = (const char *const *)record->protocols,
        .protocol_count = record->protocol_count,
    };
}

bool peer_store_find(const struct peer_store *store, const struct peer_id *id,
                     struct peer_entry *out)
{
    const struct record *record = find(store, id);
    if (record)
        fill_entry(out, id, record);
    return record != NULL;
}

size_t peer_store_count(const struct peer_store *store)
{
    return store->records.len;
}

void peer_store_at(const struct peer_store *store, size_t index,
                   struct peer_entry *out)
{
    struct peer_id id;
    memcpy(&id, map_key_at(&store->records, (uint32_t)index), sizeof id);
    fill_entry(
        out, &id,
        *(struct record **)map_value_at(&store->records, (uint32_t)index));
}

/* The file */

static void put_addrs(struct buffer *out, const struct record *record)
{
    struct buffer text = {0};
    bool first = true;
    for (size_t i = 0; i < record->addr_count; i++) {
        text.len = 0;
        multiaddr_put_text(&text, record->addrs[i]);
        /* A name may have any bytes. */
        if (!is_plain(buffer_bytes(&text)))
            continue;
        if (!first)
            buffer_put_byte(out, ',');
        buffer_put_bytes(out, buffer_bytes(&text));
        first = false;
    }
    buffer_free(&text);
}

static void put_record(struct buffer *out, const struct peer_id *id,
                       const struct record *record)
{
    peer_id_put_text(out, id);
    buffer_printf(out, "\t%" PRIu64 "\t%" PRIu64 "\t%s\t", record->seen_ms,
                  record->banned_until_ms, record->why);
    put_addrs(out, record);
    buffer_put_byte(out, '\t');
    for (size_t i = 0; i < record->protocol_count; i++)
        buffer_printf(out, "%s%s", i ? "," : "", record->protocols[i]);
    buffer_put_byte(out, '\n');
}

static void put_all(struct buffer *out, const struct peer_store *store)
{
    buffer_printf(out, HEADER "\n");
    MAP_FOR_EACH (i, &store->records) {
        struct peer_id id;
        memcpy(&id, map_key_at(&store->records, i), sizeof id);
        put_record(out, &id,
                   *(struct record **)map_value_at(&store->records, i));
    }
}

static loft_err fail(const char *path)
{
    return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
}

static loft_err write_synced(const char *path, bytes contents)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(path);
    while (contents.len) {
        ssize_t written = write(fd, contents.at, contents.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            break;
        contents = bytes_of(contents.at + written,
                            contents.len - (size_t)written);
    }
    bool ok = contents.len == 0 && fdatasync(fd) == 0;
    loft_err code = ok ? LOFT_OK : fail(path);
    close(fd);
    return code;
}

loft_err peer_store_save(struct peer_store *store)
{
    struct buffer text = {0}, beside = {0};
    if (!store->path || !store->changed)
        return LOFT_OK;
    put_all(&text, store);
    buffer_printf(&beside, "%s.new", store->path);
    buffer_put_byte(&beside, 0);
    const char *name = (const char *)beside.at;
    loft_err code = write_synced(name, buffer_bytes(&text));
    if (code == LOFT_OK && rename(name, store->path) != 0)
        code = fail(store->path);
    if (code == LOFT_OK)
        store->changed = false;
    buffer_free(&text);
    buffer_free(&beside);
    return code;
}

/* Up to the separator, which is gone then; all of it where there is none. */
static bytes take_until(bytes *rest, uint8_t separator)
{
    const uint8_t *end = rest->len ? memchr(rest->at, separator, rest->len)
                                   : NULL;
    bytes taken = *rest;
    if (!end) {
        *rest = BYTES_EMPTY;
        return taken;
    }
    taken.len = (size_t)(end - taken.at);
    *rest = bytes_of(end + 1, rest->len - taken.len - 1);
    return taken;
}

static bool read_number(uint64_t *out, bytes text)
{
    uint64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = text.at[i] - (unsigned)'0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static void read_addrs(struct record *record, bytes text)
{
    struct buffer addr = {0};
    while (text.len) {
        addr.len = 0;
        if (multiaddr_read_text(&addr, take_until(&text, ',')) == LOFT_OK)
            add_addr(record, buffer_bytes(&addr));
    }
    buffer_free(&addr);
}

static size_t count_of(bytes text, uint8_t byte)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == byte;
    return count;
}

static bool read_line(struct peer_store *store, bytes line)
{
    bytes fields[FIELDS];
    struct peer_id id;
    uint64_t seen, banned;
    if (count_of(line, '\t') != FIELDS - 1)
        return false;
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = take_until(&line, '\t');
    if (peer_id_read_text(&id, fields[0]) != LOFT_OK ||
        !read_number(&seen, fields[1]) || !read_number(&banned, fields[2]) ||
        find(store, &id))
        return false;
    struct record *record = find_or_make(store, &id);
    record->seen_ms = seen;
    record->banned_until_ms = banned;
    set_why(record, fields[3]);
    read_addrs(record, fields[4]);
    while (fields[5].len)
        add_protocol(record, take_until(&fields[5], ','));
    return true;
}

static void read_all(struct peer_store *store, bytes text)
{
    size_t unread = 0;
    if (!bytes_equal(take_until(&text, '\n'), bytes_str(HEADER)))
        unread++;
    while (text.len)
        unread += !read_line(store, take_until(&text, '\n'));
    if (unread)
        log_warn("peers_unread", "path=%s lines=%zu", store->path, unread);
    store->changed = unread > 0;
}

static loft_err read_file(struct buffer *out, int fd, const char *path)
{
    ssize_t got = 1;
    while (got > 0) {
        VEC_RESERVE(out, (size_t)64 << 10);
        got = read(fd, out->at + out->len, out->cap - out->len);
        if (got > 0)
            out->len += (size_t)got;
        if (out->len > FILE_BYTES_MAX)
            return err_say(LOFT_ERR_LIMIT, "%s: more than %zu bytes", path,
                           FILE_BYTES_MAX);
    }
    return got == 0 ? LOFT_OK : fail(path);
}

static loft_err load(struct peer_store *store)
{
    struct buffer text = {0};
    int fd = open(store->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? LOFT_OK : fail(store->path);
    loft_err code = read_file(&text, fd, store->path);
    if (code == LOFT_OK && text.len)
        read_all(store, buffer_bytes(&text));
    buffer_free(&text);
    close(fd);
    return code;
}

loft_err peer_store_open(struct peer_store **out, const char *path)
{
    struct peer_store *store = MEMORY_NEW(struct peer_store);
    map_init(&store->records, sizeof(struct peer_id), sizeof(struct record *));
    if (path) {
        store->path = memory_string(path);
        loft_err code = load(store);
        if (code != LOFT_OK) {
            peer_store_close(store);
            return code;
        }
    }
    *out = store;
    return LOFT_OK;
}

void peer_store_close(struct peer_store *store)
{
    if (!store)
        return;
    MAP_FOR_EACH (i, &store->records)
        record_free(*(struct record **)map_value_at(&store->records, i));
    map_fini(&store->records);
    free(store->path);
    free(store);
}
