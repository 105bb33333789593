#pragma once
/* Keeps the pool's transactions on disk, so that what was taken in outlives
 * the process.
 *
 * The journal watches the pool and knows what of it is on disk. What has come
 * and gone since it was saved last is written in one transaction; what came
 * and went in between, as under automatic mining, costs nothing. A block
 * deletes the rows of its transactions in its own transaction, so that each is
 * in one of the two places.
 *
 * Rows     table POOL: a number of 8 bytes, in the order of arrival ->
 *          sender (20 bytes) ‖ transaction (EIP-2718).
 * Threads  one thread.
 * Limits   the pool's.
 */
#include "chain/pool.h"
#include "store/store.h"

struct pool_journal;

/* `changed` is called when there may be something to save, once until
 * pool_journal_save(). The journal ends before the pool. */
struct pool_journal *pool_journal_new(struct pool *pool,
                                      void (*changed)(void *context),
                                      void *context);
void pool_journal_free(struct pool_journal *journal); /* NULL is fine */

/* Whether the pool holds, or lacks, what the disk does not. */
bool pool_journal_is_due(const struct pool_journal *journal);

/* Where it fails, what was to be written leaves the pool, and what was to be
 * deleted is so by the next one. */
MUST_USE loft_err pool_journal_save(struct pool_journal *journal,
                                    struct store *store);

/* A transaction is part of the block that `txn` writes; and, once that is
 * committed. */
MUST_USE loft_err pool_journal_mine(struct pool_journal *journal,
                                    struct store_txn *txn, const hash32 *hash);
void pool_journal_mined(struct pool_journal *journal, const hash32 *hash);

/* Offers all that is on disk in the order of arrival; what `admit` did not put
 * into the pool is forgotten. Before anything else comes into the pool. */
typedef bool pool_journal_admit(void *context, const struct pool_entry *entry);
MUST_USE loft_err pool_journal_load(struct pool_journal *journal,
                                    struct store *store,
                                    pool_journal_admit *admit, void *context);
