#include "rpc/simulated_chain.h"

#include <inttypes.h>

#include "chain/fees.h"
#include "crypto/keccak.h"
#include "rpc/call_error.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"
#include "rpc/simulation.h"
#include "rpc/verdict_text.h"

#define BLOCK_GAS_LIMIT_REACHED -38015

struct call_result {
    bytes output;
    enum evm_status status;
    const char *fault;
    bool is_capped;
    uint64_t gas_used, gas_max;
    struct traced_log *logs;
    size_t log_count;
};

/* One block on its way. */
struct passage {
    struct simulated_chain *chain;
    const struct simulated_block *plan;
    struct block_draft draft;
    address *senders;
    struct call_result *results;
};

static const struct chain_config *config_of(const struct passage *p)
{
    return chain_config(p->chain->call->host->chain);
}

static loft_err block_hash(void *context, hash32 *out, uint64_t number)
{
    struct simulated_chain *chain = context;
    uint64_t base = chain->base.header.number;
    if (number < base)
        return chain_view_block_hash(*chain->call->view, out, number);
    *out = (hash32){0};
    if (number == base)
        *out = chain->base.hash;
    else if (number - base <= chain->done)
        *out = chain->hashes[number - base - 1];
    return LOFT_OK;
}

/* The configuration does not always tell when the merge was. */
static bool is_merged(const struct passage *p)
{
    const struct chain_config *config = config_of(p);
    return p->plan->number >= config->activation[FORK_PARIS] ||
           p->plan->number >= config->merge_netsplit_block ||
           p->plan->time >= config->activation[FORK_SHANGHAI];
}

/* Before the merge a block is as difficult as the one below it. */
static u256 difficulty_of(const struct passage *p)
{
    if (p->plan->overrides.has_difficulty)
        return p->plan->overrides.difficulty;
    return is_merged(p) ? U256_ZERO : p->chain->tip.difficulty;
}

/* Without validation a block has no base fee unless one is named: calls that
 * name no fees would be out of place. */
static u256 base_fee_of(const struct passage *p, enum chain_fork fork)
{
    if (p->plan->overrides.has_base_fee)
        return p->plan->overrides.base_fee;
    return p->chain->validates
               ? chain_next_base_fee(config_of(p), fork, &p->chain->tip)
               : U256_ZERO;
}

static enum chain_fork make_header(struct passage *p)
{
    const struct block_overrides *overrides = &p->plan->overrides;
    const struct header *tip = &p->chain->tip;
    struct header *header = &p->draft.block.header;
    u256 difficulty = difficulty_of(p);
    enum chain_fork fork = chain_fork_at(
        config_of(p), p->plan->number, p->plan->time, u256_is_zero(difficulty));
    *header = (struct header){
        .parent_hash = p->chain->tip_hash,
        .uncles_hash = EMPTY_UNCLES_HASH,
        .coinbase = overrides->has_coinbase ? overrides->coinbase
                                            : tip->coinbase,
        .difficulty = difficulty,
        .number = p->plan->number,
        .gas_limit = overrides->has_gas_limit ? overrides->gas_limit
                                              : tip->gas_limit,
        .timestamp = p->plan->time,
        .mix_hash = overrides->prev_randao,
        .base_fee = fork >= FORK_LONDON ? base_fee_of(p, fork) : U256_ZERO,
        .excess_blob_gas = chain_next_excess_blob_gas(config_of(p), fork, tip),
        .parent_beacon_root = overrides->beacon_root,
    };
    return fork;
}

