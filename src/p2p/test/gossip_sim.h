#pragma once
/* Many routers in one process over a network of one seed: frames take time,
 * are lost, and stop at partitions. Some nodes may be hostile: those have no
 * router, and what they are sent goes to the test.
 *
 * Units  microseconds of the network's own time; the routers see milliseconds.
 */
#include "p2p/gossip_router.h"

#define SIM_NODES_MAX 256
#define SIM_MESSAGES_MAX 4096

struct sim;

struct sim_config {
    uint64_t seed;    /* LOFT_TEST_SEED in the environment overrides it */
    unsigned nodes;   /* honest: 0 .. nodes - 1 */
    unsigned hostile; /* those that follow */
    unsigned links;   /* that a node dials, 0: all to all. Hostile nodes
                       * dial nobody of themselves. */
    uint64_t latency_min_us, latency_max_us; /* of a link, drawn once */
    uint64_t jitter_us;                      /* of a frame */
    double loss;                             /* of a frame */
    const struct gossip_params *params;      /* NULL: the usual */
    const struct gossip_score_weights *weights;
    const struct gossip_topic_weights *topic_weights;
    /* What an honest node thinks of a message: NULL accepts. */
    enum gossip_verdict (*validate)(struct sim *sim, unsigned node,
                                    const struct gossip_message *message);
    /* A hostile node got an RPC. NULL: it does nothing. */
    void (*hostile_got)(struct sim *sim, unsigned node, unsigned from,
                        bytes rpc);
    /* Each beat of a hostile node. */
    void (*hostile_beat)(struct sim *sim, unsigned node);
};

struct sim *sim_new(const struct sim_config *config);
void sim_free(struct sim *sim);
uint64_t sim_now_us(const struct sim *sim);
unsigned sim_chance(struct sim *sim, unsigned below);

struct gossip_router *sim_router(struct sim *sim, unsigned node);
const struct peer_private_key *sim_key(const struct sim *sim, unsigned node);
/* The number by which `node` knows `other`; UINT32_MAX: not connected. */
unsigned sim_number(const struct sim *sim, unsigned node, unsigned other);
double sim_score(struct sim *sim, unsigned node, unsigned other);
bool sim_in_mesh(struct sim *sim, unsigned node, unsigned other);

/* `from` dials `to`. A hostile node's connection has the address ip, of 4
 * bytes; NULL: one of its own. */
void sim_connect(struct sim *sim, unsigned from, unsigned to,
                 const uint8_t *ip);
void sim_disconnect(struct sim *sim, unsigned a, unsigned b);
/* Nothing passes between nodes of different groups; all begin in group 0. */
void sim_group(struct sim *sim, unsigned node, unsigned group);
void sim_subscribe(struct sim *sim, unsigned node);

/* A hostile node's RPC. */
void sim_send(struct sim *sim, unsigned from, unsigned to,
              const struct gossip_rpc *rpc);
/* A hostile node says that it is subscribed to the topic. */
void sim_say_subscribed(struct sim *sim, unsigned from, unsigned to);

/* Publishes a message of so many bytes, 8 at least, to the one topic that all
 * use; its number. */
unsigned sim_publish(struct sim *sim, unsigned node, size_t len);
void sim_run(struct sim *sim, uint64_t ms);
extern const char SIM_TOPIC[];

struct sim_result {
    unsigned expected, delivered; /* messages times other honest nodes */
    double duplicates;            /* a message and node that got it */
    double latency_ms_p50, latency_ms_p99, latency_ms_max;
    uint64_t frames, bytes; /* sent by honest nodes, since the reset */
};

/* Of messages from number `first` on. */
struct sim_result sim_result(struct sim *sim, unsigned first);
/* How many of the honest nodes got a message. */
unsigned sim_delivered(const struct sim *sim, unsigned message);
bool sim_has(const struct sim *sim, unsigned message, unsigned node);
