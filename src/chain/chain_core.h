#pragma once
/* The chain's inside, for its own files.
 *
 * All that changes the chain happens in one write transaction, chain->txn,
 * between chain_begin() and chain_finish(). */
#include "base/vec.h"
#include "chain/block_executor.h"
#include "chain/block_store.h"
#include "chain/chain.h"

struct chain {
    struct chain_config config;
    const struct chain_base *base; /* NULL: none */
    uint64_t first;                /* the genesis block's number */
    struct store *store;
    struct state *state;
    struct store_txn *txn; /* NULL: none is open */
    bool is_grouping;      /* txn stays open from one change to the next: */
    struct chain_head head_before;
    struct buffer extra_before;
    struct state_view view; /* of txn: what the overlay reads */
    struct overlay *overlay;
    struct executor *executor;
    struct arena arena;          /* of one import */
    struct arena branch_arena;   /* of a block undone or done again */
    uint64_t in_work;            /* what is executed becomes this state */
    struct buffer receipts, rlp; /* room that stays from block to block */
    struct chain_head head;
    struct buffer head_extra; /* where head.header.extra_data points */
    hash32 genesis_hash;
};

/* Within a group, its transaction is the one. */
MUST_USE loft_err chain_begin(struct chain *chain);

/* The hash of a canonical block, here or before the base; zero: none. */
MUST_USE loft_err chain_hash_of(struct store_txn *txn,
                                const struct chain_base *base, hash32 *out,
                                uint64_t number);

/* Commits if err is LOFT_OK, and gives it all up otherwise; within a group that
 * is left to its end. Returns err, or why the commit failed. */
MUST_USE loft_err chain_finish(struct chain *chain, loft_err err);

/* Ends the transaction and leaves everything as it was. */
void chain_give_up(struct chain *chain);

/* What chain_head() says from now on, after a commit. */
void chain_move_head(struct chain *chain, const struct block_id *id,
                     const struct header *header, u256 total_difficulty);

/* The fork of a block whose parent has this total difficulty. */
enum chain_fork chain_fork_after(const struct chain_config *config,
                                 u256 parent_total_difficulty, uint64_t number,
                                 uint64_t timestamp);

/* A run of a block on the state as it stands in chain->txn; what it brings
 * forth lives in `arena`. */
MUST_USE loft_err chain_begin_run(struct chain *chain, struct block_run *run,
                                  struct arena *arena, enum chain_fork fork,
                                  const struct header *header,
                                  size_t count_max);

/* Brings what the run has changed to the state, and says the state's root. */
MUST_USE loft_err chain_apply_run(struct chain *chain,
                                  const struct block_run *run, hash32 *root);

/* The overlay forgets all, and reads the tables as they are now; what it
 * brings forth becomes the next state. */
MUST_USE loft_err chain_begin_state(struct chain *chain);

/* Undoes the canonical blocks above `number`, and takes the state back to what
 * it was with number `state`. */
MUST_USE loft_err chain_unwind(struct chain *chain, uint64_t number,
                               uint64_t state);
