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

/* What is sent arrives in pieces of at most so many bytes, of sizes that are
 * drawn; 0: as it was sent. */
void sim_network_pieces(struct sim_network *network, size_t bytes_max);

/* So many bytes a millisecond leave by each connection, each way; what waits
 * for that is queued, and what has left is not. 0: all leave at once, and count
 * as queued until they arrive. */
void sim_network_rate(struct sim_network *network, uint64_t bytes_per_ms);

/* How many messages of a million break the connection that they are sent by:
 * what is on its way there, both ways, is lost, and both sides learn of it. */
void sim_network_breaks(struct sim_network *network, unsigned per_million);

/* What is on its way to or from there vanishes, without an end. */
void sim_network_silence(struct sim_network *network, uint32_t ip,
                         bool is_silent);

/* Lets the clock run on, and everything happen that is due. */
void sim_network_run(struct sim_network *network, uint64_t ms);
uint64_t sim_network_now(const struct sim_network *network);

/* A number below `below`. */
uint64_t sim_network_draw(struct sim_network *network, uint64_t below);
