#pragma once
/* Executes a block again, on the state it was executed on, up to and through
 * the transactions that someone wants to watch.
 *
 *     replay_begin(&replay, call, &block);
 *     replay_until(&replay, index);
 *     replay_traced(&replay, tracer);
 *     replay_fini(&replay);
 *
 * Lifetime  from begin to fini, which is due whatever begin returned.
 * Errors    false: the call has failed.
 */
#include "chain/block_executor.h"
#include "rpc/block_ref.h"
#include "rpc/tx_tracer.h"

struct replay {
    struct rpc_call *call;
    const struct block *block;
    enum chain_fork fork;
    struct overlay *overlay;
    struct arena arena;    /* of receipts and all that lasts */
    struct arena work;     /* of the transaction that is traced */
    struct buffer scratch; /* for block_run */
    struct block_run run;
    address from;  /* of the next transaction */
    uint64_t logs; /* of those before it */
};

bool replay_begin(struct replay *replay, struct rpc_call *call,
                  const struct block *block);
void replay_fini(struct replay *replay);

/* The next transaction's place in the block. */
size_t replay_next(const struct replay *replay);

/* Executes what is before `index`. */
bool replay_until(struct replay *replay, size_t index);

/* Executes the next transaction. The tracer is made in replay->work and writes
 * to call->out; it is ended here. */
bool replay_traced(struct replay *replay, struct tx_tracer *tracer);

/* Withdrawals and rewards, as at the block's end. */
bool replay_end(struct replay *replay);

/* A mined transaction and its block, all of it in the view's arena. A failure
 * where there is none. */
bool replay_find(struct rpc_call *call, struct block *block, size_t *index,
                 const hash32 *hash);

/* Reads a block that is to be replayed; the genesis block cannot be. */
bool replay_read_block(struct rpc_call *call, struct block *block,
                       const struct rpc_block *found);

/* Executes a transaction of nobody's, with checks relaxed as for eth_call, and
 * ends the tracer. */
bool call_traced(struct rpc_call *call, struct tx_tracer *tracer,
                 const struct traced *traced);
