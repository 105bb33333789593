/* Blocks on request: evm_mine, anvil_mine, hardhat_mine. */
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define MINE_BLOCKS_MAX 100000

static bool mine(struct rpc_call *call, uint64_t blocks, uint64_t seconds,
                 uint64_t at)
{
    if (blocks > MINE_BLOCKS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "more than %d blocks at a time", MINE_BLOCKS_MAX);
    loft_err code = call->host->ops->mine(call->host, blocks, seconds, at);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* A number as JSON has it, or as a quantity. */
static bool read_number(struct rpc_call *call, uint64_t *out, unsigned at,
                        uint64_t initial)
{
    *out = initial;
    return !call->params[at] ||
           json_read_any_u64(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool evm_mine(struct rpc_call *call)
{
    uint64_t at;
    if (!read_number(call, &at, 0, 0) || !mine(call, 1, 0, at))
        return false;
    json_put_text(call->out, "0x0");
    return true;
}

bool hardhat_mine(struct rpc_call *call)
{
    uint64_t blocks, seconds;
    if (!read_number(call, &blocks, 0, 1) ||
        !read_number(call, &seconds, 1, 0) || !mine(call, blocks, seconds, 0))
        return false;
    json_put_null(call->out);
    return true;
}
