/* The chain's clock, moved at will (chain/block_plan.h). */
#include <inttypes.h>

#include "rpc/block_ref.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

/* Times beyond this are meant in milliseconds. */
#define SECONDS_MAX UINT64_C(1000000000000)

static uint64_t newest_time(struct rpc_call *call)
{
    return chain_head(call->host->chain)->header.timestamp;
}

/* Where blocks have run ahead of the clock, time moves on from them. */
bool evm_increase_time(struct rpc_call *call)
{
    struct block_plan *plan = &call->host->plan;
    uint64_t seconds, now = call->host->ops->now(call->host);
    if (!rpc_param_number(call, &seconds, 0, 0) || !development_begin(call))
        return false;
    uint64_t clock = block_plan_clock(plan, now), newest = newest_time(call);
    uint64_t from = clock > newest ? clock : newest;
    if (seconds > SECONDS_MAX)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "more than %" PRIu64 " seconds", SECONDS_MAX);
    block_plan_set_clock(plan, from + seconds, now);
    json_put_i64(call->out, plan->offset_seconds);
    return true;
}

bool evm_set_next_block_timestamp(struct rpc_call *call)
{
    uint64_t time, newest;
    if (!rpc_param_number(call, &time, 0, 0) || !development_begin(call))
        return false;
    newest = newest_time(call);
    if (time < block_plan_least_time(&call->host->plan, newest))
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "Timestamp %" PRIu64 " is lower than or equal to "
                        "previous block's timestamp %" PRIu64,
                        time, newest);
    call->host->plan.next_timestamp = time;
    json_put_null(call->out);
    return true;
}

bool evm_set_time(struct rpc_call *call)
{
    struct block_plan *plan = &call->host->plan;
    uint64_t time, now = call->host->ops->now(call->host);
    if (!rpc_param_number(call, &time, 0, 0) || !development_begin(call))
        return false;
    if (time > SECONDS_MAX)
        time /= 1000;
    uint64_t clock = block_plan_clock(plan, now);
    block_plan_set_clock(plan, time, now);
    json_put_u64(call->out, time > clock ? time - clock : 0);
    return true;
}

bool anvil_set_block_timestamp_interval(struct rpc_call *call)
{
    struct block_plan *plan = &call->host->plan;
    uint64_t seconds;
    if (!rpc_param_number(call, &seconds, 0, 0) || !development_begin(call))
        return false;
    plan->has_interval = true;
    plan->interval_seconds = seconds;
    return put_null(call);
}

bool anvil_remove_block_timestamp_interval(struct rpc_call *call)
{
    struct block_plan *plan = &call->host->plan;
    if (!development_begin(call))
        return false;
    json_put_bool(call->out, plan->has_interval);
    plan->has_interval = false;
    return true;
}

bool anvil_get_genesis_time(struct rpc_call *call)
{
    struct rpc_block genesis;
    if (!rpc_find_number(call, &genesis, 0))
        return false;
    json_put_u64(call->out, genesis.header.timestamp);
    return true;
}
