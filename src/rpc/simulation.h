#pragma once
/* Executions that change nothing: eth_call, eth_estimateGas and what fills in
 * a transaction's gas.
 *
 * Source  geth: internal/ethapi (codes and texts), eth/gasestimator.
 */
#include "chain/executor.h"
#include "rpc/block_ref.h"
#include "rpc/transaction_args.h"
#include "state/overlay.h"

struct simulation {
    struct rpc_call *call;
    struct rpc_block block;
    struct state_source *state;
    struct overlay *overlay;
    struct transaction tx;
    address from;
    const struct json *state_overrides, *block_overrides; /* rpc/overrides.h */
    struct evm_tracer *tracer;
    bool is_trial; /* struct evm_run */
};

/* Where and on what a transaction is tried; overrides and tracer may be set
 * afterwards. The fini is due whatever begin returned. */
bool simulation_begin(struct simulation *out, struct rpc_call *call,
                      const struct transaction_args *args,
                      const struct rpc_block_ref *ref);
void simulation_fini(struct simulation *simulation);

/* Runs with this much gas, from the block's state. False: the node failed, or
 * the call is stopped. */
bool simulation_run(struct simulation *simulation, struct execution *out,
                    uint64_t gas);

/* An execution that was not admitted, or did not succeed, as an error. */
bool simulation_fail(struct simulation *simulation,
                     const struct execution *execution, uint64_t gas);

/* The block on which gas is estimated where none is named. On a development
 * chain it is the pending one, as with anvil and Hardhat: a test that has moved
 * the clock, or that has transactions waiting, means that. */
struct rpc_block_ref simulation_of_estimates(const struct rpc_call *call);

/* The least gas with which the transaction succeeds. On the loop a transfer to
 * who has no code is tried, and with anything else the call moves. */
bool simulation_estimate(struct simulation *simulation, uint64_t *gas,
                         bool has_gas);
