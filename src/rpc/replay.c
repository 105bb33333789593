#include "rpc/replay.h"

#include <inttypes.h>

#include "crypto/keccak.h"
#include "rpc/rpc_host.h"
#include "rpc/sender_cache.h"

/* Before Byzantium receipts hold roots; nobody looks at those made here. */
static loft_err no_root(void *keeper, hash32 *root)
{
    (void)keeper;
    *root = (hash32){0};
    return LOFT_OK;
}

/* The state that the block was, or would be, executed on. */
static bool find_state(struct replay *replay, struct chain_view *view,
                       struct state_view **state)
{
    struct rpc_call *call = replay->call;
    const struct header *header = &replay->block->header;
    struct rpc_block own, parent;
    if (!rpc_find_number(call, &own, header->number) ||
        !rpc_find_number(call, &parent, header->number - 1))
        return false;
    bool is_canonical = own.found &&
                        hash32_equal(&own.hash, &replay->block->hash);
    if (!is_canonical &&
        (!parent.found || !hash32_equal(&parent.hash, &header->parent_hash)))
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "the block's parent is not on the chain, so that its "
                        "state is not kept");
    loft_err code = is_canonical
                        ? chain_view_state_before(view, state, header->number)
                        : chain_view_state(view, state, header->number - 1);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

bool replay_begin(struct replay *replay, struct rpc_call *call,
                  const struct block *block)
{
    struct chain_view *view = NULL;
    struct state_view *state;
    *replay = (struct replay){.call = call, .block = block};
    arena_init(&replay->arena);
    arena_init(&replay->work);
    if (!rpc_view(call, &view))
        return false;
    if (block->header.number == 0)
        return rpc_fail(call, RPC_SERVER_ERROR, "genesis is not traceable");
    if (!find_state(replay, view, &state))
        return false;
    replay->fork = rpc_fork_of(call, &block->header);
    replay->overlay = overlay_new(&state->source);
    replay->run = (struct block_run){.executor = call->executor,
                                     .overlay = replay->overlay,
                                     .arena = &replay->arena,
                                     .scratch = &replay->scratch,
                                     .settle = no_root,
                                     .options.stop = call->stop};
    block_context_init(&replay->run.context, chain_config(call->host->chain),
                       replay->fork, &block->header);
    replay->run.context.block_hash = chain_view_block_hash;
    replay->run.context.chain = view;
    block_run_begin(&replay->run, &block->header, block->transaction_count);
    return true;
}

void replay_fini(struct replay *replay)
{
    overlay_free(replay->overlay);
    buffer_free(&replay->scratch);
    arena_fini(&replay->arena);
    arena_fini(&replay->work);
}

size_t replay_next(const struct replay *replay)
{
    return replay->run.outcome.count;
}

static bool find_sender(struct replay *replay, size_t index, const hash32 *hash)
{
    struct rpc_call *call = replay->call;
    if (sender_cache_get(call->senders, &replay->from, hash))
        return true;
    if (!transaction_author(&replay->from, &replay->block->transactions[index],
                            fork_rules(replay->fork)))
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "transaction %zu of the block has no sender", index);
    sender_cache_put(call->senders, hash, &replay->from);
    return true;
}

static bool check(struct rpc_call *call, const struct overlay *overlay,
                  enum transaction_verdict verdict)
{
    loft_err code = overlay_error(overlay);
    if (rpc_is_stopped(call))
        return false;
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    return verdict == TX_OK ||
           rpc_fail(call, RPC_SERVER_ERROR, "tracing failed: %s",
                    transaction_verdict_text(verdict));
}

static bool run_next(struct replay *replay, struct evm_tracer *tracer)
{
    size_t index = replay_next(replay);
    const struct transaction *tx = &replay->block->transactions[index];
    enum transaction_verdict verdict = block_run_transaction(
        &replay->run, tx, &replay->from, tracer);
    if (!check(replay->call, replay->overlay, verdict))
        return false;
    replay->logs += replay->run.outcome.receipts[index].log_count;
    return true;
}

