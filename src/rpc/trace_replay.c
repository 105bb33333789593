/* trace_replay…, trace_call, trace_callMany and trace_rawTransaction: what
 * executions did, or would do, in every detail that is asked for.
 *
 * Source  OpenEthereum's JSON-RPC documentation, module trace. */
#include "rpc/full_trace.h"
#include "rpc/methods.h"
#include "rpc/overrides.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"
#include "rpc/transaction_args.h"

#define TRACE_CALLS_MAX 1000 /* of one trace_callMany */

bool trace_replay_transaction(struct rpc_call *call)
{
    struct full_trace_kinds kinds;
    struct replay replay;
    struct block block;
    hash32 hash;
    size_t index = 0;
    if (!rpc_param_hash(call, &hash, 0) ||
        !rpc_read_trace_kinds(call, &kinds, call->params[1], 1) ||
        !replay_find(call, &block, &index, &hash))
        return false;
    bool ok = replay_begin(&replay, call, &block) &&
              replay_until(&replay, index) &&
              replay_traced(&replay,
                            full_trace_new(&replay.work, &kinds, false));
    replay_fini(&replay);
    return ok;
}

static bool replay_all(struct rpc_call *call, const struct block *block,
                       const struct full_trace_kinds *kinds)
{
    struct replay replay;
    bool ok = replay_begin(&replay, call, block);
    for (size_t i = 0; ok && i < block->transaction_count; i++)
        ok = replay_traced(&replay, full_trace_new(&replay.work, kinds, true));
    replay_fini(&replay);
    return ok;
}

bool trace_replay_block_transactions(struct rpc_call *call)
{
    struct full_trace_kinds kinds;
    struct rpc_block_ref ref;
    struct rpc_block found;
    struct block block;
    if (!rpc_param_block(call, &ref, 0) ||
        !rpc_read_trace_kinds(call, &kinds, call->params[1], 1) ||
        !rpc_find_block(call, &found, &ref) ||
        !replay_read_block(call, &block, &found))
        return false;
    json_begin_array(call->out);
    if (block.transaction_count && !replay_all(call, &block, &kinds))
        return false;
    json_end_array(call->out);
    return true;
}

/* Executions one after another on the state after a block. */
struct series {
    struct rpc_call *call;
    struct overlay *overlay;
    struct block_context context;
    struct arena work;
};

static bool series_begin(struct series *series, struct rpc_call *call,
                         unsigned block_at)
{
    struct chain_view *view = NULL;
    struct rpc_block_ref ref;
    struct rpc_block block;
    struct state_view *state;
    *series = (struct series){.call = call};
    arena_init(&series->work);
    if (!rpc_param_block(call, &ref, block_at) ||
        !rpc_find_state(call, &state, &block, &ref) || !rpc_view(call, &view))
        return false;
    series->overlay = overlay_new(&state->source);
    block_context_init(&series->context, chain_config(call->host->chain),
                       rpc_fork_of(call, &block.header), &block.header);
    series->context.block_hash = chain_view_block_hash;
    series->context.chain = view;
    series->context.gas_left = UINT64_MAX;
    return true;
}

static void series_fini(struct series *series)
{
    overlay_free(series->overlay);
    arena_fini(&series->work);
}

static bool series_run(struct series *series, const struct transaction *tx,
                       const address *from,
                       const struct full_trace_kinds *kinds)
{
    const struct traced traced = {
        .arena = &series->work,
        .overlay = series->overlay,
        .context = &series->context,
        .rules = fork_rules(series->context.fork),
        .tx = tx,
        .from = from,
        .out = series->call->out,
    };
    bool ok = call_traced(series->call,
                          full_trace_new(&series->work, kinds, false), &traced);
    arena_reset(&series->work);
    return ok;
}

static bool run_args(struct series *series, struct transaction_args *args,
                     const struct full_trace_kinds *kinds)
{
    uint64_t most = series->call->host->limits.call_gas_max;
    if (!args->has_gas || args->tx.gas_limit > most)
        args->tx.gas_limit = most;
    return series_run(series, &args->tx, &args->from, kinds);
}

/* What the call may pretend, as for eth_call. */
static bool pretend(struct series *series, const struct json *accounts,
                    const struct json *block)
{
    struct rpc_call *call = series->call;
    loft_err code = overrides_apply_block(call->arena, &series->context, block);
    if (code != LOFT_OK)
        return overrides_fail(call, code, 4);
    code = overrides_apply_state(call->arena, series->overlay, &series->context,
                                 accounts);
    return code == LOFT_OK || overrides_fail(call, code, 3);
}

bool trace_call(struct rpc_call *call)
{
    struct full_trace_kinds kinds;
    struct transaction_args args;
    struct series series;
    if (!rpc_param_transaction(call, &args, 0) ||
        !rpc_read_trace_kinds(call, &kinds, call->params[1], 1))
        return false;
    bool ok = series_begin(&series, call, 2) &&
              pretend(&series, call->params[3], call->params[4]) &&
              run_args(&series, &args, &kinds);
    series_fini(&series);
    return ok;
}

static bool run_pair(struct series *series, const struct json *pair)
{
    struct rpc_call *call = series->call;
    struct full_trace_kinds kinds;
    struct transaction_args args;
    if (json_kind(pair) != JSON_IS_ARRAY || json_len(pair) != 2)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: each call is an array of a "
                        "transaction and its trace types");
    return rpc_read_transaction(call, &args, json_at(pair, 0), 0) &&
           rpc_read_trace_kinds(call, &kinds, json_at(pair, 1), 0) &&
           run_args(series, &args, &kinds);
}

bool trace_call_many(struct rpc_call *call)
{
    const struct json *list = call->params[0];
    size_t count = json_len(list);
    struct series series;
    if (json_kind(list) != JSON_IS_ARRAY)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: calls are %s, not an array",
                        json_kind_name(list));
    if (count > TRACE_CALLS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED, "more than %d calls",
                        TRACE_CALLS_MAX);
    bool ok = series_begin(&series, call, 1);
    json_begin_array(call->out);
    for (size_t i = 0; ok && i < count; i++)
        ok = run_pair(&series, json_at(list, i));
    json_end_array(call->out);
    series_fini(&series);
    return ok;
}

static bool run_raw(struct series *series, const struct transaction *tx,
                    const struct full_trace_kinds *kinds)
{
    struct rpc_call *call = series->call;
    address from;
    if (!transaction_sender(&from, tx, fork_rules(series->context.fork)))
        return rpc_fail(call, RPC_INVALID_PARAMS, "invalid sender");
    if (tx->gas_limit > call->host->limits.call_gas_max)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "the transaction's gas is more than a call may take");
    return series_run(series, tx, &from, kinds);
}

bool trace_raw_transaction(struct rpc_call *call)
{
    struct full_trace_kinds kinds;
    struct transaction tx;
    struct blob_sidecar unused;
    struct series series;
    bytes given, raw;
    if (!rpc_param_data(call, &given, 0) ||
        !rpc_read_trace_kinds(call, &kinds, call->params[1], 1))
        return false;
    if (transaction_decode_network(call->arena, &tx, &raw, &unused, given) !=
        LOFT_OK)
        return rpc_param_wrong(call, 0);
    bool ok = series_begin(&series, call, 2) && run_raw(&series, &tx, &kinds);
    series_fini(&series);
    return ok;
}
