/* eth_simulateV1. */
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/simulated_chain.h"

#define CLIENT_LIMIT_EXCEEDED -38026

static bool check_counts(struct rpc_call *call, const struct json *blocks)
{
    size_t total = 0;
    if (json_len(blocks) == 0)
        return rpc_fail(call, RPC_INVALID_PARAMS, "empty input");
    if (json_len(blocks) > SIMULATED_BLOCKS_MAX)
        return rpc_fail(call, CLIENT_LIMIT_EXCEEDED, "too many blocks");
    for (size_t i = 0; i < json_len(blocks); i++) {
        size_t count = json_len(json_get(json_at(blocks, i), "calls"));
        if (count > SIMULATED_BLOCK_CALLS_MAX)
            return rpc_fail(call, CLIENT_LIMIT_EXCEEDED,
                            "too many calls in block: %zu > %d", count,
                            SIMULATED_BLOCK_CALLS_MAX);
        total += count;
        if (total > SIMULATED_CALLS_MAX)
            return rpc_fail(call, CLIENT_LIMIT_EXCEEDED,
                            "too many calls: %zu > %d", total,
                            SIMULATED_CALLS_MAX);
    }
    return true;
}

static bool read_block(struct rpc_call *call, struct simulated_block *out,
                       const struct json *fields)
{
    const struct json *calls = json_get(fields, "calls");
    loft_err code = overrides_read_block(call->arena, &out->overrides,
                                         json_get(fields, "blockOverrides"));
    if (code != LOFT_OK)
        return overrides_fail(call, code, 0);
    out->accounts = json_get(fields, "stateOverrides");
    out->call_count = json_len(calls);
    struct transaction_args *args = ARENA_ARRAY(
        call->arena, struct transaction_args, out->call_count);
    for (size_t i = 0; i < out->call_count; i++)
        if (!rpc_read_transaction(call, &args[i], json_at(calls, i), 0))
            return false;
    out->calls = args;
    return true;
}

static bool read_flag(struct rpc_call *call, bool *out, const char *key)
{
    const struct json *value = json_get(call->params[0], key);
    return json_absent(value) || json_read_bool(out, value) == LOFT_OK ||
           rpc_param_wrong(call, 0);
}

static bool read_flags(struct rpc_call *call, struct simulated_chain *chain)
{
    return read_flag(call, &chain->shows_transfers, "traceTransfers") &&
           read_flag(call, &chain->validates, "validation") &&
           read_flag(call, &chain->shows_transactions,
                     "returnFullTransactions");
}

static bool read_blocks(struct rpc_call *call, struct simulated_block **out,
                        size_t *count)
{
    const struct json *blocks = json_get(call->params[0], "blockStateCalls");
    if (!check_counts(call, blocks))
        return false;
    *count = json_len(blocks);
    *out = ARENA_ARRAY(call->arena, struct simulated_block, *count);
    for (size_t i = 0; i < *count; i++)
        if (!read_block(call, &(*out)[i], json_at(blocks, i)))
            return false;
    return true;
}

bool eth_simulate_v1(struct rpc_call *call)
{
    struct simulated_chain chain = {.call = call};
    struct simulated_block *wanted;
    struct rpc_block_ref ref;
    size_t count;
    return read_flags(call, &chain) && read_blocks(call, &wanted, &count) &&
           rpc_param_block(call, &ref, 1) &&
           rpc_find_state(call, &chain.state, &chain.base, &ref) &&
           simulated_chain_plan(&chain, wanted, count) &&
           simulated_chain_run(&chain);
}
