#pragma once
/* The chain: blocks, receipts and state on disk, and the one way by which a
 * block becomes part of it.
 *
 * A block is checked, executed and written in one store transaction: state,
 * trie, history, block, receipts, indices and head are there together or not
 * at all. A heavier or chosen branch takes over by unwinding to the common
 * ancestor and applying the branch.
 *
 * Threads  struct chain belongs to one thread; readers open views of their
 *          own (chain_view) and run beside it.
 * Errors   failures of the disk are loft_err; a block that is not valid is a
 *          verdict, said in words by err_sentence().
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "chain/block.h"
#include "chain/executor.h"
#include "chain/forks.h"
#include "chain/genesis.h"
#include "chain/next_header.h"
#include "state/state.h"
#include "store/store.h"

struct chain;

/* A block of another chain that this one goes on from: a fork. It stands in the
 * genesis block's place; what was before it, and the state after it, stay where
 * they are. */
struct chain_base {
    struct header header;
    struct state_source *state; /* after it; threads may share it */
    /* The hash of a block before it. */
    loft_err (*block_hash)(void *context, hash32 *out, uint64_t number);
    void *context;
};

struct chain_options {
    const char *dir;
    struct store_options store;
    struct state_options state;
    const struct chain_base *base; /* NULL: none; outlives chain and views */
};

/* Opens the chain in options->dir; an empty folder gets `genesis`, of which
 * over a base the rules alone count.
 * LOFT_ERR_REFUSED: the folder holds a chain with another genesis. */
MUST_USE loft_err chain_open(struct chain **out,
                             const struct chain_options *options,
                             const struct genesis *genesis);
void chain_close(struct chain *chain); /* NULL is fine */

const struct chain_config *chain_config(const struct chain *chain);
struct store *chain_store(struct chain *chain);

struct chain_head {
    uint64_t number;
    hash32 hash;
    struct header header; /* extra_data lives as long as the chain's head */
    u256 total_difficulty;
};
const struct chain_head *chain_head(const struct chain *chain);
const hash32 *chain_genesis_hash(const struct chain *chain);
const struct chain_base *chain_base(const struct chain *chain);

/* Takes a block in RLP, from anywhere: full validation, then it is stored
 * and, if its branch is the better one (more total difficulty before the
 * merge, the newest import after it), becomes the head. */
MUST_USE loft_err chain_import(struct chain *chain, enum block_verdict *verdict,
                               bytes rlp);

/* Goes back to a canonical block and the state as it was right after it;
 * blocks after it stay stored but are no longer canonical.
 * LOFT_ERR_NOT_FOUND: there is no such block, or history does not reach back
 * to it. */
MUST_USE loft_err chain_rewind(struct chain *chain, uint64_t number);

/* Changes the state outside of blocks: what development tools ask for. It is on
 * disk on return, as a block would be. The next block builds on it; the state
 * after the head, as its header has it, stays what chain_rewind() and imports
 * go back to. `change` writes to the overlay; where it fails nothing was. */
typedef loft_err chain_amendment(void *context, struct overlay *overlay);
MUST_USE loft_err chain_amend(struct chain *chain, chain_amendment *change,
                              void *context);

/* Forgets the states before that of the block `keep_blocks` below the head;
 * blocks and receipts stay. Works by CHAIN_PRUNE_STEPS at least and a bounded
 * part at a time, so that it may follow each block: *done says that nothing is
 * left to do for now. What is forgotten cannot be read, gone back to, or be
 * branched from: LOFT_ERR_NOT_FOUND. */
#define CHAIN_PRUNE_STEPS 64
MUST_USE loft_err chain_prune(struct chain *chain, uint64_t keep_blocks,
                              bool *done);

/* Whether the state was amended since the head. */
MUST_USE loft_err chain_is_amended(struct chain *chain, bool *out);

/* A point in the chain's past to come back to: a block, and the state with
 * what had been amended since. Going back to a point makes those void that
 * were taken after it. LOFT_ERR_NOT_FOUND: the chain went back beyond the
 * point, or history does not reach it. */
struct chain_point {
    uint64_t number;
    hash32 hash;
    uint64_t state;
};
MUST_USE loft_err chain_mark(struct chain *chain, struct chain_point *out);
MUST_USE loft_err chain_return(struct chain *chain,
                               const struct chain_point *point);
/* The point right after a canonical block; errors as chain_rewind() has them.
 */
MUST_USE loft_err chain_point_at(struct chain *chain, struct chain_point *out,
                                 uint64_t number);
/* Goes a part of the way back, over CHAIN_RETURN_BLOCKS at most, and fewer
 * where they hold much; *done says that the point is reached. */
