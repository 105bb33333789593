#pragma once
/* Blocks, receipts and transactions, read from the call's view.
 *
 * Errors    false after rpc_fail(); that there is no such thing is said by
 *           *found.
 * Lifetime  what is read lives as long as the view.
 */
#include "chain/block.h"
#include "rpc/block_ref.h"
#include "rpc/pending.h"

/* A block that holds much is a worker's: on the loop the call moves. */
bool rpc_read_block(struct rpc_call *call, struct block *out, bool *found,
                    const struct rpc_block_ref *ref);

/* The pending block, whole; as above. */
bool rpc_look_pending(struct rpc_call *call, struct pending_view *out);

/* One a transaction. */
bool rpc_read_receipts(struct rpc_call *call, const struct receipt **receipts,
                       const struct block *block);

/* The canonical block that holds a transaction, and where in it. */
bool rpc_find_transaction(struct rpc_call *call, struct block *block,
                          size_t *index, bool *found, const hash32 *hash);

/* Writes the transaction's receipt, or null. */
bool rpc_put_receipt(struct rpc_call *call, const hash32 *hash);
