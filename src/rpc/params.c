#include "rpc/params.h"

bool rpc_param_wrong(struct rpc_call *call, unsigned at)
{
    return rpc_fail(call, RPC_INVALID_PARAMS, "invalid argument %u: %s", at,
                    err_sentence());
}

bool rpc_param_data(struct rpc_call *call, bytes *out, unsigned at)
{
    return json_read_data(call->arena, out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool rpc_param_hash(struct rpc_call *call, hash32 *out, unsigned at)
{
    return json_read_hash(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool rpc_param_address(struct rpc_call *call, address *out, unsigned at)
{
    return json_read_address(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool rpc_param_quantity(struct rpc_call *call, uint64_t *out, unsigned at)
{
    return json_read_quantity_u64(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool rpc_param_bool(struct rpc_call *call, bool *out, unsigned at, bool initial)
{
    *out = initial;
    return !call->params[at] ||
           json_read_bool(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}
