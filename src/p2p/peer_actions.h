#pragma once
/* What people ask of a host and wait for: a connection, a ping, a measurement.
 *
 *     id = peer_actions_ping(actions, &peer);
 *     ... woken() is called
 *     if (peer_actions_take(actions, id, &outcome)) ...
 *
 * Nobody has to come for an outcome: what is not taken is dropped.
 *
 * Limits   PEER_ACTIONS_MAX at a time; each ends in time of its own.
 * Units    milliseconds, but for round trips: microseconds.
 * Threads  the loop's.
 * Errors   LOFT_ERR_LIMIT; those of the host.
 */
#include "p2p/peer_host.h"
#include "p2p/perf.h"

#define PEER_ACTIONS_MAX 64
#define PEER_ACTIONS_KEPT_MS 10000
#define PEER_CONNECT_MS 15000
#define PEER_PING_MS 10000
#define PEER_OUTCOME_WHY_BYTES 160

struct peer_actions;

struct peer_outcome {
    bool is_good;
    char why[PEER_OUTCOME_WHY_BYTES]; /* where it is not */
    struct peer_id peer;              /* of a connection: who is there */
    uint64_t round_trip_us;           /* of a ping */
    struct perf_result perf;
};

/* woken: some action may have ended; called later, never from inside. */
struct peer_actions *peer_actions_open(struct peer_host *host,
                                       void (*woken)(void *context),
                                       void *context);
/* Before the host. NULL is fine. */
void peer_actions_close(struct peer_actions *actions);

/* addr ends with "/p2p" and the peer, or names nobody: whoever answers. With
 * peer and without addr: where it is known to be. */
MUST_USE loft_err peer_actions_connect(struct peer_actions *actions,
                                       uint64_t *id, const struct peer_id *peer,
                                       bytes addr);
MUST_USE loft_err peer_actions_ping(struct peer_actions *actions, uint64_t *id,
                                    const struct peer_id *peer);
MUST_USE loft_err peer_actions_perf(struct peer_actions *actions, uint64_t *id,
                                    const struct peer_id *peer,
                                    const struct perf_order *order);

/* False: it has not ended yet. An id that is not known has failed. */
bool peer_actions_take(struct peer_actions *actions, uint64_t id,
                       struct peer_outcome *out);
