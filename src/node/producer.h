#pragma once
/* Makes the embedded chain's blocks: as soon as transactions arrive, at an
 * interval, or on request.
 *
 * Those that arrive while the loop serves what is ready share a block, which
 * is made when all of that has been served. Whoever sent them hears of it by
 * producer_options.settled, after the block, and with it all before, is on
 * disk: at the end of the turn (STORE_DURABLE), or after the next sync where
 * the blocks of PRODUCER_SYNC_MS share one (STORE_GROUP). Until then
 * producer_is_unsettled() is true, and no answer may leave that a crash could
 * make untrue. What the pool has taken in and no block has is kept on disk by
 * the same rules: it waits there for the next life of the process.
 *
 * Units    seconds of Unix time for blocks, milliseconds for intervals.
 * Threads  the loop's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "chain/block_plan.h"
#include "chain/chain.h"
#include "chain/pool_journal.h"
#include "io/loop.h"

#define PRODUCER_SYNC_MS 5              /* blocks that share a sync */
#define PRODUCER_TRANSACTIONS_MAX 16384 /* looked at for one block */

struct producer;

enum producer_mode { PRODUCE_AT_ONCE, PRODUCE_AT_INTERVAL, PRODUCE_ON_REQUEST };

struct producer_options {
    struct chain *chain;
    struct pool *pool;
    struct loop *loop;
    enum producer_mode mode;
    uint64_t interval_ms;
    enum store_durability durability; /* the store's */
    bool keeps_pool;                  /* on disk */
    uint64_t keep_blocks;             /* whose states can be read; 0: of all */
    struct block_plan *plan;          /* borrowed; changes as its owner likes */
    /* Of the transactions of a block that is about to be made; NULL: nobody
     * watches. */
    struct evm_tracer *(*watch)(void *context);
    /* A block was made; somebody waits for its transactions, or not. */
    void (*mined)(void *context, const struct block *block,
                  const struct block_outcome *outcome, bool is_waited_for);
    /* The head, or the state with it, is another one; not yet on disk while
     * producer_is_unsettled(). NULL: nobody asks. */
    void (*changed)(void *context);
    /* LOFT_OK, or why what was promised since the last call is not to be. */
    void (*settled)(void *context, loft_err code);
    void *context;
};

struct producer *producer_open(const struct producer_options *options);
void producer_close(struct producer *producer); /* NULL is fine */

/* Offers to `admit` what the pool held at the end of the process before. */
MUST_USE loft_err producer_restore_pool(struct producer *producer,
                                        pool_journal_admit *admit,
                                        void *context);

/* How blocks are made from now on; what is pending waits for its turn. */
void producer_set_mode(struct producer *producer, enum producer_mode mode,
                       uint64_t interval_ms);
enum producer_mode producer_mode(const struct producer *producer,
                                 uint64_t *interval_ms);

/* The chain was changed by others: that is to be on disk, too. */
void producer_changed(struct producer *producer);

/* A transaction is pending. True: it will be mined at once. */
bool producer_arrived(struct producer *producer);

/* Mines what waits to be mined at once. */
MUST_USE loft_err producer_settle(struct producer *producer);

/* Mines what waits for that, and syncs what shares one: before an orderly
 * end, so that whoever waits hears of it. */
void producer_finish(struct producer *producer);

bool producer_is_unsettled(const struct producer *producer);

/* Why not all that arrives gets to disk, in words; NULL: it does. */
const char *producer_fault(const struct producer *producer);

/* Makes blocks of a series for PRODUCER_TURN_NS. While any are left, none are
 * made at an interval, and nothing else is to change the chain. Empty ones
 * share a commit. LOFT_ERR_USAGE: the first one's time is not after the newest
 * block's. */
#define PRODUCER_TURN_NS 5000000
MUST_USE loft_err producer_mine(struct producer *producer,
                                struct block_series *series);
