/* eth_call, eth_estimateGas and eth_createAccessList. */
#include "rpc/access_list.h"
#include "rpc/call_log.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/simulation.h"

/* The parameters that all three methods begin with: transaction, block, which
 * may be left out, and what the call may pretend. */
static bool begin(struct simulation *simulation, struct transaction_args *args,
                  struct rpc_call *call, struct rpc_block_ref left_out)
{
    struct rpc_block_ref ref;
    *simulation = (struct simulation){0};
    if (!rpc_param_transaction(call, args, 0) ||
        !rpc_param_block(call, &ref, 1))
        return false;
    if (!call->params[1])
        ref = left_out;
    if (!simulation_begin(simulation, call, args, &ref))
        return false;
    simulation->state_overrides = call->params[2];
    simulation->block_overrides = call->params[3];
    return true;
}

static uint64_t gas_of_call(const struct rpc_call *call,
                            const struct transaction_args *args)
{
    uint64_t most = call->host->limits.call_gas_max;
    return args->has_gas && args->tx.gas_limit < most ? args->tx.gas_limit
                                                      : most;
}

/* What is left of a trial for the next call of the same batch. */
static void use_trial(struct rpc_call *call, uint64_t gas)
{
    call->trial_gas -= gas < call->trial_gas ? gas : call->trial_gas;
}

static bool put_output(struct simulation *simulation,
                       const struct execution *execution, uint64_t gas)
{
    use_trial(simulation->call, execution->gas_used);
    if (execution->verdict != TX_OK || execution->status != EVM_STOPPED)
        return simulation_fail(simulation, execution, gas);
    json_put_data(simulation->call->out, execution->output);
    return true;
}

/* Whether more gas could make no difference. */
static bool is_certain(const struct execution *execution)
{
    return execution->verdict == TX_OK && (execution->status == EVM_STOPPED ||
                                           execution->status == EVM_REVERTED);
}

/* With as little gas as a trial has, where the call means more. */
static bool try_call(struct simulation *simulation, struct call_log *log)
{
    struct rpc_call *call = simulation->call;
    struct execution execution;
    simulation->is_trial = true;
    if (!simulation_run(simulation, &execution, call->trial_gas))
        return false;
    if (!is_certain(&execution))
        return rpc_move(call);
    call_log_end(log, &execution);
    return put_output(simulation, &execution, call->trial_gas);
}

static bool run_call(struct simulation *simulation, struct call_log *log,
                     const struct transaction_args *args)
{
    struct execution execution;
    uint64_t gas = gas_of_call(simulation->call, args);
    uint64_t trial_gas = simulation->call->trial_gas;
    if (trial_gas && gas > trial_gas)
        /* A price is paid for all gas: with less, less is paid. */
        return u256_is_zero(args->tx.max_fee) ? try_call(simulation, log)
                                              : rpc_move(simulation->call);
    if (!simulation_run(simulation, &execution, gas))
        return false;
    call_log_end(log, &execution);
    return put_output(simulation, &execution, gas);
}

bool eth_call(struct rpc_call *call)
{
    struct transaction_args args;
    struct simulation simulation;
    struct call_log log = {0};
    bool ok = begin(&simulation, &args, call, RPC_BLOCK_NEWEST);
    if (ok) {
        call_log_begin(&log, &simulation);
        ok = run_call(&simulation, &log, &args);
    }
    call_log_end(&log, NULL);
    simulation_fini(&simulation);
    return ok;
}

bool eth_estimate_gas(struct rpc_call *call)
{
    struct transaction_args args;
    struct simulation simulation;
    uint64_t gas = 0;
    bool ok = begin(&simulation, &args, call, simulation_of_estimates(call));
    if (ok) {
        gas = args.tx.gas_limit;
        ok = simulation_estimate(&simulation, &gas, args.has_gas);
    }
    simulation_fini(&simulation);
    if (!ok)
        return false;
    use_trial(call, gas);
    json_put_quantity(call->out, gas);
    return true;
}

static void put_access_list(struct json_writer *out,
                            const struct access_entry *list, size_t count)
{
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_key(out, "address");
        json_put_address(out, &list[i].who);
        json_key(out, "storageKeys");
        json_begin_array(out);
        for (size_t k = 0; k < list[i].key_count; k++)
            json_put_hash(out, &list[i].keys[k]);
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_access_result(struct json_writer *out,
                              const struct simulation *simulation,
                              const struct execution *execution)
{
    json_begin_object(out);
    json_key(out, "accessList");
    put_access_list(out, simulation->tx.access_list,
                    simulation->tx.access_count);
    if (execution->status != EVM_STOPPED) {
        json_key(out, "error");
        json_put_text(out, execution->status == EVM_REVERTED
                               ? "execution reverted"
                               : evm_exception_text(execution->why));
    }
    json_key(out, "gasUsed");
    json_put_quantity(out, execution->gas_used);
    json_end_object(out);
}

bool eth_create_access_list(struct rpc_call *call)
{
    struct transaction_args args;
    struct simulation simulation;
    struct execution execution;
    bool ok = begin(&simulation, &args, call, RPC_BLOCK_NEWEST) &&
              access_list_find(&simulation, &execution,
                               gas_of_call(call, &args));
    if (ok)
        put_access_result(call->out, &simulation, &execution);
    simulation_fini(&simulation);
    return ok;
}
