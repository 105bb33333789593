#pragma once
/* A relay: peers that cannot be reached reserve a place at it, and others
 * connect to them through it. Which bytes pass it cannot read: the two secure
 * their connection end to end.
 *
 * A node is one only where its operator asks for that.
 *
 * Source   libp2p/specs, relay/circuit-v2.md: the Hop protocol, and Stop as
 *          its relay speaks it. Peers that are connected through a relay
 *          themselves are refused.
 * Limits   struct relay_limits; RELAY_STREAM_QUEUE_BYTES wait for a side that
 *          does not read, then the other one is not read either.
 * Threads  the loop's.
 */
#include "p2p/peer_host.h"
#include "p2p/relay_slots.h"

#define RELAY_STREAM_QUEUE_BYTES ((size_t)64 << 10)

struct relay;

/* unix_ms is the present, from which the transport's clock goes on. */
struct relay *relay_open(struct peer_host *host,
                         const struct relay_limits *limits, uint64_t unix_ms);
/* After its host. NULL is fine. */
void relay_close(struct relay *relay);

struct relay_stats {
    unsigned reservations, circuits;
    uint64_t circuits_total, bytes_total, refused_total;
};

struct relay_stats relay_stats(const struct relay *relay);
