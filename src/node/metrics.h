#pragma once
/* What the node counts, in the text format of Prometheus.
 *
 * Source  prometheus.io, "Exposition formats", text version 0.0.4; names that
 *         begin with process_ are those that its client libraries use.
 */
#include <stdint.h>

#include "base/vec.h"
#include "node/usage.h"
#include "p2p/peer_host.h"
#include "p2p/relay.h"
#include "rpc/rpc_counters.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Since the start, where it is not of now. */
struct metrics {
    uint64_t chain_id;
    uint64_t head_number, head_timestamp; /* seconds */
    uint64_t blocks, transactions, gas;   /* of blocks made here */
    uint64_t pool_pending, pool_queued;
    uint64_t connections, connections_max;
    uint64_t started_seconds; /* Unix time */
    bool is_ready;
    const struct rpc_counters *calls;
    struct usage usage;
    bool has_peers;
    struct peer_host_stats peers;
    bool is_relay;
    struct relay_stats relay;
};

void metrics_put(struct buffer *out, const struct metrics *metrics);
