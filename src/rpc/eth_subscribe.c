/* eth_subscribe and eth_unsubscribe. */
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/subscriptions.h"

static bool subscribe_logs(struct rpc_call *call)
{
    struct log_filter logs = {0};
    return (!call->params[1] || rpc_param_log_filter(call, &logs, 1)) &&
           subscriptions_add(call->host->subscriptions, call, SUBSCRIPTION_LOGS,
                             &logs);
}

static bool subscribe_transactions(struct rpc_call *call)
{
    bool whole;
    return rpc_param_bool(call, &whole, 1, false) &&
           subscriptions_add(
               call->host->subscriptions, call,
               whole ? SUBSCRIPTION_TRANSACTIONS : SUBSCRIPTION_HASHES, NULL);
}

static bool subscribe_heads(struct rpc_call *call)
{
    return subscriptions_add(call->host->subscriptions, call,
                             SUBSCRIPTION_HEADS, NULL);
}

static bool subscribe_syncing(struct rpc_call *call)
{
    return subscriptions_add(call->host->subscriptions, call,
                             SUBSCRIPTION_SYNCING, NULL);
}

bool eth_subscribe(struct rpc_call *call)
{
    static const struct {
        const char *name;
        rpc_function *subscribe;
    } kinds[] = {
        {"newHeads", subscribe_heads},
        {"logs", subscribe_logs},
        {"newPendingTransactions", subscribe_transactions},
        {"syncing", subscribe_syncing},
    };
    bytes name;
    if (!call->peer)
        return rpc_fail(call, RPC_METHOD_NOT_FOUND,
                        "notifications not supported");
    if (json_read_string(&name, call->params[0]) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (bytes_equal(name, bytes_str(kinds[i].name)))
            return kinds[i].subscribe(call);
    return rpc_fail(call, RPC_METHOD_NOT_FOUND,
                    "no \"%.64s\" subscription in eth namespace",
                    (const char *)name.at);
}

bool eth_unsubscribe(struct rpc_call *call)
{
    u256 id;
    if (!call->peer)
        return rpc_fail(call, RPC_METHOD_NOT_FOUND,
                        "notifications not supported");
    if (json_read_hex_u256(&id, call->params[0]) != LOFT_OK ||
        !subscriptions_remove(call->host->subscriptions, call->peer, &id))
        return rpc_fail(call, RPC_SERVER_ERROR, "subscription not found");
    json_put_bool(call->out, true);
    return true;
}
