#pragma once
/* What RPC methods ask of the node they run in. The node puts this at the
 * front of a struct of its own.
 *
 * Threads  the loop's, but for open_view() and close_view(), which any thread
 *          may call.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "chain/block_plan.h"
#include "chain/chain.h"
#include "chain/pool.h"
#include "chain/transaction.h"
#include "rpc/development.h"
#include "rpc/failures.h"

struct rpc_host;
struct peer_host;
struct rpc_counters;
struct pending;
struct filters;
struct subscriptions;
struct peer_actions;

/* What the node takes of the machine; 0 where it cannot be told. */
struct rpc_usage {
    uint64_t memory_bytes; /* its own, without pages of files */
    uint64_t resident_bytes, disk_bytes, disk_free_bytes;
    uint64_t uptime_seconds;
};

struct rpc_backup {
    const char *path;
    uint64_t bytes;
};

enum rpc_mining { MINES_AT_ONCE, MINES_AT_INTERVAL, MINES_ON_REQUEST };

struct rpc_host_ops {
    loft_err (*open_view)(struct rpc_host *, struct chain_view **out);
    void (*close_view)(struct rpc_host *, struct chain_view *);

    /* Makes true what earlier calls of a batch wait for. */
    loft_err (*settle)(struct rpc_host *);

    /* A transaction that can be mined is in the pool now. True: it will be
     * at once, and whoever sent it must wait for that. */
    bool (*arrived)(struct rpc_host *);

    /* Appends blocks of a series, for as long as a turn of the loop may take;
     * no others are made until none is left, or it has failed. LOFT_ERR_USAGE:
     * the newest block is not before the first one's time. */
    loft_err (*mine)(struct rpc_host *, struct block_series *);

    /* When blocks are made, from now on; milliseconds for MINES_AT_INTERVAL. */
    void (*set_mining)(struct rpc_host *, enum rpc_mining how,
                       uint64_t interval_ms);

    /* Back to the first block, and to what a fresh chain begins with. */
    loft_err (*begin_anew)(struct rpc_host *);

    /* A method has changed the chain itself: it lets its answer wait until
     * that is as durable as a block is. */
    void (*changed)(struct rpc_host *);

    /* Unix seconds. */
    uint64_t (*now)(struct rpc_host *);

    /* A clock that only goes on, and a turn for calls that sleep
     * (RPC_WHEN_WOKEN), after so long at the latest. Each block wakes them. */
    uint64_t (*clock_ms)(struct rpc_host *);
    void (*wake_in)(struct rpc_host *, uint64_t ms);

    /* The node's own accounts. */
    const address *(*accounts)(struct rpc_host *, size_t *count);
    /* LOFT_ERR_NOT_FOUND: not an account of this node. */
    loft_err (*sign)(struct rpc_host *, struct ecdsa_signature *out,
                     const address *who, const hash32 *digest);

    void (*usage)(struct rpc_host *, struct rpc_usage *out);

    /* Copies the chain to where backups go; on any thread. LOFT_ERR_REFUSED:
     * the node makes none. */
    loft_err (*backup)(struct rpc_host *, struct arena *, struct rpc_backup *);

    /* Asks the node that has what is before the chain's base, and appends its
     * reply; any thread may. */
    loft_err (*forward)(struct rpc_host *, struct buffer *reply, bytes request);
};

#define RPC_BATCH_MAX 1000
#define RPC_ANSWER_BYTES_MAX (64u << 20)
#define RPC_REQUEST_BYTES_MAX (5u << 20)
#define RPC_DEPTH_MAX 64
#define RPC_CALL_GAS_MAX 50000000u

/* 0: the default above. */
struct rpc_limits {
    size_t batch_max;         /* calls */
    size_t answer_bytes_max;  /* of one request, batch or not */
    size_t request_bytes_max; /* a request's text */
    unsigned depth_max;       /* of arrays and objects in it */
    uint64_t call_gas_max;    /* of one call, whatever it asks for */
};

struct rpc_host {
    const struct rpc_host_ops *ops;
    struct rpc_limits limits;
    struct chain *chain;
    bool is_fork; /* what is before chain_base() is asked of another node */
    struct pool *pool;
    struct peer_host *peers; /* NULL: the node has none (--no-p2p) */
    struct pending *pending;
    struct filters *filters;
    struct subscriptions *subscriptions;
    struct failures failures; /* of what is waited for */
    struct block_plan plan;   /* what a block built now would have */
    struct development dev;
    u256 priority_fee; /* suggested, wei */
    u256 gas_price;    /* suggested at the least, wei */
    enum rpc_mining mining;
    uint64_t mining_interval_ms;
    /* "safe" is so many blocks behind the newest, "finalized" twice as many. */
    uint64_t slots_in_epoch;
    struct rpc_counters *counters;     /* NULL: nobody counts */
    struct peer_actions *peer_actions; /* NULL where peers is */
};
