#pragma once
/* The numbers that gossipsub runs by: of its mesh, its gossip, its patience
 * and its memory. What other peers need to agree with is the heartbeat, and
 * roughly the back-off.
 *
 * Source   libp2p/specs, pubsub/gossipsub/, "Parameters" of v1.0 and v1.1, and
 *          what go-libp2p-pubsub bounds.
 * Units    a beat is a heartbeat's interval.
 */
#include <stddef.h>
#include <stdint.h>

struct gossip_params {
    /* Peers in a topic's mesh: what is aimed at, and between what it stays. */
    unsigned degree, degree_low, degree_high;
    unsigned degree_score; /* kept for their score when there are too many */
    unsigned degree_out;   /* that we dialed: below degree_low, at most half
                            * of degree */
    unsigned degree_lazy;  /* outside the mesh that hear gossip, at least */
    double gossip_factor;  /* and at least this part of them */

    uint64_t heartbeat_ms;
    unsigned cache_beats;  /* for so long a message can be asked for, */
    unsigned gossip_beats; /* and so long it is offered */
    uint64_t seen_ms;
    uint64_t fanout_ms;
    uint64_t prune_backoff_ms, unsubscribe_backoff_ms;
    uint64_t graft_flood_ms; /* after a prune; a graft then counts twice */
    uint64_t promise_ms;     /* for what a peer offered and we asked for */

    unsigned offers_per_beat_max;   /* RPCs with IHAVE of a peer */
    unsigned asked_per_beat_max;    /* messages asked of a peer, or by */
    unsigned retransmissions_max;   /* of a message to a peer */
    unsigned unwanted_per_beat_max; /* ids of IDONTWANT of a peer */
    unsigned unwanted_beats;        /* for so long they are kept */
    size_t unwanted_bytes;          /* messages from so large on are told */
    unsigned opportunistic_beats;   /* a poor mesh is bettered so often, */
    unsigned opportunistic_peers;   /* by so many */
    unsigned exchange_peers;        /* named in a prune, and heeded */
    unsigned direct_beats;          /* direct peers are dialed so often */
    /* Peers beside the mesh that are sent our own messages at once, where half
     * of the mesh has proven itself; all are, otherwise. */
    unsigned flood_max;

    /* Others' messages go on after a time up to this, by chance: of two peers
     * that would send each other the same one, the later finds that the other
     * has it. */
    unsigned spread_ms;

    unsigned peers_max;
    unsigned peer_topics_max; /* that a peer may be subscribed to */
    size_t seen_max;          /* ids */
    size_t cache_bytes_max;
    size_t pending_max, pending_bytes_max; /* messages being validated; of one
                                            * peer a quarter of it */
    size_t promises_max, backoffs_max, authors_max;
};

extern const struct gossip_params GOSSIP_PARAMS;
