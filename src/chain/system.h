#pragma once
/* What the protocol itself does in a block, around its transactions: system
 * contracts at the beginning and the end, and the requests that a block makes
 * to the layer below.
 *
 * Source  EIP-4788 (beacon roots), 2935 (block hashes), 7685 (requests), 6110
 *         (deposits), 7002 (withdrawals), 7251 (consolidations), 779 (DAO).
 */
#include "chain/executor.h"

/* The DAO's accounts are emptied at its fork's block; then the contracts that
 * record the parent's beacon root and hash are called. */
void system_begin_block(struct executor *executor, struct overlay *overlay,
                        struct block_context *context,
                        const struct header *header);

/* Gathers the requests of a block from its receipts' logs and from the
 * contracts that queue them; their hash is what the header must say. */
enum block_verdict system_end_block(struct executor *executor,
                                    struct overlay *overlay,
                                    struct block_context *context,
                                    struct arena *arena,
                                    struct block_outcome *outcome);

/* Moves the balances of the DAO's accounts to its refund contract. */
void dao_drain(struct overlay *overlay);
