#pragma once
/* Messages by topic among all who want them: gossipsub over a host.
 *
 *     gossip_open(&gossip, host, &config);
 *     gossip_subscribe(gossip, topic, &use);
 *     gossip_publish(gossip, topic, data);
 *
 * To each peer goes one stream, and one comes from it. A peer that takes what
 * it is sent too slowly misses offers first, then messages; one that takes
 * nothing is given up.
 *
 * Source   libp2p/specs, pubsub/gossipsub/: "/meshsub/1.2.0" and "/meshsub/
 *          1.1.0", messages signed by their authors alone.
 * Limits   struct gossip_params, and those of p2p/gossip_queue.h for each peer.
 * Lifetime closed after its host.
 * Errors   LOFT_ERR_LIMIT; others where named.
 * Threads  the loop's.
 */
#include "p2p/gossip_params.h"
#include "p2p/gossip_router.h"
#include "p2p/peer_host.h"

struct gossip;

struct gossip_config {
    const struct gossip_params *params; /* NULL: GOSSIP_PARAMS */
    const struct gossip_score_weights *weights;
    const struct gossip_thresholds *thresholds;
    uint64_t unix_ms; /* the present: seqnos rise over restarts by it */
};

/* The host has no other user of the protocols. */
struct gossip *gossip_open(struct peer_host *host,
                           const struct gossip_config *config);
void gossip_close(struct gossip *gossip); /* NULL is fine */

/* The use of a topic. It is called when messages come, and from inside
 * gossip_judge(); it may publish, subscribe and unsubscribe. */
struct gossip_use {
    /* As of struct gossip_router_calls; NULL: all are accepted. GOSSIP_LATER
     * is followed by gossip_judge() with the ticket. */
    enum gossip_verdict (*validate)(void *context,
                                    const struct gossip_message *message,
                                    uint64_t ticket);
    /* Not of our own messages. */
    void (*deliver)(void *context, const struct gossip_message *message);
    void *context;
    const struct gossip_topic_weights *weights; /* NULL: GOSSIP_TOPIC_WEIGHTS */
    bool seqnos_rise; /* as of struct gossip_topic_config */
};

/* `use` is copied. LOFT_ERR_EXISTS: subscribed already. */
MUST_USE loft_err gossip_subscribe(struct gossip *gossip, bytes topic,
                                   const struct gossip_use *use);
/* LOFT_ERR_NOT_FOUND: not subscribed. */
MUST_USE loft_err gossip_unsubscribe(struct gossip *gossip, bytes topic);

/* *peers, which may be NULL: to how many it left, or waits to leave. */
MUST_USE loft_err gossip_publish(struct gossip *gossip, unsigned *peers,
                                 bytes topic, bytes data);
void gossip_judge(struct gossip *gossip, uint64_t ticket,
                  enum gossip_verdict verdict);

/* Peers by agreement on both sides: believed, sent all, and dialed again. */
MUST_USE loft_err gossip_direct(struct gossip *gossip,
                                const struct peer_id *peer);
/* P5; nothing where the peer is not there. */
void gossip_score(struct gossip *gossip, const struct peer_id *peer,
                  double application);

struct gossip_stats {
    struct gossip_router_stats router;
    uint64_t dropped_control, dropped_data, dropped_offers; /* frames */
    uint64_t withdrawn; /* frames that the peer needed no more */
    uint64_t given_up;  /* peers that took nothing */
    size_t queued_bytes;
};

struct gossip_stats gossip_stats(const struct gossip *gossip);
/* By index; false: there are no more. */
bool gossip_topic_at(const struct gossip *gossip, unsigned index,
                     struct gossip_topic_info *out);
/* The peer of a topic's mesh, or another that gossips; false: it does not. */
bool gossip_peer(const struct gossip *gossip, const struct peer_id *peer,
                 struct gossip_peer_info *out);
