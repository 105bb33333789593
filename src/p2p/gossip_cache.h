#pragma once
/* What gossipsub remembers of messages: the ids that it has seen, with what
 * became of them, and for a few beats the messages themselves.
 *
 * Lifetime  a record is good until it is dropped, or falls out of the cache
 *           (gossip_cache_keep(), gossip_cache_beat()).
 * Limits    seen_max ids, of which the oldest goes first; cache_bytes_max of
 *           messages that are kept. Those under validation are the caller's to
 *           bound.
 */
#include "base/map.h"
#include "p2p/gossip_frame.h"
#include "p2p/gossip_message.h"
#include "p2p/gossip_params.h"

enum gossip_fate {
    GOSSIP_PENDING, /* being validated */
    GOSSIP_VALID,
    GOSSIP_INVALID, /* whoever sends it is to blame */
    GOSSIP_DROPPED, /* neither */
};

#define GOSSIP_NOBODY UINT32_MAX

struct gossip_record {
    struct gossip_id id;
    struct gossip_frame *frame;    /* an RPC of this message alone */
    struct gossip_message message; /* points into the frame */
    unsigned topic;
    uint32_t first;    /* the peer that brought it, or GOSSIP_NOBODY */
    uint64_t valid_ms; /* found valid */
    uint64_t beat;     /* when it was kept */
    uint64_t *had;     /* a bit for each peer that sent it to us */
    uint8_t *sent;     /* how often each peer asked for it; NULL: none yet */
};

struct gossip_seen {
    enum gossip_fate fate;
    uint64_t at_ms;
    struct gossip_record *record; /* NULL: no longer there */
};

struct gossip_cache;

struct gossip_cache *gossip_cache_new(const struct gossip_params *params);
void gossip_cache_free(struct gossip_cache *cache); /* NULL is fine */

/* NULL: not seen, or long ago. Good until the next call. */
struct gossip_seen *gossip_cache_find(struct gossip_cache *cache,
                                      const struct gossip_id *id);
/* Of an id that is not there. */
struct gossip_seen *gossip_cache_see(struct gossip_cache *cache,
                                     const struct gossip_id *id,
                                     enum gossip_fate fate, uint64_t now_ms);
/* As if it had not come: it may come again. */
void gossip_cache_unsee(struct gossip_cache *cache, const struct gossip_id *id);

/* A copy of the message; raw is one that gossip_message_read() accepts. */
struct gossip_record *gossip_record_new(const struct gossip_cache *cache,
                                        const struct gossip_id *id, bytes raw);
void gossip_record_drop(struct gossip_cache *cache,
                        struct gossip_record *record);

/* The cache owns it from now on, to offer and to give to who asks. */
void gossip_cache_keep(struct gossip_cache *cache,
                       struct gossip_record *record);
size_t gossip_cache_count(const struct gossip_cache *cache);
/* The newest is at 0. */
struct gossip_record *gossip_cache_at(const struct gossip_cache *cache,
                                      size_t index);

bool gossip_record_has(const struct gossip_record *record, unsigned peer);
void gossip_record_mark(struct gossip_record *record, unsigned peer);
void gossip_record_unmark(struct gossip_record *record, unsigned peer);

/* A peer's number is free for another. */
void gossip_cache_forget_peer(struct gossip_cache *cache, unsigned peer);
void gossip_cache_forget_topic(struct gossip_cache *cache, unsigned topic);

/* A heartbeat: what is old goes. */
void gossip_cache_beat(struct gossip_cache *cache, uint64_t now_ms);
/* Whether it is of one of the last `beats`. */
bool gossip_cache_is_recent(const struct gossip_cache *cache,
                            const struct gossip_record *record, unsigned beats);

size_t gossip_cache_seen(const struct gossip_cache *cache);
size_t gossip_cache_bytes(const struct gossip_cache *cache);
