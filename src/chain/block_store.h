#pragma once
/* The chain's tables: how headers, bodies, receipts and the way to them lie
 * in the store.
 *
 *   BLOCK   number ‖ 2 ‖ hash -> total difficulty, header in RLP
 *           number ‖ 3 ‖ hash -> the block's RLP after its header
 *           number ‖ 4 ‖ hash -> receipts, without their blooms
 *           number ‖ 5 -> hash of the canonical block, and the number
 *                         of the state after it where it is another one
 *   HASH    8 bytes of a block's hash ‖ number -> nothing
 *           8 bytes of a transaction's hash ‖ number ‖ index -> nothing
 *   META    "head" -> number ‖ hash
 *
 * Numbers are big endian and stand first, so that a new block goes to the end
 * of the table, and all of it to one place: a commit writes each page that
 * changed, with those above it. What stands in a random place is kept short: of
 * a hash eight bytes, and whoever looks one up compares the block or the
 * transaction itself.
 *
 * Lifetime  bytes point into the store: good until its transaction ends or
 *           writes.
 * Errors    LOFT_ERR_NOT_FOUND without a sentence; LOFT_ERR_CORRUPT.
 */
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "chain/block.h"
#include "store/store.h"

struct block_id {
    uint64_t number;
    hash32 hash;
};

struct stored_header {
    u256 total_difficulty;
    bytes rlp;
};

MUST_USE loft_err block_store_head(struct store_txn *txn, struct block_id *out);
MUST_USE loft_err block_store_set_head(struct store_txn *txn,
                                       const struct block_id *id);

/* Finds the number of a stored block. */
MUST_USE loft_err block_store_find(struct store_txn *txn, struct block_id *out,
                                   const hash32 *hash);
MUST_USE loft_err block_store_canonical(struct store_txn *txn, hash32 *hash,
                                        uint64_t number);
/* The state after a canonical block, as state/state.h numbers it. */
MUST_USE loft_err block_store_state(struct store_txn *txn, uint64_t *state,
                                    uint64_t number);
MUST_USE loft_err block_store_header(struct store_txn *txn,
                                     struct stored_header *out,
                                     const struct block_id *id);

/* The header's fields; extra_data points into the store. */
MUST_USE loft_err block_store_read_header(struct store_txn *txn,
                                          struct header *out,
                                          u256 *total_difficulty,
                                          const struct block_id *id);

/* The whole block, all of it in the arena. */
MUST_USE loft_err block_store_read_block(struct store_txn *txn,
                                         struct arena *arena, struct block *out,
                                         const struct block_id *id);
MUST_USE loft_err block_store_read_receipts(struct store_txn *txn,
                                            struct arena *arena,
                                            const struct receipt **out,
                                            size_t *count,
                                            const struct block_id *id);

/* Where a canonical transaction is. */
MUST_USE loft_err block_store_find_transaction(struct store_txn *txn,
                                               uint64_t *number,
                                               uint32_t *index,
                                               const hash32 *hash);

/* A block by itself: canonical or not. `body` is its RLP after the header. */
MUST_USE loft_err block_store_put(struct store_txn *txn,
                                  const struct block_id *id,
                                  const struct stored_header *header,
                                  bytes body);

/* Writes what is kept of the blocks `from` to `to` anew, close together: the
 * old records that lay between are gone, and pages half full would stay. What
 * is large has pages of its own, and stays where it is. */
MUST_USE loft_err block_store_pack(struct store_txn *txn, uint64_t from,
                                   uint64_t to);

/* Receipts as receipt_encode() has them. */
MUST_USE loft_err block_store_put_receipts(struct store_txn *txn,
                                           const struct block_id *id,
                                           const bytes *encoded, size_t count);

/* Makes the block, with the state after it, the canonical one of its number,
 * findable by its transactions' hashes, or takes that back. */
MUST_USE loft_err block_store_adopt(struct store_txn *txn,
                                    const struct block_id *id, uint64_t state,
                                    const hash32 *transactions, size_t count);
MUST_USE loft_err block_store_abandon(struct store_txn *txn,
                                      const struct block_id *id,
                                      const hash32 *transactions, size_t count);
