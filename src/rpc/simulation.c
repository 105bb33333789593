#include "rpc/simulation.h"

#include <inttypes.h>

#include "chain/fees.h"
#include "rpc/overrides.h"
#include "rpc/params.h"
#include "rpc/revert.h"
#include "rpc/rpc_host.h"

#define GAS_OF_TRANSFER 21000
#define CALL_STIPEND 2300

bool simulation_begin(struct simulation *out, struct rpc_call *call,
                      const struct transaction_args *args,
                      const struct rpc_block_ref *ref)
{
    *out = (struct simulation){
        .call = call, .tx = args->tx, .from = args->from};
    if (!rpc_find_source(call, &out->state, &out->block, ref))
        return false;
    out->overlay = *call->overlay;
    *call->overlay = NULL;
    if (out->overlay)
        overlay_reset(out->overlay, out->state);
    else
        out->overlay = overlay_new(out->state);
    return true;
}

struct rpc_block_ref simulation_of_estimates(const struct rpc_call *call)
{
    return (struct rpc_block_ref){.kind = call->host->dev.is_on ? BLOCK_PENDING
                                                                : BLOCK_NEWEST};
}

void simulation_fini(struct simulation *simulation)
{
    struct overlay **spare = NULL;
    if (!simulation->overlay)
        return;
    spare = simulation->call->overlay;
    if (*spare)
        overlay_free(simulation->overlay);
    else
        *spare = simulation->overlay;
}

static bool prepare(struct simulation *simulation,
                    struct block_context *context)
{
    struct rpc_call *call = simulation->call;
    const struct header *header = &simulation->block.header;
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    block_context_init(context, chain_config(call->host->chain),
                       rpc_fork_of(call, header), header);
    context->block_hash = chain_view_block_hash;
    context->chain = view;
    context->gas_left = UINT64_MAX;
    overlay_reset(simulation->overlay, simulation->state);
    loft_err code = overrides_apply_block(call->arena, context,
                                          simulation->block_overrides);
    if (code != LOFT_OK)
        return overrides_fail(call, code, 3);
    code = overrides_apply_state(call->arena, simulation->overlay, context,
                                 simulation->state_overrides);
    return code == LOFT_OK || overrides_fail(call, code, 2);
}

bool simulation_run(struct simulation *simulation, struct execution *out,
                    uint64_t gas)
{
    const struct execution_options options = {.skip_nonce = true,
                                              .skip_fees = true,
                                              .skip_eoa_check = true,
                                              .tracer = simulation->tracer,
                                              .stop = simulation->call->stop,
                                              .is_trial = simulation->is_trial};
    struct rpc_call *call = simulation->call;
    struct block_context context;
    if (!prepare(simulation, &context))
        return false;
    simulation->tx.gas_limit = gas;
    *out = execute_transaction(call->executor, simulation->overlay, &context,
                               &simulation->tx, &simulation->from, &options);
    loft_err code = overlay_error(simulation->overlay);
    return code == LOFT_OK ? !rpc_is_stopped(call) : rpc_fail_err(call, code);
}

bool simulation_fail(struct simulation *simulation,
                     const struct execution *execution, uint64_t gas)
{
    struct rpc_call *call = simulation->call;
    if (execution->verdict != TX_OK)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "err: %s (supplied gas %" PRIu64 ")",
                        transaction_verdict_text(execution->verdict), gas);
    if (execution->status == EVM_REVERTED)
        return rpc_fail_reverted(call, execution->output);
    return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                    evm_exception_text(execution->why));
}

static bool succeeded(const struct execution *execution)
{
    return execution->verdict == TX_OK && execution->status == EVM_STOPPED;
}

/* A verdict that more or less gas cannot change. */
static bool is_final(const struct execution *execution)
{
    return execution->verdict != TX_OK &&
           execution->verdict != TX_INTRINSIC_GAS &&
           execution->verdict != TX_FLOOR_GAS &&
           execution->verdict != TX_GAS_LIMIT_TOO_HIGH;
}

