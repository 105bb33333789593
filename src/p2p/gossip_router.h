#pragma once
/* Gossipsub as a state machine: who is in whose mesh, which message goes where
 * and whom to believe. No socket, clock or random source: RPCs come in with
 * the time, RPCs go out by calls, and chance is drawn from a seed.
 *
 *     gossip_router_connect()      a peer that speaks gossipsub is there
 *     gossip_router_receive()      an RPC of it
 *     gossip_router_beat()         each heartbeat_ms
 *     gossip_router_pass_on()      when gossip_router_due() says so
 *
 * A message is taken once its author's signature is found good, and goes on to
 * others only when the application found it valid. The application may answer
 * later; what waits is bounded, and what finds no room is as if it had not
 * come.
 *
 * Source   libp2p/specs, pubsub/gossipsub/, v1.0 to v1.2.
 * Limits   struct gossip_params; GOSSIP_TOPICS_MAX of our own.
 * Errors   LOFT_ERR_LIMIT; others where named.
 * Threads  one at a time. Calls come from inside the functions below. Those of
 *          a topic may publish, subscribe, unsubscribe and judge; the others
 *          call none of these functions.
 */
#include "p2p/gossip_frame.h"
#include "p2p/gossip_message.h"
#include "p2p/gossip_params.h"
#include "p2p/gossip_score.h"

struct gossip_router;

/* What leaves first where not all can leave. */
enum gossip_class {
    GOSSIP_CONTROL, /* subscriptions, GRAFT, PRUNE, IWANT, IDONTWANT */
    GOSSIP_DATA,    /* messages */
    GOSSIP_OFFER,   /* IHAVE: the first to be left out */
};

enum gossip_verdict {
    GOSSIP_ACCEPT, /* deliver and pass on */
    GOSSIP_REJECT, /* whoever sent it is to blame */
    GOSSIP_IGNORE, /* neither */
    GOSSIP_LATER,  /* gossip_router_judge() will say */
};

struct gossip_router_calls {
    /* The frame is the peer's queue's to hold. */
    void (*send)(void *context, unsigned peer, enum gossip_class class,
                 struct gossip_frame *frame);
    /* A message that was sent, and that the peer has from others by now, or
     * does not want: where it waits, it need not leave any more. */
    void (*unsend)(void *context, unsigned peer,
                   const struct gossip_frame *frame);
    /* Of a message of ours from elsewhere, whose signature is good. It may be
     * kept until judged where the answer is GOSSIP_LATER. */
    enum gossip_verdict (*validate)(void *context, void *topic_context,
                                    const struct gossip_message *message,
                                    uint64_t ticket);
    /* A message that is accepted; not those that we publish. */
    void (*deliver)(void *context, void *topic_context,
                    const struct gossip_message *message);
    /* What a peer did is not what a peer does. Without `is_grave` it is one of
     * several that may add up. */
    void (*blame)(void *context, unsigned peer, bool is_grave, const char *why);
    /* A peer that is worth a connection. signed_record is one of
     * peer_record_open(), checked, or empty. */
    void (*turn_to)(void *context, const struct peer_id *peer,
                    bytes signed_record);
    /* Appends the record that a peer signed of itself, where it is known. */
    void (*record_of)(void *context, struct buffer *out,
                      const struct peer_id *peer);
};

struct gossip_router_config {
    const struct gossip_params *params; /* copied, as are these: */
    const struct gossip_score_weights *weights;
    const struct gossip_thresholds *thresholds;
    const struct peer_private_key *identity; /* outlives the router */
    gossip_id_rule id_rule;                  /* NULL: gossip_id_by_author() */
    uint8_t seed[32];
    uint64_t first_seqno; /* above all that this identity used before */
    const struct gossip_router_calls *calls; /* all set; outlives the router */
    void *context;
    uint64_t now_ms;
};

struct gossip_router *
gossip_router_new(const struct gossip_router_config *config);
void gossip_router_free(struct gossip_router *router); /* NULL is fine */

struct gossip_peer_config {
    const struct peer_id *id;
    bytes ip;         /* as of gossip_score_join() */
    bool is_outbound; /* we dialed */
    bool is_v12;      /* it knows IDONTWANT */
};

/* The number that the next one will have; UINT32_MAX: there is no room. */
unsigned gossip_router_next(const struct gossip_router *router);
/* The number that it goes by until it leaves. LOFT_ERR_LIMIT: peers_max;
 * LOFT_ERR_EXISTS: it is there. */
