#pragma once
/* What peers are told unasked: eth_subscribe.
 *
 * The node says when there is a new head, and of each transaction that is
 * pending from then on; whoever subscribed is told what has changed since the
 * last time. A subscription dies with its peer.
 *
 * Source   geth, "Real-time events"; eth_subscription's form.
 * Threads  the loop's.
 * Limits   subscriptions_max for each peer; SUBSCRIPTION_BLOCKS_MAX blocks at
 *          a time, and where more have come in between, those before them are
 *          passed over.
 */
#include "chain/pool.h"
#include "rpc/log_filter.h"
#include "rpc/rpc.h"

#define SUBSCRIPTION_BLOCKS_MAX 1024

struct subscriptions;
struct rpc_peer;

enum subscription_kind {
    SUBSCRIPTION_HEADS,
    SUBSCRIPTION_LOGS,
    SUBSCRIPTION_HASHES,       /* of pending transactions, */
    SUBSCRIPTION_TRANSACTIONS, /* or they themselves */
    SUBSCRIPTION_SYNCING,      /* of which there is never anything to say */
};

struct subscriptions *subscriptions_new(struct rpc_host *host,
                                        size_t peer_count_max);
void subscriptions_free(struct subscriptions *subscriptions); /* NULL is fine */

/* For call->peer; writes the id. logs, which is copied, for
 * SUBSCRIPTION_LOGS alone. */
bool subscriptions_add(struct subscriptions *subscriptions,
                       struct rpc_call *call, enum subscription_kind kind,
                       const struct log_filter *logs);

/* False: the peer has none by this id. */
bool subscriptions_remove(struct subscriptions *subscriptions,
                          const struct rpc_peer *peer, const u256 *id);

/* The connection is gone. */
void subscriptions_drop(struct subscriptions *subscriptions,
                        const struct rpc_peer *peer);

/* The newest block may be another one, and it is on disk. */
void subscriptions_tell_head(struct subscriptions *subscriptions);

/* A transaction is pending from now on. */
void subscriptions_tell_transaction(struct subscriptions *subscriptions,
                                    const struct pool_entry *entry);

size_t subscriptions_count(const struct subscriptions *subscriptions);
