/* Blocks on request, and when they come by themselves. */
#include <inttypes.h>

#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

#define MINE_BLOCKS_MAX 100000
#define MINE_DETAILED_BLOCKS_MAX 1000
#define MS_PER_SECOND 1000

static bool mine(struct rpc_call *call, uint64_t blocks, uint64_t seconds,
                 uint64_t at)
{
    if (blocks > MINE_BLOCKS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "more than %d blocks at a time", MINE_BLOCKS_MAX);
    if (!development_begin(call))
        return false;
    loft_err code = call->host->ops->mine(call->host, blocks, seconds, at);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* {"timestamp": …, "blocks": …}, or the time alone. */
static bool read_mine_options(struct rpc_call *call, uint64_t *at,
                              uint64_t *blocks)
{
    const struct json *options = call->params[0];
    *at = 0;
    *blocks = 1;
    if (json_kind(options) != JSON_IS_OBJECT)
        return rpc_param_number(call, at, 0, 0);
    const struct json *timestamp = json_get(options, "timestamp");
    const struct json *count = json_get(options, "blocks");
    return (json_absent(timestamp) ||
            json_read_any_u64(at, timestamp) == LOFT_OK ||
            rpc_param_wrong(call, 0)) &&
           (json_absent(count) || json_read_any_u64(blocks, count) == LOFT_OK ||
            rpc_param_wrong(call, 0));
}

bool evm_mine(struct rpc_call *call)
{
    uint64_t at, blocks;
    if (!read_mine_options(call, &at, &blocks) || !mine(call, blocks, 0, at))
        return false;
    json_put_text(call->out, "0x0");
    return true;
}

static bool put_block(struct rpc_call *call, uint64_t number)
{
    struct rpc_block found;
    struct chain_view *view;
    struct block block;
    if (!rpc_view(call, &view) || !rpc_find_number(call, &found, number))
        return false;
    loft_err code = chain_view_block(view, &block, &found.hash);
    return code == LOFT_OK ? shape_block(call, &block, true)
                           : rpc_fail_err(call, code);
}

bool evm_mine_detailed(struct rpc_call *call)
{
    uint64_t at, blocks, first;
    if (!read_mine_options(call, &at, &blocks))
        return false;
    if (blocks > MINE_DETAILED_BLOCKS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "more than %d blocks at a time",
                        MINE_DETAILED_BLOCKS_MAX);
    if (!development_begin(call))
        return false;
    first = chain_head(call->host->chain)->number + 1;
    if (!mine(call, blocks, 0, at))
        return false;
    json_begin_array(call->out);
    for (uint64_t i = 0; i < blocks; i++)
        if (!put_block(call, first + i))
            return false;
    json_end_array(call->out);
    return true;
}

static bool mine_many(struct rpc_call *call)
{
    uint64_t blocks, seconds;
    return rpc_param_number(call, &blocks, 0, 1) &&
           rpc_param_number(call, &seconds, 1, 0) &&
           mine(call, blocks, seconds, 0);
}

bool anvil_mine(struct rpc_call *call)
{
    return mine_many(call) && put_null(call);
}

bool hardhat_mine(struct rpc_call *call)
{
    return mine_many(call) && put_true(call);
}

/* As with anvil, off is without effect where blocks come at an interval. */
static bool set_automine(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    bool on;
    if (!rpc_param_bool(call, &on, 0, true) || !development_begin(call))
        return false;
    if (on && host->mining != MINES_AT_ONCE)
        host->ops->set_mining(host, MINES_AT_ONCE, 0);
    if (!on && host->mining == MINES_AT_ONCE)
        host->ops->set_mining(host, MINES_ON_REQUEST, 0);
    return true;
}

bool anvil_set_automine(struct rpc_call *call)
{
    return set_automine(call) && put_null(call);
}

bool evm_set_automine(struct rpc_call *call)
{
    return set_automine(call) && put_true(call);
}

bool anvil_get_automine(struct rpc_call *call)
{
    json_put_bool(call->out, call->host->mining == MINES_AT_ONCE);
    return true;
}

/* In seconds; 0 ends it, and blocks come on request alone. */
bool anvil_set_interval_mining(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    uint64_t seconds;
    if (!rpc_param_number(call, &seconds, 0, 0) || !development_begin(call))
        return false;
    if (seconds > UINT32_MAX)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "an interval of more than %u seconds", UINT32_MAX);
    host->ops->set_mining(host, seconds ? MINES_AT_INTERVAL : MINES_ON_REQUEST,
                          seconds * MS_PER_SECOND);
    json_put_null(call->out);
    return true;
}

/* In seconds, with a fraction where there is one. */
bool anvil_get_interval_mining(struct rpc_call *call)
{
    const struct rpc_host *host = call->host;
    uint64_t ms = host->mining_interval_ms;
    if (host->mining != MINES_AT_INTERVAL)
        return put_null(call);
    if (ms % MS_PER_SECOND == 0)
        json_put_u64(call->out, ms / MS_PER_SECOND);
    else
        json_put_raw(call->out,
                     bytes_str(arena_printf(call->arena, "%" PRIu64 ".%03u",
                                            ms / MS_PER_SECOND,
                                            (unsigned)(ms % MS_PER_SECOND))));
    return true;
}