MUST_USE loft_err gossip_router_connect(struct gossip_router *router,
                                        unsigned *peer,
                                        const struct gossip_peer_config *config,
                                        uint64_t now_ms);
void gossip_router_disconnect(struct gossip_router *router, unsigned peer,
                              uint64_t now_ms);
/* LOFT_ERR_FORMAT or LOFT_ERR_LIMIT: not an RPC; the peer was blamed. */
MUST_USE loft_err gossip_router_receive(struct gossip_router *router,
                                        unsigned peer, bytes rpc,
                                        uint64_t now_ms);
/* The same in parts, each of GOSSIP_PART_MESSAGES at most: their signatures
 * take time, and others wait. *part is 0 at first; where it is not 0
 * afterwards, the same RPC is to be given again, with what it is then. */
#define GOSSIP_PART_MESSAGES 8
MUST_USE loft_err gossip_router_receive_part(struct gossip_router *router,
                                             unsigned peer, bytes rpc,
                                             size_t *part, uint64_t now_ms);
void gossip_router_beat(struct gossip_router *router, uint64_t now_ms);

/* When messages are to be passed on, that are held back for a moment
 * (spread_ms); UINT64_MAX: none is. */
uint64_t gossip_router_due(const struct gossip_router *router);
void gossip_router_pass_on(struct gossip_router *router, uint64_t now_ms);

struct gossip_topic_config {
    const struct gossip_topic_weights *weights; /* NULL: not scored */
    /* Seqnos of an author rise, as those of Loft, go and later js peers do: a
     * message that was seen long ago is not taken again. */
    bool seqnos_rise;
    void *context; /* of the calls */
};

/* LOFT_ERR_EXISTS: subscribed already. */
MUST_USE loft_err gossip_router_subscribe(
    struct gossip_router *router, bytes topic,
    const struct gossip_topic_config *config, uint64_t now_ms);
/* LOFT_ERR_NOT_FOUND: not subscribed. */
MUST_USE loft_err gossip_router_unsubscribe(struct gossip_router *router,
                                            bytes topic, uint64_t now_ms);

/* Also to a topic that we are not subscribed to. *peers, which may be NULL:
 * to how many it was sent at once. */
MUST_USE loft_err gossip_router_publish(struct gossip_router *router,
                                        unsigned *peers, bytes topic,
                                        bytes data, uint64_t now_ms);

/* The verdict on a message that was to be judged later, not GOSSIP_LATER. A
 * ticket that is no longer known is no fault. */
void gossip_router_judge(struct gossip_router *router, uint64_t ticket,
                         enum gossip_verdict verdict, uint64_t now_ms);

/* Peers that are sent everything and believed, whatever their score; as many
 * as peers_max. */
MUST_USE loft_err gossip_router_direct(struct gossip_router *router,
                                       const struct peer_id *peer);
/* P5 of a peer that is connected. */
void gossip_router_score(struct gossip_router *router, unsigned peer,
                         double application);

struct gossip_counts {
    uint64_t received, duplicates, delivered, rejected, ignored;
    uint64_t forged, published, sent, asked, given, throttled, replayed;
    uint64_t unwanted, malformed, grafts, prunes, broken_promises;
};

struct gossip_router_stats {
    struct gossip_counts counts; /* since the start, of messages */
    unsigned peers, topics;
    size_t seen, cached_bytes, pending, pending_bytes, promises, backoffs;
    size_t scored; /* those remembered as well */
};

struct gossip_router_stats
gossip_router_stats(const struct gossip_router *router);

struct gossip_topic_info {
    bytes name; /* borrowed until we unsubscribe */
    bool is_subscribed;
    unsigned peers;       /* that are subscribed to it */
    const unsigned *mesh; /* or fanout; until the next call */
    unsigned mesh_count;
};

/* Our topics by index; false: there are no more. */
bool gossip_router_topic(const struct gossip_router *router, unsigned index,
                         struct gossip_topic_info *out);

struct gossip_peer_info {
    struct peer_id id;
    double score;
    struct gossip_score_parts parts;
    unsigned topics, meshes;
    bool is_outbound, is_direct;
    bool is_unheard; /* its score is so low that what it says is not taken */
};

/* False: there is no peer of that number, which is below peers_max. */
bool gossip_router_peer(const struct gossip_router *router, unsigned peer,
                        struct gossip_peer_info *out);
