/* debug_traceTransaction, debug_traceBlock… and debug_traceCall. */
#include "crypto/keccak.h"
#include "rpc/methods.h"
#include "rpc/overrides.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"
#include "rpc/trace_options.h"
#include "rpc/transaction_args.h"

static bool trace_next(struct replay *replay,
                       const struct trace_options *options)
{
    struct tx_tracer *tracer = NULL;
    return trace_options_new_tracer(replay->call, &replay->work, &tracer,
                                    options) &&
           replay_traced(replay, tracer);
}

bool debug_trace_transaction(struct rpc_call *call)
{
    struct trace_options options;
    struct replay replay;
    struct block block;
    hash32 hash;
    size_t index = 0;
    if (!rpc_param_hash(call, &hash, 0) ||
        !rpc_param_trace_options(call, &options, 1) ||
        !replay_find(call, &block, &index, &hash))
        return false;
    bool ok = replay_begin(&replay, call, &block) &&
              replay_until(&replay, index) && trace_next(&replay, &options);
    replay_fini(&replay);
    return ok;
}

static bool put_all(struct replay *replay, const struct trace_options *options)
{
    struct json_writer *out = replay->call->out;
    json_begin_array(out);
    for (size_t i = 0; i < replay->block->transaction_count; i++) {
        hash32 hash = keccak256(replay->block->raw_transactions[i]);
        json_begin_object(out);
        json_key(out, "txHash");
        json_put_hash(out, &hash);
        json_key(out, "result");
        if (!trace_next(replay, options))
            return false;
        json_end_object(out);
    }
    json_end_array(out);
    return true;
}

static bool put_block(struct rpc_call *call, const struct block *block,
                      const struct trace_options *options)
{
    struct replay replay;
    bool ok = replay_begin(&replay, call, block) && put_all(&replay, options);
    replay_fini(&replay);
    return ok;
}

bool debug_trace_block_by_number(struct rpc_call *call)
{
    struct trace_options options;
    struct rpc_block_ref ref;
    struct rpc_block found;
    struct block block;
    return rpc_param_block_number(call, &ref, 0) &&
           rpc_param_trace_options(call, &options, 1) &&
           rpc_find_block(call, &found, &ref) &&
           replay_read_block(call, &block, &found) &&
           put_block(call, &block, &options);
}

bool debug_trace_block_by_hash(struct rpc_call *call)
{
    struct trace_options options;
    struct rpc_block_ref ref = {.kind = BLOCK_HASHED};
    struct rpc_block found;
    struct block block;
    return rpc_param_hash(call, &ref.hash, 0) &&
           rpc_param_trace_options(call, &options, 1) &&
           rpc_find_block(call, &found, &ref) &&
           replay_read_block(call, &block, &found) &&
           put_block(call, &block, &options);
}

/* A block in RLP, whose parent is on the chain. */
bool debug_trace_block(struct rpc_call *call)
{
    struct trace_options options;
    struct block block;
    bytes rlp;
    if (!rpc_param_data(call, &rlp, 0) ||
        !rpc_param_trace_options(call, &options, 1))
        return false;
    if (block_decode(call->arena, &block, &rlp) != LOFT_OK)
        return rpc_fail(call, RPC_INVALID_PARAMS, "could not decode block: %s",
                        err_sentence());
    return put_block(call, &block, &options);
}

/* A call that is tried on the state after a block, or between two of its
 * transactions. */
struct trial {
    struct rpc_call *call;
    struct transaction_args args;
    struct trace_options options;
    struct rpc_block found;
    bool has_replay;
    struct replay replay;    /* where the call is in the midst of a block */
    struct overlay *overlay; /* borrowed from it, or owned */
    struct block_context context;
};

static bool begin_after(struct trial *trial, const struct rpc_block_ref *ref)
{
    struct state_view *state;
    if (!rpc_find_state(trial->call, &state, &trial->found, ref))
        return false;
    trial->overlay = overlay_new(&state->source);
    return true;
}

static bool begin_within(struct trial *trial, struct block *block,
                         const struct rpc_block_ref *ref, uint64_t index)
{
    struct rpc_call *call = trial->call;
    if (!rpc_find_block(call, &trial->found, ref) ||
        !replay_read_block(call, block, &trial->found))
        return false;
    if (index > block->transaction_count)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "txIndex is beyond the block's %zu transactions",
                        block->transaction_count);
    trial->has_replay = true;
    if (!replay_begin(&trial->replay, call, block) ||
        !replay_until(&trial->replay, (size_t)index))
        return false;
    trial->overlay = trial->replay.overlay;
    return true;
}

static void trial_fini(struct trial *trial)
{
    if (trial->has_replay)
        replay_fini(&trial->replay);
    else
        overlay_free(trial->overlay);
}

static bool set_context(struct trial *trial)
{
    struct rpc_call *call = trial->call;
    struct block_context *context = &trial->context;
    const struct header *header = &trial->found.header;
    const struct json *config = trial->options.config;
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    block_context_init(context, chain_config(call->host->chain),
                       rpc_fork_of(call, header), header);
    context->block_hash = chain_view_block_hash;
    context->chain = view;
    context->gas_left = UINT64_MAX;
    loft_err code = overrides_apply_block(call->arena, context,
                                          json_get(config, "blockOverrides"));
    if (code == LOFT_OK)
        code = overrides_apply_state(call->arena, trial->overlay, context,
                                     json_get(config, "stateOverrides"));
    return code == LOFT_OK || overrides_fail(call, code, 2);
}

static void set_gas(struct trial *trial)
{
    struct transaction *tx = &trial->args.tx;
    uint64_t most = trial->call->host->limits.call_gas_max;
    if (!trial->args.has_gas || tx->gas_limit > most)
        tx->gas_limit = most;
}

static bool run_trial(struct trial *trial, struct arena *work)
{
    struct rpc_call *call = trial->call;
    struct tx_tracer *tracer = NULL;
    if (!set_context(trial) ||
        !trace_options_new_tracer(call, work, &tracer, &trial->options))
        return false;
    set_gas(trial);
    const struct traced traced = {
        .arena = work,
        .overlay = trial->overlay,
        .context = &trial->context,
        .rules = fork_rules(trial->context.fork),
        .tx = &trial->args.tx,
        .from = &trial->args.from,
        .out = call->out,
    };
    return call_traced(call, tracer, &traced);
}

static bool begin_trial(struct trial *trial, struct block *block)
{
    struct rpc_call *call = trial->call;
    const struct json *index = json_get(call->params[2], "txIndex");
    struct rpc_block_ref ref;
    uint64_t place;
    if (!rpc_param_transaction(call, &trial->args, 0) ||
        !rpc_param_block(call, &ref, 1) ||
        !rpc_param_trace_options(call, &trial->options, 2))
        return false;
    if (json_absent(index))
        return begin_after(trial, &ref);
    if (json_read_quantity_u64(&place, index) != LOFT_OK)
        return rpc_param_wrong(call, 2);
    return begin_within(trial, block, &ref, place);
}

bool debug_trace_call(struct rpc_call *call)
{
    struct trial trial = {.call = call};
    struct block block;
    struct arena work;
    arena_init(&work);
    bool ok = begin_trial(&trial, &block) && run_trial(&trial, &work);
    trial_fini(&trial);
    arena_fini(&work);
    return ok;
}
