/* The records as text, and back: a peer a line. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_store_parts.h"

#define HEADER "loft peers 1"
#define FIELDS 6 /* id, seen, banned until, why, addresses, protocols */

/* The file */

static void put_addrs(struct buffer *out,
                      const struct peer_store_record *record)
{
    struct buffer text = {0};
    bool first = true;
    for (size_t i = 0; i < record->addr_count; i++) {
        text.len = 0;
        multiaddr_put_text(&text, record->addrs[i]);
        /* A name may have any bytes. */
        if (!peer_record_is_plain(buffer_bytes(&text)))
            continue;
        if (!first)
            buffer_put_byte(out, ',');
        buffer_put_bytes(out, buffer_bytes(&text));
        first = false;
    }
    buffer_free(&text);
}

void peer_record_write_line(struct peer_store_record *record,
                            const struct peer_id *id)
{
    struct buffer *out = &record->line;
    out->len = 0;
    peer_id_put_text(out, id);
    buffer_printf(out, "\t%" PRIu64 "\t%" PRIu64 "\t%s\t", record->seen_ms,
                  record->banned_until_ms, record->why);
    put_addrs(out, record);
    buffer_put_byte(out, '\t');
    for (size_t i = 0; i < record->protocol_count; i++)
        buffer_printf(out, "%s%s", i ? "," : "", record->protocols[i]);
    buffer_put_byte(out, '\n');
}

void peer_store_put_text(struct buffer *out, const struct peer_store *store)
{
    buffer_printf(out, HEADER "\n");
    MAP_FOR_EACH (i, &store->records) {
        const struct peer_store_record *record = *(
            struct peer_store_record **)map_value_at(&store->records, i);
        buffer_put_bytes(out, buffer_bytes(&record->line));
    }
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

static void read_addrs(struct peer_store_record *record, bytes text)
{
    struct buffer addr = {0};
    while (text.len) {
        addr.len = 0;
        if (multiaddr_read_text(&addr, take_until(&text, ',')) == LOFT_OK)
            peer_record_add_addr(record, buffer_bytes(&addr));
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
        peer_store_record(store, &id))
        return false;
    struct peer_store_record *record = peer_store_make(store, &id);
    record->seen_ms = seen;
    record->banned_until_ms = banned;
    peer_record_set_why(record, fields[3]);
    read_addrs(record, fields[4]);
    while (fields[5].len)
        peer_record_add_protocol(record, take_until(&fields[5], ','));
    peer_record_write_line(record, &id);
    return true;
}

void peer_store_read_text(struct peer_store *store, bytes text)
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