bool replay_until(struct replay *replay, size_t index)
{
    while (replay_next(replay) < index) {
        size_t next = replay_next(replay);
        hash32 hash = keccak256(replay->block->raw_transactions[next]);
        if (!find_sender(replay, next, &hash) || !run_next(replay, NULL))
            return false;
    }
    return true;
}

static bool finish(struct rpc_call *call, struct tx_tracer *tracer,
                   const struct execution *execution, bool ok)
{
    if (ok && !tracer->failure)
        tx_tracer_end(tracer, execution);
    if (ok && tracer->failure)
        ok = rpc_fail(call, RPC_TOO_LARGE, "%s", tracer->failure);
    if (ok && call->out->out->len > RPC_ANSWER_BYTES_MAX)
        ok = rpc_fail(call, RPC_TOO_LARGE, "response too large");
    tx_tracer_fini(tracer);
    return ok;
}

bool replay_traced(struct replay *replay, struct tx_tracer *tracer)
{
    size_t index = replay_next(replay);
    hash32 hash = keccak256(replay->block->raw_transactions[index]);
    bool ok = find_sender(replay, index, &hash);
    const struct traced traced = {
        .arena = &replay->work,
        .overlay = replay->overlay,
        .context = &replay->run.context,
        .rules = fork_rules(replay->fork),
        .tx = &replay->block->transactions[index],
        .from = &replay->from,
        .first_log = replay->logs,
        .out = replay->call->out,
        .block_hash = &replay->block->hash,
        .hash = &hash,
        .index = index,
    };
    if (ok) {
        tx_tracer_begin(tracer, &traced);
        ok = run_next(replay, &tracer->evm);
    }
    ok = finish(replay->call, tracer, &replay->run.last, ok);
    arena_reset(&replay->work);
    return ok;
}

bool call_traced(struct rpc_call *call, struct tx_tracer *tracer,
                 const struct traced *traced)
{
    struct block_context context = *traced->context;
    const struct execution_options options = {.skip_nonce = true,
                                              .skip_fees = true,
                                              .skip_eoa_check = true,
                                              .tracer = &tracer->evm,
                                              .stop = call->stop};
    tx_tracer_begin(tracer, traced);
    struct execution execution = execute_transaction(
        call->executor, traced->overlay, &context, traced->tx, traced->from,
        &options);
    bool ok = check(call, traced->overlay, execution.verdict);
    return finish(call, tracer, &execution, ok);
}

bool replay_end(struct replay *replay)
{
    const struct block *block = replay->block;
    const struct block_ends ends = {&block->header, block->uncles,
                                    block->uncle_count, block->withdrawals,
                                    block->withdrawal_count};
    enum block_verdict verdict = block_run_end(&replay->run, &ends);
    if (!check(replay->call, replay->overlay, TX_OK))
        return false;
    return verdict == BLOCK_OK ||
           rpc_fail(replay->call, RPC_SERVER_ERROR, "tracing failed: %s",
                    block_verdict_text(verdict));
}

bool replay_find(struct rpc_call *call, struct block *block, size_t *index,
                 const hash32 *hash)
{
    struct chain_view *view = NULL;
    struct rpc_block found;
    uint64_t number;
    uint32_t place;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = chain_view_transaction(view, &number, &place, hash);
    if (code == LOFT_ERR_NOT_FOUND)
        return rpc_fail(call, RPC_SERVER_ERROR, "transaction not found");
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (!rpc_find_number(call, &found, number) ||
        !replay_read_block(call, block, &found))
        return false;
    if (place >= block->transaction_count)
        return rpc_fail(call, RPC_INTERNAL_ERROR,
                        "the index of transactions does not match its block");
    *index = place;
    return true;
}

bool replay_read_block(struct rpc_call *call, struct block *block,
                       const struct rpc_block *found)
{
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    if (!found->found)
        return rpc_fail(call, RPC_SERVER_ERROR, "block not found");
    loft_err code = chain_view_block(view, block, &found->hash);
    return code == LOFT_OK || rpc_fail_err(call, code);
}
