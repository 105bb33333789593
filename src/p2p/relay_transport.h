#pragma once
/* A transport that also reaches peers through relays: what its addresses with
 * "/p2p-circuit" mean; all others it leaves to the transport below.
 *
 *     relay = relay_transport_new(&tcp);
 *     config.transport = relay_transport_of(relay);
 *     peer_host_open(&host, &config);
 *     relay_transport_bind(relay, host, unix_ms);
 *
 * A connection through a relay is a stream to the relay, and is secured end to
 * end as any other. To listen at ".../p2p/RELAY/p2p-circuit" is to keep a
 * reservation there; to dial ".../p2p/RELAY/p2p-circuit/p2p/PEER" connects to
 * the relay first, where it must.
 *
 * Source   libp2p/specs, relay/circuit-v2.md, as client.
 * Limits   RELAY_DIAL_MS; connections that a relay brings are taken only from
 *          those at which we listen.
 * Threads  the loop's.
 */
#include "p2p/peer_host.h"

#define RELAY_DIAL_MS 30000
#define RELAY_LINGER_MS 1000

struct relay_transport;

struct relay_transport *relay_transport_new(const struct transport *below);
/* After the host. NULL is fine. */
void relay_transport_free(struct relay_transport *relay);

struct transport relay_transport_of(struct relay_transport *relay);

/* Once, before the host listens or dials. unix_ms is the present. */
void relay_transport_bind(struct relay_transport *relay, struct peer_host *host,
                          uint64_t unix_ms);
