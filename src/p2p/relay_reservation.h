#pragma once
/* A place at a relay, kept: the connection to it stays up, and the reservation
 * is asked for anew when half of its time is over.
 *
 * Source   libp2p/specs, relay/circuit-v2.md: RESERVE of the Hop protocol.
 * Units    milliseconds.
 * Threads  the loop's.
 */
#include "p2p/peer_host.h"

struct relay_reservation;

struct relay_reservation_config {
    struct peer_host *host;
    struct peer_id relay;
    bytes addr; /* without "/p2p"; empty: one that the host knows. Copied */
    uint64_t unix_ms_at_zero; /* of the transport's clock */
};

/* The host is asked for nothing before this returns. */
struct relay_reservation *
relay_reservation_open(const struct relay_reservation_config *config);
/* NULL is fine. */
void relay_reservation_close(struct relay_reservation *reservation);

const struct peer_id *
relay_reservation_relay(const struct relay_reservation *reservation);
/* The relay has granted it, and is connected. */
bool relay_reservation_stands(const struct relay_reservation *reservation);
