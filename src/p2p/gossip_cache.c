#include "p2p/gossip_cache.h"

#include "base/assert.h"
#include "base/memory.h"

#define ROOM_FIRST 64

/* In the order in which they were seen. */
struct seen_entry {
    struct gossip_id id;
    uint64_t at_ms;
};

struct gossip_cache {
    struct gossip_params params;
    struct map seen;          /* struct gossip_id -> struct gossip_seen */
    struct seen_entry *order; /* a ring of order_cap, a power of two */
    size_t order_cap, order_first, order_len;
    struct gossip_record **kept; /* likewise, the oldest first */
    size_t kept_cap, kept_first, kept_len, kept_bytes;
    uint64_t beat;
};

struct gossip_cache *gossip_cache_new(const struct gossip_params *params)
{
    struct gossip_cache *cache = MEMORY_NEW(struct gossip_cache);
    cache->params = *params;
    map_init(&cache->seen, sizeof(struct gossip_id),
             sizeof(struct gossip_seen));
    return cache;
}

static void record_free(struct gossip_record *record)
{
    gossip_frame_drop(record->frame);
    free(record->had);
    free(record->sent);
    free(record);
}

void gossip_cache_free(struct gossip_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < cache->kept_len; i++)
        record_free(gossip_cache_at(cache, i));
    map_fini(&cache->seen);
    free(cache->order);
    free(cache->kept);
    free(cache);
}

struct gossip_seen *gossip_cache_find(struct gossip_cache *cache,
                                      const struct gossip_id *id)
{
    return map_get(&cache->seen, id);
}

/* Makes room for one more in a ring of items of `size` bytes. */
static void ring_grow(void *ring, size_t *cap, size_t *first, size_t len,
                      size_t size)
{
    uint8_t **at = ring, *more;
    if (len < *cap)
        return;
    size_t room = *cap ? 2 * *cap : ROOM_FIRST;
    more = memory_alloc(room * size);
    for (size_t i = 0; i < len; i++)
        memcpy(more + i * size, *at + ((*first + i) & (*cap - 1)) * size, size);
    free(*at);
    *at = more;
    *cap = room;
    *first = 0;
}

static void forget_oldest(struct gossip_cache *cache)
{
    const struct seen_entry *entry = &cache->order[cache->order_first];
    struct gossip_seen *seen = map_get(&cache->seen, &entry->id);
    /* One that was unseen in between, and seen again, has its own entry. */
    if (seen && seen->at_ms == entry->at_ms)
        map_remove(&cache->seen, &entry->id);
    cache->order_first = (cache->order_first + 1) & (cache->order_cap - 1);
    cache->order_len--;
}

struct gossip_seen *gossip_cache_see(struct gossip_cache *cache,
                                     const struct gossip_id *id,
                                     enum gossip_fate fate, uint64_t now_ms)
{
    bool is_new;
    if (cache->order_len == cache->params.seen_max)
        forget_oldest(cache);
    ring_grow(&cache->order, &cache->order_cap, &cache->order_first,
              cache->order_len, sizeof *cache->order);
    cache->order[(cache->order_first + cache->order_len++) &
                 (cache->order_cap - 1)] = (struct seen_entry){*id, now_ms};
    struct gossip_seen *seen = map_put(&cache->seen, id, &is_new);
    ASSERT(is_new);
    *seen = (struct gossip_seen){fate, now_ms, NULL};
    return seen;
}

void gossip_cache_unsee(struct gossip_cache *cache, const struct gossip_id *id)
{
    map_remove(&cache->seen, id);
}

struct gossip_record *gossip_record_new(const struct gossip_cache *cache,
                                        const struct gossip_id *id, bytes raw)
{
    struct gossip_record *record = MEMORY_NEW(struct gossip_record);
    const struct gossip_rpc rpc = {.messages = &raw, .message_count = 1};
    record->id = *id;
    record->first = GOSSIP_NOBODY;
    record->frame = gossip_frame_new(&rpc);
    record->had = memory_zalloc((cache->params.peers_max + 63) / 64 *
                                sizeof *record->had);
    bytes copy = bytes_of(record->frame->at + record->frame->len - raw.len,
                          raw.len);
    loft_err err = gossip_message_read(&record->message, copy);
    ASSERT(err == LOFT_OK);
    return record;
}

