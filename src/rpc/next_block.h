#pragma once
/* The block that would follow one that exists: drafted on a view, by the rules
 * that the producer's blocks obey, and never kept.
 *
 * Lifetime  what comes out lives in the arena, and as long as the view.
 */
#include "chain/block_draft.h"
#include "chain/block_plan.h"
#include "chain/chain.h"

#define NEXT_BLOCK_TRANSACTIONS_MAX 16384

struct pending_order;

struct next_block_wish {
    struct executor *executor;
    const atomic_bool *stop; /* struct execution_options */
    struct arena *arena;
    struct chain_view *view;
    struct state_view *state; /* after the parent, which is canonical */
    const struct header *parent;
    const hash32 *parent_hash;
    struct header_choices choices;
    struct header_departure departure;
    const struct withdrawal *withdrawals;
    size_t withdrawal_count;
    size_t count_max; /* of transactions */
};

struct next_block {
    struct block_draft draft;
    struct overlay *overlay; /* the state after it, over wish.state */
    address *senders;
    u256 value_wei; /* what the coinbase gets in tips */
};

/* The fini is due whatever begin returned. */
MUST_USE loft_err next_block_begin(struct next_block *out,
                                   const struct next_block_wish *wish);
void next_block_fini(struct next_block *block);

/* On a verdict other than TX_OK nothing has changed. */
enum transaction_verdict next_block_add(struct next_block *block,
                                        const struct transaction *tx, bytes raw,
                                        const address *sender);

/* Adds what the pool would give the producer, as far as it is valid. The order
 * outlives the block. */
MUST_USE loft_err next_block_add_ordered(struct next_block *block,
                                         const struct pending_order *order);

MUST_USE loft_err next_block_end(struct next_block *block,
                                 enum block_verdict *verdict);
