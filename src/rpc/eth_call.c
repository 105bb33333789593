/* eth_call and eth_estimateGas. */
#include "rpc/methods.h"
#include "rpc/rpc_host.h"
#include "rpc/simulation.h"

static bool run_call(struct simulation *simulation, uint64_t gas)
{
    struct execution execution;
    if (!simulation_run(simulation, &execution, gas))
        return false;
    if (execution.verdict != TX_OK || execution.status != EVM_STOPPED)
        return simulation_fail(simulation, &execution, gas);
    json_put_data(simulation->call->out, execution.output);
    return true;
}

bool eth_call(struct rpc_call *call)
{
    struct transaction_args args;
    struct rpc_block_ref ref;
    struct simulation simulation;
    if (!rpc_param_transaction(call, &args, 0) ||
        !rpc_param_block(call, &ref, 1))
        return false;
    uint64_t gas = args.has_gas && args.tx.gas_limit < RPC_CALL_GAS_MAX
                       ? args.tx.gas_limit
                       : RPC_CALL_GAS_MAX;
    bool ok = simulation_begin(&simulation, call, &args, &ref) &&
              run_call(&simulation, gas);
    simulation_fini(&simulation);
    return ok;
}

bool eth_estimate_gas(struct rpc_call *call)
{
    struct transaction_args args;
    struct rpc_block_ref ref;
    struct simulation simulation;
    if (!rpc_param_transaction(call, &args, 0) ||
        !rpc_param_block(call, &ref, 1))
        return false;
    uint64_t gas = args.tx.gas_limit;
    bool ok = simulation_begin(&simulation, call, &args, &ref) &&
              simulation_estimate(&simulation, &gas, args.has_gas);
    simulation_fini(&simulation);
    if (ok)
        json_put_quantity(call->out, gas);
    return ok;
}
