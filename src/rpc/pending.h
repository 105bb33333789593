#pragma once
/* The pending block: what would be mined now, executed on the newest state and
 * not kept.
 *
 * It is made in two steps. The loop writes down what it is to be made of, its
 * order: the plan of blocks, the second of the clock, and what the pool would
 * give the producer. A worker executes that on its own view of the chain, and
 * what comes of it is an immutable picture, which all share who look at the
 * same state by the same order. Where a block was mined in between, what it
 * held of the order is left out: the newest state is not the pool's, but never
 * older.
 *
 * Threads   any; orders are written, and pending_drop() called, on the loop.
 * Lifetime  order and picture are counted, and held for the visit of a job to
 *           one thread; what is shown is good until its end.
 */
#include "chain/block.h"
#include "chain/block_plan.h"
#include "rpc/rpc.h"
#include "state/source.h"

struct pending;

struct pending *pending_new(void);
void pending_free(struct pending *pending); /* NULL is fine */

/* The head is another one: what was made on the old one is let go. */
void pending_drop(struct pending *pending);

struct pending_transaction {
    bytes raw;
    address sender;
};

/* What a block made now is to be made of. */
struct pending_order {
    struct block_plan plan;
    uint64_t now; /* Unix seconds */
    const struct pending_transaction *transactions;
    size_t count;
};

struct pending_view {
    struct block block;
    const struct receipt *receipts; /* one a transaction */
    struct state_source *state;     /* after the block */
};

/* The order as it was when the call came, or a newer one. False: the call goes
 * to the loop for it. */
bool pending_order(struct rpc_call *call, const struct pending_order **out);

/* False: the block could not be made, and the call has failed; or it goes to
 * where it can be. */
bool pending_look(struct rpc_call *call, struct pending_view *out);

/* Gives back what a job holds. */
void pending_leave(struct pending *pending, struct rpc_pending *held);