static bool begin_block(struct passage *p)
{
    struct simulated_chain *chain = p->chain;
    struct rpc_call *call = chain->call;
    struct block_draft *draft = &p->draft;
    struct block_context *context = &draft->run.context;
    const struct block_overrides *overrides = &p->plan->overrides;
    block_draft_init(draft, config_of(p), make_header(p));
    transfer_log_init(&chain->log, call->arena, fork_rules(context->fork),
                      chain->shows_transfers);
    context->block_hash = block_hash;
    context->chain = chain;
    context->blob_gas_left = UINT64_MAX; /* no limit is asked for */
    if (overrides->has_blob_base_fee)
        context->environment.blob_base_fee = overrides->blob_base_fee;
    draft->block.withdrawals = (struct withdrawal *)overrides->withdrawals;
    draft->block.withdrawal_count = overrides->withdrawal_count;
    draft->run.options = (struct execution_options){
        .skip_nonce = !chain->validates,
        .skip_fees = !chain->validates,
        .shows_base_fee = true,
        .skip_eoa_check = true,
        .stop = call->stop,
    };
    loft_err code = overrides_apply_state(call->arena, chain->overlay, context,
                                          p->plan->accounts);
    if (code != LOFT_OK)
        return overrides_fail(call, code, 0);
    code = block_draft_begin(draft, p->plan->call_count);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* A price makes a legacy transaction, as do rules before London; all else has
 * the type that its fields ask for. */
static void choose_type(const struct passage *p, struct transaction_args *args)
{
    struct transaction *tx = &args->tx;
    tx->is_unsigned = true;
    if (args->has_gas_price || p->draft.run.context.fork < FORK_LONDON) {
        tx->type = TX_LEGACY;
        tx->is_replay_protected = false;
    } else if (tx->type < TX_DYNAMIC_FEE) {
        tx->type = TX_DYNAMIC_FEE;
    }
}

static bool complete(struct passage *p, struct transaction_args *args,
                     struct call_result *result)
{
    struct transaction *tx = &args->tx;
    uint64_t left = p->draft.run.context.gas_left;
    if (!args->has_nonce)
        tx->nonce = overlay_nonce(p->chain->overlay, &args->from);
    if (!args->has_gas)
        tx->gas_limit = left;
    if (tx->gas_limit > left)
        return rpc_fail(p->chain->call, BLOCK_GAS_LIMIT_REACHED,
                        "block gas limit reached: remaining: %" PRIu64
                        ", required: %" PRIu64,
                        left, tx->gas_limit);
    result->is_capped = tx->gas_limit > p->chain->gas_left;
    if (result->is_capped)
        tx->gas_limit = p->chain->gas_left;
    choose_type(p, args);
    return true;
}

static bytes encode(struct rpc_call *call, const struct transaction *tx)
{
    struct buffer out = {0};
    transaction_encode(&out, tx);
    bytes raw = arena_copy(call->arena, buffer_bytes(&out));
    buffer_free(&out);
    return raw;
}

static void keep_result(struct passage *p, struct call_result *result)
{
    struct arena *arena = p->chain->call->arena;
    const struct execution *execution = &p->draft.run.last;
    const struct transfer_log *log = &p->chain->log;
    result->output = arena_copy(arena, execution->output);
    result->status = execution->status;
    result->fault = log->fault;
    result->gas_used = execution->gas_used;
    result->gas_max = execution->gas_spent_max;
    result->log_count = log->logs.len;
    result->logs = ARENA_ARRAY(arena, struct traced_log, log->logs.len);
    if (log->logs.len)
        memcpy(result->logs, log->logs.at,
               log->logs.len * sizeof *log->logs.at);
}

static bool run_call(struct passage *p, size_t index)
{
    struct simulated_chain *chain = p->chain;
    struct transaction_args args = p->plan->calls[index];
    struct call_result *result = &p->results[index];
    if (!complete(p, &args, result))
        return false;
    transfer_log_reset(&chain->log);
    enum transaction_verdict verdict = block_draft_add(
        &p->draft, &args.tx, encode(chain->call, &args.tx), &args.from,
        &chain->log.tracer);
    loft_err code = overlay_error(chain->overlay);
    if (code == LOFT_OK)
        code = p->draft.run.err;
    if (code != LOFT_OK)
        return rpc_fail_err(chain->call, code);
    if (rpc_is_stopped(chain->call))
        return false;
    if (verdict != TX_OK)
        return rpc_fail(chain->call, simulated_verdict_code(verdict),
                        "err: %s (supplied gas %" PRIu64 ")",
                        verdict_text(chain->call->arena, verdict, &args.tx,
                                     &args.from, chain->overlay,
                                     &p->draft.run.context),
                        args.tx.gas_limit);
    p->senders[index] = args.from;
    keep_result(p, result);
    chain->gas_left -= result->gas_used;
    return true;
}

static void put_logs(const struct passage *p, size_t index)
{
    struct json_writer *out = p->chain->call->out;
    const struct block *block = &p->draft.block;
    const struct call_result *result = &p->results[index];
    hash32 hash = keccak256(block->raw_transactions[index]);
    json_key(out, "logs");
    json_begin_array(out);
    for (size_t i = 0; i < result->log_count; i++) {
        struct shaped_log log = {
            .log = &result->logs[i].entry,
            .block_hash = &block->hash,
            .transaction_hash = &hash,
            .block_number = block->header.number,
            .timestamp = block->header.timestamp,
            .transaction_index = index,
            .index = result->logs[i].index,
        };
        shape_log(out, &log);
    }
    json_end_array(out);
}

static void put_result(const struct passage *p, size_t index)
{
    struct rpc_call *call = p->chain->call;
    struct json_writer *out = call->out;
    const struct call_result *result = &p->results[index];
    bool stopped = result->status == EVM_STOPPED;
    json_begin_object(out);
    json_key(out, "returnData");
    json_put_data(out, stopped ? result->output : BYTES_EMPTY);
    put_logs(p, index);
    json_key(out, "gasUsed");
    json_put_quantity(out, result->gas_used);
    json_key(out, "maxUsedGas");
    json_put_quantity(out, result->gas_max);
    json_key(out, "status");
    json_put_quantity(out, stopped);
    if (!stopped)
        put_call_error(call, result->fault, result->output, result->is_capped);
    json_end_object(out);
}

static bool put_block(const struct passage *p)
{
    struct rpc_call *call = p->chain->call;
    struct json_writer *out = call->out;
    json_begin_object(out);
    if (!shape_block_fields(call, &p->draft.block, p->chain->shows_transactions,
                            p->senders))
        return false;
    json_key(out, "calls");
    json_begin_array(out);
    for (size_t i = 0; i < p->plan->call_count; i++)
        put_result(p, i);
    json_end_array(out);
    json_end_object(out);
    return true;
}

static bool end_block(struct passage *p)
{
    struct simulated_chain *chain = p->chain;
    enum block_verdict verdict;
    loft_err code = block_draft_end(&p->draft, &verdict);
    if (code != LOFT_OK)
        return rpc_fail_err(chain->call, code);
    if (verdict != BLOCK_OK)
        return rpc_fail(chain->call, RPC_SERVER_ERROR, "%s", err_sentence());
    chain->tip = p->draft.block.header;
    chain->tip_hash = p->draft.block.hash;
    chain->hashes[chain->done++] = chain->tip_hash;
    return put_block(p);
}

static bool pass(struct passage *p)
{
    bool ok = !rpc_is_stopped(p->chain->call) && begin_block(p);
    for (size_t i = 0; i < p->plan->call_count && ok; i++)
        ok = run_call(p, i);
    return ok && end_block(p);
}

static bool run_block(struct simulated_chain *chain,
                      const struct simulated_block *plan)
{
    struct rpc_call *call = chain->call;
    struct arena *arena = call->arena;
    struct passage p = {
        .chain = chain,
        .plan = plan,
        .draft = {.run = {.executor = call->executor,
                          .overlay = chain->overlay,
                          .arena = arena},
                  .state = chain->state},
        .senders = ARENA_ARRAY(arena, address, plan->call_count),
        .results = ARENA_ARRAY(arena, struct call_result, plan->call_count),
    };
    bool ok = pass(&p);
    transfer_log_fini(&chain->log);
    block_draft_fini(&p.draft);
    return ok;
}

bool simulated_chain_run(struct simulated_chain *chain)
{
    struct json_writer *out = chain->call->out;
    bool ok = true;
    chain->overlay = overlay_new(&chain->state->source);
    chain->hashes = ARENA_ARRAY(chain->call->arena, hash32, chain->count);
    chain->tip = chain->base.header;
    chain->tip_hash = chain->base.hash;
    chain->gas_left = chain->call->host->limits.call_gas_max;
    json_begin_array(out);
    for (size_t i = 0; i < chain->count && ok; i++)
        ok = run_block(chain, &chain->blocks[i]);
    json_end_array(out);
    overlay_free(chain->overlay);
    return ok;
}
