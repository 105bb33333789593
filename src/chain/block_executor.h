#pragma once
/* Executes a block transaction by transaction: for an import, for the
 * producer that decides as it goes, and for whoever traces one again.
 *
 *     block_run_begin(&run, header, count);
 *     block_run_transaction(&run, tx, sender) for each;
 *     verdict = block_run_end(&run, &ends);
 *
 * Lifetime  struct block_run is the caller's, who fills in its first part;
 *           what comes out lives in its arena.
 * Errors    overlay_error() and run->err must be asked before any verdict
 *           counts.
 */
#include "base/arena.h"
#include "chain/executor.h"

struct block_run {
    struct executor *executor;
    struct overlay *overlay;
    struct arena *arena;
    struct block_context context; /* from block_context_init(), block_hash and
                                     chain set */
    struct buffer *scratch;       /* receipts in RLP are kept here */
    /* Before Byzantium a receipt has the state root after its transaction:
     * brings the overlay's changes to the trie and empties the overlay. */
    loft_err (*settle)(void *keeper, hash32 *root);
    void *keeper;

    struct execution_options options; /* zeros: all that blocks are bound to */

    loft_err err; /* of settle() */
    struct block_outcome outcome;
    struct execution last; /* of the transaction before, with its output */
    const bytes *encoded_receipts; /* one a receipt, in scratch */
};

/* What a block holds besides its transactions. */
struct block_ends {
    const struct header *header; /* number and coinbase are looked at */
    const struct header *uncles;
    size_t uncle_count;
    const struct withdrawal *withdrawals;
    size_t withdrawal_count;
};

/* count_max: how many transactions the block may come to hold. `header` gives
 * parent hash and beacon root. */
void block_run_begin(struct block_run *run, const struct header *header,
                     size_t count_max);

/* On a verdict other than TX_OK nothing has changed. */
enum transaction_verdict block_run_transaction(struct block_run *run,
                                               const struct transaction *tx,
                                               const address *sender,
                                               struct evm_tracer *tracer);

/* Withdrawals, requests, rewards, and the outcome's sums and roots. */
enum block_verdict block_run_end(struct block_run *run,
                                 const struct block_ends *ends);

/* What a block's miner gets from nobody, for itself and for its uncles; zeros
 * from Paris on. */
struct block_rewards {
    u256 base;  /* for the block alone */
    u256 miner; /* with a part for every uncle */
};
void block_rewards_find(struct block_rewards *out, enum chain_fork fork,
                        size_t uncle_count);

/* What the miner of an uncle gets. */
u256 block_reward_of_uncle(const struct block_rewards *rewards,
                           uint64_t block_number, uint64_t uncle_number);
