#pragma once
/* The pending block: what would be mined now, executed on the newest state and
 * not kept. Made when somebody asks for it, and good until the head, the pool,
 * the plan of blocks or the second of the clock is another one.
 *
 * Threads   the loop's.
 * Lifetime  what is shown is good until the next call of the same kind, or
 *           pending_drop().
 */
#include "chain/block.h"
#include "rpc/rpc.h"
#include "state/source.h"

struct pending;

struct pending *pending_new(void);
void pending_free(struct pending *pending); /* NULL is fine */

/* Gives back the picture of the chain that the block was made on: due when
 * the head is another one, lest it holds pages of the store back. */
void pending_drop(struct pending *pending);

struct pending_view {
    struct block block;
    const struct receipt *receipts; /* one a transaction */
    struct state_source *state;     /* after the block */
};

/* False: the block could not be made, and the call has failed. */
bool pending_look(struct pending *pending, struct rpc_call *call,
                  struct pending_view *out);
