#pragma once
/* What the parts of the router share: gossip_router.c (peers and their RPCs),
 * gossip_topics.c (what we are subscribed to), gossip_delivery.c (messages),
 * gossip_control.c (what peers ask for), gossip_mesh.c (who is sent messages),
 * gossip_beat.c (the heartbeat) and gossip_chance.c. */
#include "base/map.h"
#include "p2p/gossip_cache.h"
#include "p2p/gossip_router.h"

#define GOSSIP_UNWANTED_MAX 1024 /* ids that a peer does not want */

struct gossip_unwanted {
    uint64_t name;
    uint64_t until_beat;
};

struct gossip_peer {
    bool is_used, is_direct, is_outbound, is_v12, is_listed;
    struct peer_id id;
    struct gossip_scored *scored;
    double score;        /* as of the heartbeat */
    uint64_t topics;     /* of ours that it is subscribed to, a bit each */
    VEC(uint64_t) names; /* of all that it is subscribed to */
    unsigned offers, asked, wanted, unwanted, exchanged; /* since the beat */
    struct gossip_unwanted *unwanted_ids; /* a ring; NULL: none yet */
    unsigned unwanted_next;
    /* What the heartbeat sends it: topics. */
    uint64_t to_graft, to_prune, to_offer;
};

struct gossip_topic {
    bool is_used, is_subscribed, seqnos_rise;
    struct buffer topic;
    uint64_t name; /* as of gossip_name() */
    void *context;
    VEC(unsigned) mesh; /* the fanout where we are not subscribed */
    uint64_t published_ms;
};

struct gossip_promise {
    uint64_t name;
    unsigned peer;
    uint64_t until_ms;
};

struct gossip_held {
    struct gossip_id id;
    uint64_t due_ms;
};

struct gossip_backoff_key {
    uint64_t name;
    struct peer_id peer;
};

struct gossip_author_key {
    uint64_t name; /* of the topic */
    struct peer_id peer;
};

/* Seqnos of an author up to floor are taken no more: those that were used
 * before the last half of seen_ms but one. */
struct gossip_author {
    uint64_t floor, before, highest;
    uint64_t period; /* halves of seen_ms since the start */
};

struct gossip_router {
    struct gossip_params params;
    struct gossip_thresholds thresholds;
    const struct peer_private_key *identity;
    struct peer_id self;
    gossip_id_rule id_rule;
    const struct gossip_router_calls *calls;
    void *context;
    uint64_t chance[4];
    uint8_t name_key[16];
    uint64_t seqno, ticket, beat;
    uint64_t beat_ms; /* the last one; 0: none yet */
    struct gossip_score *score;
    struct gossip_cache *cache;
    struct gossip_peer *peers; /* peers_max of them */
    unsigned peers_high;       /* all that are used are below */
    struct map ids;            /* struct peer_id -> unsigned */
    struct map direct;         /* struct peer_id -> nothing */
    struct gossip_topic topics[GOSSIP_TOPICS_MAX];
    struct map backoffs; /* struct gossip_backoff_key -> until, ms */
    struct map authors;  /* struct gossip_author_key -> gossip_author */
    struct map pending;  /* ticket -> struct gossip_record * */
    size_t pending_bytes;
    VEC(struct gossip_promise) promises;
    VEC(struct gossip_held) held; /* to be passed on; all in the cache */
    struct gossip_counts counts;
    struct arena arena; /* of the call that runs */
    unsigned nested;    /* calls of a topic that run */
};

static inline struct gossip_record *
gossip_pending_at(const struct gossip_router *router, uint32_t index)
{
    return *(struct gossip_record **)map_value_at(&router->pending, index);
}

/* At the begin of a function of the router: those that a topic's call makes
 * leave alone what the outer one uses. */
static inline void gossip_begin(struct gossip_router *router)
{
    if (router->nested == 0)
        arena_reset(&router->arena);
}

static inline bool gossip_is_direct(const struct gossip_router *router,
                                    unsigned peer)
{
    return router->peers[peer].is_direct;
}

void gossip_init_chance(struct gossip_router *router, const uint8_t seed[32]);
/* Chance: a number below `below`, which is not 0, and an order. */
unsigned gossip_chance(struct gossip_router *router, unsigned below);
void gossip_shuffle(struct gossip_router *router, unsigned *at, size_t count);
uint64_t gossip_name(const struct gossip_router *router, bytes of);

/* GOSSIP_TOPICS_MAX: none of ours. */
unsigned gossip_find_topic(const struct gossip_router *router, bytes topic);
/* Whether the peer is subscribed to the topic of that name. */
bool gossip_is_named(const struct gossip_peer *peer, uint64_t name);
bool gossip_in_mesh(const struct gossip_topic *topic, unsigned peer);
void gossip_mesh_add(struct gossip_router *router, unsigned topic,
                     unsigned peer, uint64_t now_ms);
void gossip_mesh_remove(struct gossip_router *router, unsigned topic,
                        unsigned peer);
double gossip_score_now(const struct gossip_router *router, unsigned peer);

void gossip_backoff_set(struct gossip_router *router, unsigned topic,
                        unsigned peer, uint64_t ms, uint64_t now_ms);
/* Until when; 0: not at all. */
uint64_t gossip_backoff_of(const struct gossip_router *router, unsigned topic,
                           unsigned peer);

/* Makes a frame of it, and sends it. */
void gossip_send(struct gossip_router *router, unsigned peer,
                 enum gossip_class class, const struct gossip_rpc *rpc);
/* Peers to name in a prune, in the router's arena. */
void gossip_exchange_list(struct gossip_router *router,
                          struct gossip_prune *prune, unsigned topic,
                          unsigned except);
bool gossip_is_unwanted(const struct gossip_router *router, unsigned peer,
                        const struct gossip_id *id);

/* A message of another peer, as it stands in an RPC. */
void gossip_message_take(struct gossip_router *router, unsigned from, bytes raw,
                         uint64_t now_ms);
void gossip_control_take(struct gossip_router *router, unsigned peer,
                         const struct gossip_rpc *rpc, uint64_t now_ms);
/* Fills the mesh of a topic up to the degree, at a subscription. */
void gossip_mesh_join(struct gossip_router *router, unsigned topic,
                      uint64_t now_ms);
/* Fills the fanout of a topic up to the degree. */
void gossip_mesh_fanout(struct gossip_router *router, unsigned topic);
/* Tells the peers of a mesh, and empties it. */
void gossip_mesh_leave(struct gossip_router *router, unsigned topic,
                       uint64_t now_ms);
/* Peers of a topic that are not in its mesh, in an order of chance: those
 * that may be grafted, or sent to. In the router's arena. */
struct gossip_choice {
    unsigned *at;
    size_t len;
};

struct gossip_choice gossip_choose(struct gossip_router *router, unsigned topic,
                                   double score_min);
/* At the heartbeat: meshes and fanouts of all topics, and the grafts and
 * prunes that peers are to hear of. */
void gossip_mesh_keep(struct gossip_router *router, uint64_t now_ms);
void gossip_mesh_tell(struct gossip_router *router);
void gossip_backoffs_clear(struct gossip_router *router, uint64_t now_ms);
/* Of none yet: the slot that it goes by. */
MUST_USE loft_err gossip_topic_use(struct gossip_router *router, unsigned *out,
                                   bytes topic);
/* A topic of ours that is used no more. */
void gossip_topic_free(struct gossip_router *router, unsigned topic);