void gossip_record_drop(struct gossip_cache *cache,
                        struct gossip_record *record)
{
    struct gossip_seen *seen = map_get(&cache->seen, &record->id);
    if (seen && seen->record == record)
        seen->record = NULL;
    record_free(record);
}

static size_t record_bytes(const struct gossip_record *record)
{
    return sizeof *record + record->frame->len;
}

static void drop_oldest(struct gossip_cache *cache)
{
    struct gossip_record *record = cache->kept[cache->kept_first];
    cache->kept_first = (cache->kept_first + 1) & (cache->kept_cap - 1);
    cache->kept_len--;
    cache->kept_bytes -= record_bytes(record);
    gossip_record_drop(cache, record);
}

void gossip_cache_keep(struct gossip_cache *cache, struct gossip_record *record)
{
    size_t size = record_bytes(record);
    while (cache->kept_len > 0 &&
           cache->kept_bytes + size > cache->params.cache_bytes_max)
        drop_oldest(cache);
    ring_grow(&cache->kept, &cache->kept_cap, &cache->kept_first,
              cache->kept_len, sizeof *cache->kept);
    cache->kept[(cache->kept_first + cache->kept_len++) &
                (cache->kept_cap - 1)] = record;
    cache->kept_bytes += size;
    record->beat = cache->beat;
}

size_t gossip_cache_count(const struct gossip_cache *cache)
{
    return cache->kept_len;
}

struct gossip_record *gossip_cache_at(const struct gossip_cache *cache,
                                      size_t index)
{
    ASSERT(index < cache->kept_len);
    return cache->kept[(cache->kept_first + cache->kept_len - 1 - index) &
                       (cache->kept_cap - 1)];
}

bool gossip_record_has(const struct gossip_record *record, unsigned peer)
{
    return record->had[peer / 64] >> peer % 64 & 1;
}

void gossip_record_mark(struct gossip_record *record, unsigned peer)
{
    record->had[peer / 64] |= (uint64_t)1 << peer % 64;
}

void gossip_record_unmark(struct gossip_record *record, unsigned peer)
{
    record->had[peer / 64] &= ~((uint64_t)1 << peer % 64);
    if (record->sent)
        record->sent[peer] = 0;
    if (record->first == peer)
        record->first = GOSSIP_NOBODY;
}

void gossip_cache_forget_peer(struct gossip_cache *cache, unsigned peer)
{
    for (size_t i = 0; i < cache->kept_len; i++)
        gossip_record_unmark(gossip_cache_at(cache, i), peer);
}

/* They stay as seen; dropping them from the middle is not worth it, so they
 * are made those of no topic. */
void gossip_cache_forget_topic(struct gossip_cache *cache, unsigned topic)
{
    for (size_t i = 0; i < cache->kept_len; i++) {
        struct gossip_record *record = gossip_cache_at(cache, i);
        if (record->topic == topic)
            record->topic = GOSSIP_NOBODY;
    }
}

void gossip_cache_beat(struct gossip_cache *cache, uint64_t now_ms)
{
    cache->beat++;
    while (cache->kept_len > 0 &&
           cache->beat - cache->kept[cache->kept_first]->beat >=
               cache->params.cache_beats)
        drop_oldest(cache);
    while (cache->order_len > 0 &&
           now_ms - cache->order[cache->order_first].at_ms >=
               cache->params.seen_ms)
        forget_oldest(cache);
}

bool gossip_cache_is_recent(const struct gossip_cache *cache,
                            const struct gossip_record *record, unsigned beats)
{
    return cache->beat - record->beat < beats;
}

size_t gossip_cache_seen(const struct gossip_cache *cache)
{
    return cache->seen.len;
}

size_t gossip_cache_bytes(const struct gossip_cache *cache)
{
    return cache->kept_bytes;
}
