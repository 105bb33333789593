#pragma once
/* What we think of a peer: a number from what it did, which decays.
 *
 *   score = min(sum over topics of weight * (P1 + P2 + P3 + P3b + P4), cap)
 *           + P5 + P6 + P7, each P with its own weight
 *
 *   P1  time in the mesh        P5  what the application says
 *   P2  first deliveries        P6  peers at one address beyond the threshold
 *   P3  too few deliveries      P7  breaches of the protocol
 *   P3b P3 at the time of a prune
 *   P4  invalid messages
 *
 * P3, P4, P6 and P7 are squares, so that weights below zero make a little a
 * little and much very much. A peer of score below 0 is remembered for a while
 * after it left: coming back does not clear it.
 *
 * Source   libp2p/specs, pubsub/gossipsub/gossipsub-v1.1.md, "Peer Scoring".
 * Units    milliseconds; decays are factors a decay interval.
 * Limits   GOSSIP_TOPICS_MAX; retained_max of those that left, beyond which
 *          the one that is to be forgotten first is.
 * Threads  none, and no clock: time is an argument.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "p2p/peer_id.h"

#define GOSSIP_TOPICS_MAX 64

struct gossip_topic_weights {
    double weight;                /* of the topic */
    double time_weight, time_max; /* P1: quanta in the mesh */
    uint64_t time_quantum_ms;
    double first_weight, first_decay, first_max; /* P2 */
    /* P3: below mesh_threshold deliveries, by a peer that is in the mesh for
     * mesh_activation_ms. A delivery counts within mesh_window_ms of the
     * message's validation. */
    double mesh_weight, mesh_decay, mesh_threshold, mesh_max;
    uint64_t mesh_activation_ms, mesh_window_ms;
    double failure_weight, failure_decay; /* P3b */
    double invalid_weight, invalid_decay; /* P4 */
};

struct gossip_score_weights {
    double topics_max;         /* cap of all topics together; 0: none */
    double application_weight; /* P5 */
    double colocation_weight;  /* P6 */
    unsigned colocation_threshold;
    double behaviour_weight, behaviour_decay; /* P7 */
    double behaviour_threshold;               /* what is forgiven */
    double decay_to_zero;                     /* less than that is nothing */
    uint64_t decay_ms;
    uint64_t retain_ms;
    size_t retained_max;
};

/* Below which, or from which on, something is done or left. */
struct gossip_thresholds {
    double gossip;        /* below: no gossip to or from it */
    double publish;       /* below: our own messages are not sent to it */
    double graylist;      /* below: its RPCs are ignored */
    double exchange;      /* from here: peers that it names are turned to */
    double opportunistic; /* a mesh of a median below is bettered */
};

/* For topics of which nothing is known: P3 has no weight, as it needs the
 * topic's rate of messages. */
extern const struct gossip_topic_weights GOSSIP_TOPIC_WEIGHTS;
extern const struct gossip_score_weights GOSSIP_SCORE_WEIGHTS;
extern const struct gossip_thresholds GOSSIP_THRESHOLDS;

struct gossip_score;
struct gossip_scored; /* one peer, until gossip_score_leave() */

struct gossip_score *
gossip_score_new(const struct gossip_score_weights *weights, uint64_t now_ms);
void gossip_score_free(struct gossip_score *score); /* NULL is fine */

/* weights are copied. NULL: the topic is scored no more, and what was counted
 * for it is forgotten. */
void gossip_score_topic(struct gossip_score *score, unsigned topic,
                        const struct gossip_topic_weights *weights);

/* A peer that is not there yet. ip of 4 or 16 bytes, of which IPv6 counts as
 * its /56; empty: it is not counted. */
struct gossip_scored *gossip_score_join(struct gossip_score *score,
                                        const struct peer_id *id, bytes ip);
void gossip_score_leave(struct gossip_score *score, struct gossip_scored *peer,
                        uint64_t now_ms);

void gossip_score_graft(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic, uint64_t now_ms);
void gossip_score_prune(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic);

/* The peer was the first with a message that is valid. */
void gossip_score_first(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic);
/* It came with one that another brought first, since_ms after that was found
 * valid; 0: before. To be told once a message and peer. */
void gossip_score_again(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic, uint64_t since_ms);
void gossip_score_invalid(struct gossip_score *score,
                          struct gossip_scored *peer, unsigned topic);
void gossip_score_breach(struct gossip_scored *peer, double count);
void gossip_score_application(struct gossip_scored *peer, double value);

/* To be called about as often as decay_ms; makes up for what is due, at most
 * some minutes of it. */
void gossip_score_decay(struct gossip_score *score, uint64_t now_ms);

double gossip_score_of(const struct gossip_score *score,
                       const struct gossip_scored *peer);

/* It brought a message of the topic first, and not long ago. */
bool gossip_score_is_proven(const struct gossip_score *score,
                            const struct gossip_scored *peer, unsigned topic);

/* Weighted, as they are summed up. */
struct gossip_score_parts {
    double topics, application, colocation, behaviour;
};

struct gossip_score_parts gossip_score_parts(const struct gossip_score *score,
                                             const struct gossip_scored *peer);

/* Those that are there and those remembered. */
size_t gossip_score_count(const struct gossip_score *score);
