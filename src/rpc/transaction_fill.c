#include "rpc/transaction_fill.h"

#include "chain/fees.h"
#include "rpc/pending.h"
#include "rpc/rpc_host.h"
#include "rpc/simulation.h"

static enum chain_fork next_fork(struct rpc_call *call)
{
    const struct header *head = &chain_head(call->host->chain)->header;
    return chain_fork_at(chain_config(call->host->chain), head->number + 1,
                         head->timestamp + 1, u256_is_zero(head->difficulty));
}

enum evm_rules rpc_next_rules(struct rpc_call *call)
{
    return fork_rules(next_fork(call));
}

u256 rpc_next_base_fee(struct rpc_call *call)
{
    const struct block_plan *plan = &call->host->plan;
    if (plan->departure.has_base_fee)
        return plan->departure.base_fee;
    return chain_next_base_fee(chain_config(call->host->chain), next_fork(call),
                               &chain_head(call->host->chain)->header);
}

static u256 next_blob_base_fee(struct rpc_call *call)
{
    const struct chain_config *config = chain_config(call->host->chain);
    const struct header *head = &chain_head(call->host->chain)->header;
    enum chain_fork fork = next_fork(call);
    return blob_base_fee(chain_blobs(config, fork),
                         chain_next_excess_blob_gas(config, fork, head));
}

bool rpc_newest_account(struct rpc_call *call, struct state_account *out,
                        const address *who)
{
    struct rpc_block_ref ref = {.kind = BLOCK_NEWEST};
    struct rpc_block block;
    struct state_view *state;
    if (!rpc_find_state(call, &state, &block, &ref))
        return false;
    loft_err code = state->source.account(&state->source, out, who);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* What cannot become valid by filling it in. */
static bool check(struct rpc_call *call, const struct transaction_args *args)
{
    const struct transaction *tx = &args->tx;
    bool blobs = tx->type == TX_BLOB;
    const char *fault =
        blobs && tx->blob_hash_count == 0
            ? "need at least 1 blob for a blob transaction"
        : blobs && tx->is_creation ? "missing \"to\" in blob transaction"
        : tx->is_creation && tx->data.len == 0
            ? "contract creation without any data provided"
        : tx->is_creation && tx->type == TX_SET_CODE
            ? "authorizationList provided for contract creation, but \"to\" "
              "field is missing"
        : args->has_gas_price && tx->type == TX_SET_CODE
            ? "both gasPrice and authorizationList specified"
        : args->has_blob_fee && u256_is_zero(tx->max_blob_fee)
            ? "maxFeePerBlobGas, if specified, must be non-zero"
            : NULL;
    return !fault || rpc_fail(call, RPC_SERVER_ERROR, "%s", fault);
}

/* Fees that hold for a while as the base fees move. */
static bool fill_fees(struct rpc_call *call, struct transaction_args *args)
{
    struct transaction *tx = &args->tx;
    if (tx->type == TX_BLOB && !args->has_blob_fee)
        tx->max_blob_fee = u256_mul(next_blob_base_fee(call), u256_from(2));
    if (args->has_gas_price)
        return true;
    if (!args->has_priority_fee) {
        tx->max_priority_fee = call->host->priority_fee;
        if (args->has_max_fee && u256_less(tx->max_fee, tx->max_priority_fee))
            tx->max_priority_fee = tx->max_fee;
    }
    if (!args->has_max_fee)
        tx->max_fee = u256_add(tx->max_priority_fee,
                               u256_mul(rpc_next_base_fee(call), u256_from(2)));
    if (u256_less(tx->max_fee, tx->max_priority_fee))
        return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                        transaction_verdict_text(TX_TIP_ABOVE_FEE));
    if (rpc_next_rules(call) < EVM_LONDON && tx->type == TX_DYNAMIC_FEE)
        tx->type = tx->access_count ? TX_ACCESS_LIST : TX_LEGACY;
    return true;
}

struct estimate {
    struct transaction_args args;
    uint64_t gas;
};

/* On the loop no more than a transfer is tried, for which any block will do. */
static bool estimate(struct rpc_call *call, const struct transaction_args *args,
                     uint64_t *gas)
{
    struct rpc_block_ref ref = call->place == RPC_ON_LOOP
                                   ? RPC_BLOCK_NEWEST
                                   : simulation_of_estimates(call);
    struct simulation simulation;
    bool ok = simulation_begin(&simulation, call, args, &ref) &&
              simulation_estimate(&simulation, gas, false);
    simulation_fini(&simulation);
    return ok;
}

/* The method begins anew, and finds what was estimated. */
static bool estimate_there(struct rpc_call *call)
{
    struct estimate *wanted = call->kept;
    return estimate(call, &wanted->args, &wanted->gas) &&
           rpc_go(call, RPC_ON_LOOP, NULL, wanted);
}

/* A worker estimates what the loop cannot at once; it gets the pending block's
 * order along, for which it would have to come back. */
static bool fill_gas(struct rpc_call *call, struct transaction_args *args)
{
    const struct pending_order *order;
    const struct estimate *estimated = call->kept;
    if (estimated)
        args->tx.gas_limit = estimated->gas;
    if (estimated || args->has_gas || estimate(call, args, &args->tx.gas_limit))
        return true;
    if (!call->going.to)
        return false;
    struct estimate *wanted = ARENA_NEW(call->arena, struct estimate);
    wanted->args = *args;
    (void)pending_order(call, &order);
    return rpc_go(call, RPC_ON_WORKER, estimate_there, wanted);
}

bool transaction_fill(struct rpc_call *call, struct transaction_args *args)
{
    struct state_account account;
    if (!check(call, args) || !rpc_newest_account(call, &account, &args->from))
        return false;
    if (!args->has_nonce)
        args->tx.nonce = pool_next_nonce(call->host->pool, &args->from,
                                         account.nonce);
    return fill_fees(call, args) && fill_gas(call, args);
}