/* *gas becomes what the sender can pay for, where it names a price. */
static bool cap_by_funds(struct simulation *simulation, uint64_t *gas)
{
    const struct transaction *tx = &simulation->tx;
    u256 blob_cost, available;
    if (u256_is_zero(tx->max_fee))
        return true;
    available = overlay_balance(simulation->overlay, &simulation->from);
    if (u256_less(available, tx->value))
        return rpc_fail(simulation->call, RPC_SERVER_ERROR,
                        "insufficient funds for transfer");
    available = u256_sub(available, tx->value);
    uint64_t blob_gas = tx->blob_hash_count * BLOB_GAS_PER_BLOB;
    if (u256_mul_overflow(&blob_cost, u256_from(blob_gas), tx->max_blob_fee) ||
        u256_less(available, blob_cost))
        return rpc_fail(simulation->call, RPC_SERVER_ERROR, "%s",
                        transaction_verdict_text(TX_INSUFFICIENT_FUNDS));
    available = u256_sub(available, blob_cost);
    uint64_t allowance = u256_clamp_u64(u256_div(available, tx->max_fee));
    if (*gas > allowance)
        *gas = allowance;
    return true;
}

/* The most that is tried. */
static bool highest_gas(struct simulation *simulation, uint64_t *gas,
                        bool has_gas)
{
    const struct header *header = &simulation->block.header;
    enum evm_rules rules = fork_rules(rpc_fork_of(simulation->call, header));
    uint64_t given = has_gas ? *gas : 0;
    *gas = given >= GAS_OF_TRANSFER ? given : header->gas_limit;
    if (rules >= EVM_OSAKA && *gas > TX_GAS_LIMIT_MAX)
        *gas = TX_GAS_LIMIT_MAX;
    if (!cap_by_funds(simulation, gas))
        return false;
    uint64_t most = simulation->call->host->limits.call_gas_max;
    if (*gas > most)
        *gas = most;
    return true;
}

static bool is_plain_transfer(struct simulation *simulation)
{
    const struct transaction *tx = &simulation->tx;
    return tx->data.len == 0 && !tx->is_creation &&
           overlay_code(simulation->overlay, &tx->to).len == 0;
}

/* One try between a gas that fails and one that succeeds. */
static bool try_gas(struct simulation *simulation, uint64_t gas,
                    uint64_t *fails, uint64_t *works)
{
    struct execution execution;
    if (!simulation_run(simulation, &execution, gas))
        return false;
    if (is_final(&execution))
        return simulation_fail(simulation, &execution, gas);
    *(succeeded(&execution) ? works : fails) = gas;
    return true;
}

/* Most transactions need little more than they used: the middle leans to the
 * low side. */
static bool search(struct simulation *simulation, uint64_t fails,
                   uint64_t *works)
{
    while (fails + 1 < *works) {
        uint64_t middle = fails + (*works - fails) / 2;
        if (fails && middle > fails * 2)
            middle = fails * 2;
        if (!try_gas(simulation, middle, &fails, works))
            return false;
    }
    return true;
}

static bool fail_at_highest(struct simulation *simulation,
                            const struct execution *execution, uint64_t gas)
{
    bool of_gas = execution->verdict == TX_OK
                      ? execution->status == EVM_EXCEPTION &&
                            execution->why == EVM_OUT_OF_GAS
                      : !is_final(execution);
    if (!of_gas)
        return simulation_fail(simulation, execution, gas);
    return rpc_fail(simulation->call, RPC_SERVER_ERROR,
                    "gas required exceeds allowance (%" PRIu64 ")", gas);
}

bool simulation_estimate(struct simulation *simulation, uint64_t *gas,
                         bool has_gas)
{
    struct execution execution;
    struct block_context context;
    uint64_t fails = GAS_OF_TRANSFER - 1;
    if (!prepare(simulation, &context) ||
        !highest_gas(simulation, gas, has_gas))
        return false;
    uint64_t works = *gas;
    if (is_plain_transfer(simulation) && works >= GAS_OF_TRANSFER) {
        if (!try_gas(simulation, GAS_OF_TRANSFER, &fails, &works))
            return false;
        *gas = works;
        if (works == GAS_OF_TRANSFER)
            return true;
    }
    if (simulation->call->place == RPC_ON_LOOP)
        return rpc_move(simulation->call);
    if (!simulation_run(simulation, &execution, works))
        return false;
    if (!succeeded(&execution))
        return fail_at_highest(simulation, &execution, works);
    /* What was used is nearly always too little by one; what was used before
     * refunds, and a stipend more at each depth, is nearly always enough. */
    fails = execution.gas_used - 1;
    uint64_t guess = (execution.gas_spent_max + CALL_STIPEND) * 64 / 63;
    if (guess < works && !try_gas(simulation, guess, &fails, &works))
        return false;
    if (!search(simulation, fails, &works))
        return false;
    *gas = works;
    return true;
}
