/* eth_callMany and debug_traceCallMany: calls one after another, each on what
 * those before it have left, from any place inside of a block on.
 *
 * Source  Erigon, where they come from, anvil and reth; the last keeps all
 *         bundles in one block. */
#include <inttypes.h>

#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/overrides.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/revert.h"
#include "rpc/rpc_host.h"
#include "rpc/trace_options.h"
#include "rpc/transaction_args.h"

#define CALLS_MAX 1000

struct call_series {
    struct rpc_call *call;
    struct replay replay;    /* where the calls begin inside of a block */
    struct overlay *overlay; /* the replay's, or its own: */
    struct overlay *own;
    struct block_context context;
    const struct trace_options *traces; /* NULL: results alone */
    struct arena work;                  /* of the call that is traced */
    size_t count;                       /* of calls so far */
};

/* {"blockNumber": …, "transactionIndex": …}: -1 or none is the block's end. */
static bool read_place(struct rpc_call *call, struct rpc_block_ref *ref,
                       int64_t *index)
{
    const struct json *place = call->params[1];
    const struct json *number = json_get(place, "blockNumber");
    const struct json *at = json_get(place, "transactionIndex");
    struct rpc_call inner = *call;
    uint64_t unsigned_index;
    if (place && json_kind(place) != JSON_IS_OBJECT)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 1: %s, not an object",
                        json_kind_name(place));
    inner.params[1] = json_absent(number) ? NULL : number;
    if (!rpc_param_block(&inner, ref, 1)) {
        call->error = inner.error;
        return false;
    }
    *index = -1;
    if (json_absent(at) || json_read_i64(index, at) == LOFT_OK)
        return true;
    if (json_read_any_u64(&unsigned_index, at) != LOFT_OK ||
        unsigned_index > INT64_MAX)
        return rpc_param_wrong(call, 1);
    *index = (int64_t)unsigned_index;
    return true;
}

static bool begin_at_end(struct call_series *series,
                         const struct rpc_block_ref *ref)
{
    struct rpc_call *call = series->call;
    struct chain_view *view = NULL;
    struct state_source *state;
    struct rpc_block block;
    if (!rpc_find_source(call, &state, &block, ref) || !rpc_view(call, &view))
        return false;
    series->overlay = series->own = overlay_new(state);
    block_context_init(&series->context, chain_config(call->host->chain),
                       rpc_fork_of(call, &block.header), &block.header);
    series->context.block_hash = chain_view_block_hash;
    series->context.chain = view;
    return true;
}

static bool begin_inside(struct call_series *series, struct block *block,
                         const struct rpc_block_ref *ref, int64_t index)
{
    struct rpc_call *call = series->call;
    struct rpc_block found;
    if (!rpc_find_block(call, &found, ref) ||
        !replay_read_block(call, block, &found))
        return false;
    if ((uint64_t)index > block->transaction_count)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "transaction index %" PRId64
                        " out of range: the block has %zu",
                        index, block->transaction_count);
    if (!replay_begin(&series->replay, call, block) ||
        !replay_until(&series->replay, (size_t)index))
        return false;
    series->overlay = series->replay.overlay;
    series->context = series->replay.run.context;
    return true;
}

static void series_fini(struct call_series *series)
{
    overlay_free(series->own);
    if (series->replay.call)
        replay_fini(&series->replay);
}

static void put_failure(struct rpc_call *call,
                        const struct execution *execution)
{
    const char *text = "execution reverted", *reason = NULL;
    if (execution->verdict != TX_OK)
        text = transaction_verdict_text(execution->verdict);
    else if (execution->status != EVM_REVERTED)
        text = evm_exception_text(execution->why);
    else
        reason = revert_reason(call->arena, execution->output);
    json_key(call->out, "error");
    json_put_text(call->out,
                  reason ? arena_printf(call->arena, "%s: %s", text, reason)
                         : text);
}

static void put_result(struct rpc_call *call, const struct execution *execution)
{
    json_begin_object(call->out);
    if (execution->verdict == TX_OK && execution->status == EVM_STOPPED) {
        json_key(call->out, "value");
        json_put_data(call->out, execution->output);
    } else {
        put_failure(call, execution);
    }
    json_end_object(call->out);
}

