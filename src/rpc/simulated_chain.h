#pragma once
/* Blocks that a caller invents on top of one that exists: each with overrides
 * of its own, and calls instead of transactions that somebody signed.
 *
 * Source    execution-apis, eth_simulateV1; geth for codes, texts and what
 *           the specification leaves open.
 * Lifetime  that of the call.
 * Limits    SIMULATED_BLOCKS_MAX, SIMULATED_CALLS_MAX, and the gas that
 *           one call may take for all of them together.
 */
#include "chain/block_draft.h"
#include "rpc/block_ref.h"
#include "rpc/overrides.h"
#include "rpc/transaction_args.h"
#include "rpc/transfer_log.h"

#define SIMULATED_BLOCKS_MAX 256
#define SIMULATED_CALLS_MAX 10000
#define SIMULATED_BLOCK_CALLS_MAX 5000

struct simulated_block {
    struct block_overrides overrides;
    const struct json *accounts; /* state overrides */
    const struct transaction_args *calls;
    size_t call_count;
    uint64_t number, time;
};

struct simulated_chain {
    struct rpc_call *call;
    struct rpc_block base;
    struct state_view *state; /* the base's */
    bool shows_transfers, validates, shows_transactions;
    struct simulated_block *blocks; /* numbers without gaps, times ascending */
    size_t count;

    struct overlay *overlay;
    struct transfer_log log;
    hash32 *hashes;    /* of the blocks that have run, */
    size_t done;       /* so many */
    struct header tip; /* the newest of them, or the base */
    hash32 tip_hash;
    uint64_t gas_left; /* for all calls that are still to come */
};

/* Fills in number and time of each block that names none, and the blocks
 * between those that are not neighbours. */
bool simulated_chain_plan(struct simulated_chain *chain,
                          const struct simulated_block *wanted, size_t count);

/* Runs the blocks, and writes each as an element of an array. */
bool simulated_chain_run(struct simulated_chain *chain);