#define CHAIN_RETURN_BLOCKS 32
MUST_USE loft_err chain_return_some(struct chain *chain,
                                    const struct chain_point *point,
                                    bool *done);

/* Builds and appends a block on the head from transactions in the order
 * given; those that are not valid any more are skipped and their verdicts
 * told. The embedded chain's producer. From Prague on the state must hold the
 * system contracts of EIP-7002 and EIP-7251.
 *
 * *block and *outcome live in the arena, the transactions' bytes where the
 * candidates have them. LOFT_ERR_REFUSED: no block can follow like that, say
 * with a timestamp that is not after the head's. */
struct chain_candidate {
    const struct transaction *tx;
    bytes raw; /* its EIP-2718 form */
    const address *sender;
    const hash32 *hash;
};
struct chain_proposal {
    uint64_t timestamp; /* seconds */
    uint64_t gas_limit; /* wanted: the block's comes as near as the rules let
                           it, which bind it to the parent's */
    address coinbase;
    hash32 prev_randao;
    bytes extra_data;
    struct header_departure departure;
    struct evm_tracer *tracer; /* of the transactions; NULL: nobody watches */
    /* Writes what is to be on disk with the block, or not at all: the verdicts
     * are known by then. NULL: nothing is. */
    loft_err (*beside)(void *context, struct store_txn *txn);
    void *context;
    const struct chain_candidate *candidates;
    size_t count;
    /* Out: one a transaction; TX_OK where it is in the block. */
    enum transaction_verdict *verdicts;
};
MUST_USE loft_err chain_append(struct chain *chain,
                               struct chain_proposal *proposal,
                               struct arena *arena, struct block *block,
                               struct block_outcome *outcome);

/* What is appended between these two shares one commit: it is there together or
 * not at all, and then chain_head() goes back to where it was. Meanwhile
 * nothing but chain_append() and chain_prune() is done to the chain, and
 * readers see it as it was. The end returns err, or why the commit failed. */
MUST_USE loft_err chain_begin_group(struct chain *chain);
MUST_USE loft_err chain_end_group(struct chain *chain, loft_err err);

/* A consistent picture of the chain for reading, as of chain_view_open().
 * All that its calls return lives until it is closed. */
struct chain_view;
MUST_USE loft_err chain_view_open(struct chain_view **out, struct store *store,
                                  const struct chain_config *config,
                                  const struct chain_base *base);
void chain_view_close(struct chain_view *view); /* one at rest, too */

/* A view at rest is closed but for its memory and what it knows of the head,
 * which is mostly the same when it wakes; it may show another chain then. One
 * that does not wake rests. */
void chain_view_rest(struct chain_view *view);
MUST_USE loft_err chain_view_wake(struct chain_view *view, struct store *store,
                                  const struct chain_config *config,
                                  const struct chain_base *base);

const struct chain_config *chain_view_config(const struct chain_view *view);
const struct chain_head *chain_view_head(const struct chain_view *view);
/* The point that the view shows. */
MUST_USE loft_err chain_view_mark(struct chain_view *view,
                                  struct chain_point *out);

/* LOFT_ERR_NOT_FOUND, with no sentence, where there is no such thing. */
MUST_USE loft_err chain_view_hash_of(struct chain_view *view, hash32 *hash,
                                     uint64_t number);
MUST_USE loft_err chain_view_header(struct chain_view *view,
                                    struct header *header, const hash32 *hash);
MUST_USE loft_err chain_view_block(struct chain_view *view, struct block *block,
                                   const hash32 *hash);
MUST_USE loft_err chain_view_receipts(struct chain_view *view,
                                      const struct receipt **receipts,
                                      size_t *count, const hash32 *hash);
/* Where a canonical transaction is. */
MUST_USE loft_err chain_view_transaction(struct chain_view *view,
                                         uint64_t *number, uint32_t *index,
                                         const hash32 *hash);
/* The state after a canonical block; of the newest one, and of STATE_NEWEST,
 * with the amendments made since. */
MUST_USE loft_err chain_view_state(struct chain_view *view,
                                   struct state_view **state, uint64_t number);
/* The state that a canonical block other than the genesis was executed on. */
MUST_USE loft_err chain_view_state_before(struct chain_view *view,
                                          struct state_view **state,
                                          uint64_t number);
/* Memory of the view, for what lives as long as it. */
struct arena *chain_view_arena(struct chain_view *view);
/* BLOCKHASH for executions on this view: pass the view as `chain`. Zero for
 * blocks that are not there. */
MUST_USE loft_err chain_view_block_hash(void *view, hash32 *out,
                                        uint64_t number);
