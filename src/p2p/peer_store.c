/* The records, and what is asked of them. */
#include "p2p/peer_store.h"

#include <stdlib.h>

#include "base/memory.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_store_parts.h"

/* What lies behind an id's length is no part of it. */
static struct peer_id key_of(const struct peer_id *id)
{
    struct peer_id key;
    memset(&key, 0, sizeof key);
    memcpy(key.at, id->at, id->len);
    key.len = id->len;
    return key;
}

struct peer_store_record *peer_store_record(const struct peer_store *store,
                                            const struct peer_id *id)
{
    struct peer_id key = key_of(id);
    struct peer_store_record **at = map_get(&store->records, &key);
    return at ? *at : NULL;
}

static void drop_addrs(struct peer_store_record *record)
{
    for (size_t i = 0; i < record->addr_count; i++)
        free((void *)record->addrs[i].at);
    record->addr_count = 0;
}

static void drop_protocols(struct peer_store_record *record)
{
    for (size_t i = 0; i < record->protocol_count; i++)
        free(record->protocols[i]);
    record->protocol_count = 0;
}

static void record_free(struct peer_store_record *record)
{
    drop_addrs(record);
    drop_protocols(record);
    buffer_free(&record->line);
    free(record);
}

void peer_store_forget(struct peer_store *store, const struct peer_id *id)
{
    struct peer_id key = key_of(id);
    struct peer_store_record *record = peer_store_record(store, id);
    if (!record)
        return;
    map_remove(&store->records, &key);
    record_free(record);
    store->changed = true;
}

/* Bans stay longest: who is banned would like to be forgotten. */
static bool goes_before(const struct peer_store_record *a,
                        const struct peer_store_record *b)
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
                *(struct peer_store_record **)map_value_at(&store->records, i),
                *(struct peer_store_record **)map_value_at(&store->records,
                                                           first)))
            first = i;
    struct peer_id id;
    memcpy(&id, map_key_at(&store->records, first), sizeof id);
    peer_store_forget(store, &id);
}

struct peer_store_record *peer_store_make(struct peer_store *store,
                                          const struct peer_id *id)
{
    struct peer_store_record *record = peer_store_record(store, id);
    struct peer_id key = key_of(id);
    store->changed = true;
    if (record)
        return record;
    make_room(store);
    record = MEMORY_NEW(struct peer_store_record);
    *(struct peer_store_record **)map_put(&store->records, &key, NULL) = record;
    return record;
}

static bool has_addr(const struct peer_store_record *record, bytes addr)
{
    for (size_t i = 0; i < record->addr_count; i++)
        if (bytes_equal(record->addrs[i], addr))
            return true;
    return false;
}

void peer_record_add_addr(struct peer_store_record *record, bytes addr)
{
    if (record->addr_count == PEER_STORE_ADDRS_MAX || has_addr(record, addr) ||
        multiaddr_check(addr) != LOFT_OK)
        return;
    uint8_t *copy = memory_alloc(addr.len);
    memcpy(copy, addr.at, addr.len);
    record->addrs[record->addr_count++] = bytes_of(copy, addr.len);
}

bool peer_record_is_plain(bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == ',')
            return false;
    return text.len > 0;
}

void peer_record_add_protocol(struct peer_store_record *record, bytes name)
{
    if (record->protocol_count == PEER_STORE_PROTOCOLS_MAX ||
        name.len > PEER_STORE_PROTOCOL_BYTES_MAX || !peer_record_is_plain(name))
        return;
    char *copy = memory_alloc(name.len + 1);
    memcpy(copy, name.at, name.len);
    copy[name.len] = 0;
    record->protocols[record->protocol_count++] = copy;
}

/* A copy, as the old ones go first. */
static void set_addrs(struct peer_store_record *record, bytes first,
                      const bytes *rest, size_t count)
{
    struct peer_store_record fresh = {0};
    if (first.len)
        peer_record_add_addr(&fresh, first);
    for (size_t i = 0; i < count; i++)
        peer_record_add_addr(&fresh, rest[i]);
    drop_addrs(record);
    memcpy(record->addrs, fresh.addrs, sizeof fresh.addrs);
    record->addr_count = fresh.addr_count;
}

void peer_store_saw(struct peer_store *store, const struct peer_id *id,
                    bytes addr, uint64_t now_ms)
{
    struct peer_store_record *record = peer_store_make(store, id);
    record->seen_ms = now_ms;
    if (addr.len)
        set_addrs(record, addr, record->addrs, record->addr_count);
    peer_record_write_line(record, id);
}

void peer_store_learn(struct peer_store *store, const struct peer_id *id,
                      const bytes *addrs, size_t addr_count,
                      const char *const *protocols, size_t protocol_count)
{
    struct peer_store_record *record = peer_store_make(store, id);
    bytes worked = record->addr_count ? record->addrs[0] : BYTES_EMPTY;
    set_addrs(record, worked, addrs, addr_count);
    drop_protocols(record);
    for (size_t i = 0; i < protocol_count; i++)
        peer_record_add_protocol(record, bytes_str(protocols[i]));
    peer_record_write_line(record, id);
}

/* A tab or a line's end in it would be one of the file's. */
void peer_record_set_why(struct peer_store_record *record, bytes why)
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
    if (until_ms == 0 && !peer_store_record(store, id))
        return;
    struct peer_store_record *record = peer_store_make(store, id);
    record->banned_until_ms = until_ms;
    peer_record_set_why(record, until_ms ? bytes_str(why) : BYTES_EMPTY);
    peer_record_write_line(record, id);
}

bool peer_store_is_banned(const struct peer_store *store,
                          const struct peer_id *id, uint64_t now_ms)
{
    const struct peer_store_record *record = peer_store_record(store, id);
    return record && record->banned_until_ms > now_ms;
}

static void fill_entry(struct peer_entry *out, const struct peer_id *id,
                       const struct peer_store_record *record)
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
    const struct peer_store_record *record = peer_store_record(store, id);
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
    fill_entry(out, &id,
               *(struct peer_store_record **)map_value_at(&store->records,
                                                          (uint32_t)index));
}

void peer_store_clear(struct peer_store *store)
{
    MAP_FOR_EACH (i, &store->records)
        record_free(
            *(struct peer_store_record **)map_value_at(&store->records, i));
    map_fini(&store->records);
}
