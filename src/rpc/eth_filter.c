/* eth_newFilter and its kin. */
#include "rpc/filters.h"
#include "rpc/log_query.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

bool eth_new_filter(struct rpc_call *call)
{
    struct log_filter logs;
    return rpc_param_log_filter(call, &logs, 0) &&
           log_filter_check(call, &logs) &&
           filters_add(call->host->filters, call, FILTER_LOGS, &logs);
}

bool eth_new_block_filter(struct rpc_call *call)
{
    return filters_add(call->host->filters, call, FILTER_BLOCKS, NULL);
}

bool eth_new_pending_transaction_filter(struct rpc_call *call)
{
    return filters_add(call->host->filters, call, FILTER_TRANSACTIONS, NULL);
}

/* What is no id at all is not the id of a filter either. */
static bool read_id(struct rpc_call *call, u256 *id)
{
    return json_read_hex_u256(id, call->params[0]) == LOFT_OK ||
           rpc_fail(call, RPC_SERVER_ERROR, "filter not found");
}

bool eth_get_filter_changes(struct rpc_call *call)
{
    u256 id;
    return read_id(call, &id) &&
           filters_put_changes(call->host->filters, call, &id);
}

bool eth_get_filter_logs(struct rpc_call *call)
{
    u256 id;
    return read_id(call, &id) &&
           filters_put_logs(call->host->filters, call, &id);
}

bool eth_uninstall_filter(struct rpc_call *call)
{
    u256 id;
    bool known = json_read_hex_u256(&id, call->params[0]) == LOFT_OK &&
                 filters_remove(call->host->filters, &id);
    json_put_bool(call->out, known);
    return true;
}
