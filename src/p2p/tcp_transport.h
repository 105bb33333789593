#pragma once
/* Peers over TCP, on the event loop.
 *
 * Addresses  /ip4, /ip6, /dns, /dns4 or /dns6, each with /tcp behind it; a
 *            name cannot be listened at.
 * Limits   TCP_QUEUE_BYTES wait to leave before the user is asked to hold
 *          back; TCP_ACCEPTS_A_TURN connections are taken in one turn of the
 *          loop, so that those that are there get theirs. Where the process
 *          has no descriptor for the next one, it waits in the system's queue.
 * Threads  the loop's.
 */
#include "io/loop.h"
#include "p2p/transport.h"

#define TCP_CONNECT_MS 10000
#define TCP_QUEUE_BYTES ((size_t)256 << 10)
#define TCP_UNSENT_BYTES (128 << 10) /* that the system keeps */
#define TCP_ACCEPTS_A_TURN 64
#define TCP_EXHAUSTED_PAUSE_MS 200
#define TCP_LINGER_MS 1000

struct tcp_transport;

struct tcp_transport *tcp_transport_new(struct loop *loop);
/* Connections and listeners were closed by their users before; those that
 * still send what was queued are cut. */
void tcp_transport_free(struct tcp_transport *tcp); /* NULL is fine */

struct transport tcp_transport_of(struct tcp_transport *tcp);