static bool execute_args(struct call_series *series,
                         const struct transaction_args *args)
{
    struct rpc_call *call = series->call;
    const struct execution_options options = {.skip_nonce = true,
                                              .skip_fees = true,
                                              .skip_eoa_check = true,
                                              .stop = call->stop};
    struct block_context context = series->context;
    struct execution execution = execute_transaction(
        call->executor, series->overlay, &context, &args->tx, &args->from,
        &options);
    loft_err code = overlay_error(series->overlay);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (rpc_is_stopped(call))
        return false;
    put_result(call, &execution);
    return true;
}

static bool trace_args(struct call_series *series,
                       const struct transaction_args *args)
{
    struct rpc_call *call = series->call;
    struct tx_tracer *tracer = NULL;
    const struct traced traced = {
        .arena = &series->work,
        .overlay = series->overlay,
        .context = &series->context,
        .rules = fork_rules(series->context.fork),
        .tx = &args->tx,
        .from = &args->from,
        .out = call->out,
    };
    bool ok = trace_options_new_tracer(call, &series->work, &tracer,
                                       series->traces) &&
              call_traced(call, tracer, &traced);
    arena_reset(&series->work);
    return ok;
}

static bool run_one(struct call_series *series, const struct json *object)
{
    struct rpc_call *call = series->call;
    uint64_t most = call->host->limits.call_gas_max;
    struct transaction_args args;
    if (series->count++ == CALLS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED, "more than %d calls",
                        CALLS_MAX);
    if (!rpc_read_transaction(call, &args, object, 0))
        return false;
    if (!args.has_gas || args.tx.gas_limit > most)
        args.tx.gas_limit = most;
    series->context.gas_left = UINT64_MAX;
    if (!(series->traces ? trace_args : execute_args)(series, &args))
        return false;
    return call->out->out->len <= call->host->limits.answer_bytes_max ||
           rpc_fail(call, RPC_TOO_LARGE, "response too large");
}

/* {"transactions": […], "blockOverride": {…}}; the next bundle is in the block
 * after this one's, a second later. */
static bool run_bundle(struct call_series *series, const struct json *bundle)
{
    struct rpc_call *call = series->call;
    const struct json *list = json_get(bundle, "transactions");
    const struct json *overrides = json_get(bundle, "blockOverride");
    struct evm_environment *environment = &series->context.environment;
    if (json_kind(list) != JSON_IS_ARRAY)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: a bundle has \"transactions\", "
                        "an array");
    loft_err code = overrides_apply_block(call->arena, &series->context,
                                          overrides);
    if (code != LOFT_OK)
        return overrides_fail(call, code, 0);
    json_begin_array(call->out);
    for (size_t i = 0; i < json_len(list); i++)
        if (!run_one(series, json_at(list, i)))
            return false;
    json_end_array(call->out);
    environment->number++;
    environment->timestamp++;
    return true;
}

static bool run_bundles(struct call_series *series,
                        const struct json *state_overrides)
{
    struct rpc_call *call = series->call;
    const struct json *bundles = call->params[0];
    loft_err code = overrides_apply_state(call->arena, series->overlay,
                                          &series->context, state_overrides);
    if (code != LOFT_OK)
        return overrides_fail(call, code, 2);
    json_begin_array(call->out);
    for (size_t i = 0; i < json_len(bundles); i++)
        if (!run_bundle(series, json_at(bundles, i)))
            return false;
    json_end_array(call->out);
    return true;
}

static bool call_many(struct call_series *series,
                      const struct json *state_overrides)
{
    struct rpc_call *call = series->call;
    struct rpc_block_ref ref;
    struct block block;
    int64_t index;
    if (json_kind(call->params[0]) != JSON_IS_ARRAY ||
        json_len(call->params[0]) == 0)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: bundles are an array that is not "
                        "empty");
    if (!read_place(call, &ref, &index))
        return false;
    bool ok = (index < 0 ? begin_at_end(series, &ref)
                         : begin_inside(series, &block, &ref, index)) &&
              run_bundles(series, state_overrides);
    series_fini(series);
    return ok;
}

bool eth_call_many(struct rpc_call *call)
{
    struct call_series series = {.call = call};
    return call_many(&series, call->params[2]);
}

bool debug_trace_call_many(struct rpc_call *call)
{
    struct trace_options options;
    struct call_series series = {.call = call, .traces = &options};
    if (!rpc_param_trace_options(call, &options, 2))
        return false;
    arena_init(&series.work);
    bool ok = call_many(&series, json_get(options.config, "stateOverrides"));
    arena_fini(&series.work);
    return ok;
}
