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

/* What a call keeps from one turn of the loop to the next. */
struct mining {
    struct block_series series;
    uint64_t first, count;
    rpc_function *end; /* answers when all blocks are there */
};

static bool mine_on(struct rpc_call *call)
{
    struct mining *mining = call->kept;
    loft_err code = call->host->ops->mine(call->host, &mining->series);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    return mining->series.left ? rpc_go(call, RPC_NEXT_TURN, mine_on, mining)
                               : mining->end(call);
}

static bool mine(struct rpc_call *call, const struct block_series *series,
                 rpc_function *end)
{
    if (series->left > MINE_BLOCKS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "more than %d blocks at a time", MINE_BLOCKS_MAX);
    if (!development_begin(call))
        return false;
    struct mining *mining = ARENA_NEW(call->arena, struct mining);
    *mining = (struct mining){
        .series = *series,
        .first = chain_head(call->host->chain)->number + 1,
        .count = series->left,
        .end = end,
    };
    call->kept = mining;
    return mine_on(call);
}

/* {"timestamp": …, "blocks": …}, or the time alone. */
static bool read_mine_options(struct rpc_call *call, struct block_series *out)
{
    const struct json *options = call->params[0];
    *out = (struct block_series){.left = 1};
    if (json_kind(options) != JSON_IS_OBJECT)
        return rpc_param_number(call, &out->at, 0, 0);
    const struct json *timestamp = json_get(options, "timestamp");
    const struct json *count = json_get(options, "blocks");
    return (json_absent(timestamp) ||
            json_read_any_u64(&out->at, timestamp) == LOFT_OK ||
            rpc_param_wrong(call, 0)) &&
           (json_absent(count) ||
            json_read_any_u64(&out->left, count) == LOFT_OK ||
            rpc_param_wrong(call, 0));
}

static bool put_zero(struct rpc_call *call)
{
    json_put_text(call->out, "0x0");
    return true;
}

bool evm_mine(struct rpc_call *call)
{
    struct block_series series;
    return read_mine_options(call, &series) && mine(call, &series, put_zero);
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

static bool put_blocks(struct rpc_call *call)
{
    const struct mining *mined = call->kept;
    json_begin_array(call->out);
    for (uint64_t i = 0; i < mined->count; i++)
        if (rpc_is_stopped(call) || !put_block(call, mined->first + i))
            return false;
    json_end_array(call->out);
    return true;
}

static bool read_blocks(struct rpc_call *call)
{
    return rpc_go(call, RPC_ON_WORKER, put_blocks, call->kept);
}

bool evm_mine_detailed(struct rpc_call *call)
{
    struct block_series series;
    if (!read_mine_options(call, &series))
        return false;
    if (series.left > MINE_DETAILED_BLOCKS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "more than %d blocks at a time",
                        MINE_DETAILED_BLOCKS_MAX);
    return mine(call, &series, read_blocks);
}

static bool mine_many(struct rpc_call *call, rpc_function *end)
{
    struct block_series series = {0};
    return rpc_param_number(call, &series.left, 0, 1) &&
           rpc_param_number(call, &series.seconds, 1, 0) &&
           mine(call, &series, end);
}

bool anvil_mine(struct rpc_call *call)
{
    return mine_many(call, put_null);
}

bool hardhat_mine(struct rpc_call *call)
{
    return mine_many(call, put_true);
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
