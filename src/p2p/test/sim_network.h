#pragma once
/* A network in memory with a clock of its own: what is sent arrives later, in
 * order, or never. Everything follows from the seed.
 *
 * Each node is an IPv4 address; it dials and listens at /ip4/.../tcp/...
 */
#include "p2p/transport.h"

struct sim_network;

struct sim_network *sim_network_new(uint64_t seed);
/* Connections and timers were closed by their users before. */
void sim_network_free(struct sim_network *network);

struct transport sim_network_transport(struct sim_network *network,
                                       uint32_t ip);

/* Each message takes so long, drawn anew for each. */
void sim_network_delay(struct sim_network *network, uint64_t min_ms,
                       uint64_t max_ms);

/* What is on its way to or from there vanishes, without an end. */
void sim_network_silence(struct sim_network *network, uint32_t ip,
                         bool is_silent);

/* Lets the clock run on, and everything happen that is due. */
void sim_network_run(struct sim_network *network, uint64_t ms);
uint64_t sim_network_now(const struct sim_network *network);

/* A number below `below`. */
uint64_t sim_network_draw(struct sim_network *network, uint64_t below);
