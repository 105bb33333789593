#include "node/producer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/secret.h"

/* Gas limits are what transactions may use, and most use far less: more of
 * them are looked at than the block's gas would cover. */
#define GAS_OVERSUBSCRIPTION 16

struct producer {
    struct producer_options options;
    struct pool_journal *journal; /* NULL: the pool is not kept */
    struct loop_task *task;   /* mines what has arrived, and keeps the pool */
    struct loop_timer *timer; /* the interval */
    struct loop_timer *sync;  /* of blocks that share one, or lack one */
    bool has_arrived;
    bool is_unsynced;
    bool in_series;   /* a series has blocks left */
    bool is_grouping; /* blocks are appended that share a commit */
    /* The last attempt to write it failed. */
    bool lacks_block, lacks_pool, lacks_sync;
    bool is_sync_due;
    const struct chain_proposal *proposal;
    struct arena arena;
};

/* While a series is made, what has arrived waits for its end. */
static void settled(struct producer *producer, loft_err code)
{
    if (code == LOFT_OK && producer->in_series && producer->has_arrived)
        return;
    producer->options.settled(producer->options.context, code);
}

/* What was committed is to be synced. */
static void was_committed(struct producer *producer)
{
    enum store_durability durability = producer->options.durability;
    if (durability == STORE_DEV || producer->is_unsynced)
        return;
    producer->is_unsynced = true;
    if (durability == STORE_GROUP)
        loop_timer_start(producer->sync, PRODUCER_SYNC_MS);
    else
        loop_task_schedule(producer->task);
}

/* Their senders hear of it where it fails. */
static loft_err keep_pool(struct producer *producer)
{
    if (!producer->journal)
        return LOFT_OK;
    bool writes = pool_journal_is_due(producer->journal);
    loft_err code = pool_journal_save(producer->journal,
                                      chain_store(producer->options.chain));
    if (writes)
        producer->lacks_pool = code != LOFT_OK;
    if (writes && code == LOFT_OK)
        was_committed(producer);
    if (code == LOFT_OK)
        return LOFT_OK;
    log_error("pool_not_kept", "why=%s", err_sentence());
    settled(producer, code);
    return code;
}

/* Where it fails, the chain is ahead of the disk, and no answer about it may
 * leave: all that wait, and all that come, hear of the disk instead. */
static void sync_blocks(struct producer *producer)
{
    loft_err code = store_sync(chain_store(producer->options.chain));
    producer->is_unsynced = code != LOFT_OK;
    if (code != LOFT_OK && !producer->lacks_sync)
        log_error("blocks_not_synced", "why=%s", err_sentence());
    producer->lacks_sync = code != LOFT_OK;
    if (code != LOFT_OK)
        loop_timer_start(producer->sync, PRODUCER_SYNC_MS);
    settled(producer, code);
}

static void end_turn(void *context)
{
    struct producer *producer = context;
    loft_err mined = producer->in_series ? LOFT_OK : producer_settle(producer);
    loft_err kept = keep_pool(producer);
    bool syncs = producer->options.durability == STORE_DURABLE ||
                 producer->is_sync_due;
    producer->is_sync_due = false;
    if (producer->is_unsynced && syncs)
        sync_blocks(producer);
    else if (mined == LOFT_OK && kept == LOFT_OK && !producer->is_unsynced)
        settled(producer, LOFT_OK);
}

/* With all that waits for an answer by now. */
static void on_sync(void *context)
{
    struct producer *producer = context;
    producer->is_sync_due = true;
    end_turn(producer);
}

static void start_timer(struct producer *producer)
{
    loop_timer_stop(producer->timer);
    if (producer->options.mode != PRODUCE_ON_REQUEST &&
        producer->options.interval_ms)
        loop_timer_start(producer->timer, producer->options.interval_ms);
}

static void on_interval(void *context)
{
    struct producer *producer = context;
    start_timer(producer);
    if (producer->in_series)
        return;
    struct block_series series = {.left = 1};
    if (producer_mine(producer, &series) != LOFT_OK)
        log_error("no_block", "why=%s", err_sentence());
}

static void on_pool_changed(void *context)
{
    struct producer *producer = context;
    loop_task_schedule(producer->task);
}

struct producer *producer_open(const struct producer_options *options)
{
    struct producer *producer = MEMORY_NEW(struct producer);
    producer->options = *options;
    arena_init(&producer->arena);
    producer->task = loop_task_open(options->loop, end_turn, producer);
    producer->timer = loop_timer_open(options->loop, on_interval, producer);
    producer->sync = loop_timer_open(options->loop, on_sync, producer);
    if (options->keeps_pool)
        producer->journal = pool_journal_new(options->pool, on_pool_changed,
                                             producer);
    start_timer(producer);
    return producer;
}

void producer_close(struct producer *producer)
{
    if (!producer)
        return;
    pool_journal_free(producer->journal);
    loop_task_close(producer->task);
    loop_timer_close(producer->timer);
    loop_timer_close(producer->sync);
    arena_fini(&producer->arena);
    free(producer);
}

bool producer_is_unsettled(const struct producer *producer)
{
    return producer->is_unsynced ||
           (producer->journal && pool_journal_is_due(producer->journal));
}

const char *producer_fault(const struct producer *producer)
{
    return producer->lacks_block  ? "the last block could not be made"
           : producer->lacks_sync ? "the last block could not be synced"
           : producer->lacks_pool ? "the last transactions could not be kept"
                                  : NULL;
}

loft_err producer_restore_pool(struct producer *producer,
                               pool_journal_admit *admit, void *context)
{
    const struct producer_options *options = &producer->options;
    if (producer->journal)
        TRY(pool_journal_load(producer->journal, chain_store(options->chain),
                              admit, context));
    if (pool_pending_count(options->pool))
        producer_arrived(producer);
    return LOFT_OK;
}

void producer_set_mode(struct producer *producer, enum producer_mode mode,
                       uint64_t interval_ms)
{
    producer->options.mode = mode;
    producer->options.interval_ms = interval_ms;
    start_timer(producer);
}

enum producer_mode producer_mode(const struct producer *producer,
                                 uint64_t *interval_ms)
{
    *interval_ms = producer->options.interval_ms;
    return producer->options.mode;
}

bool producer_arrived(struct producer *producer)
{
    if (producer->options.mode != PRODUCE_AT_ONCE)
        return false;
    producer->has_arrived = true;
    loop_task_schedule(producer->task);
    return true;
}

static enum chain_fork next_fork(const struct producer *producer,
                                 uint64_t timestamp)
{
    const struct chain_head *head = chain_head(producer->options.chain);
    return chain_fork_at(chain_config(producer->options.chain),
                         head->number + 1, timestamp,
                         u256_is_zero(head->header.difficulty));
}

static uint64_t gas_looked_at(const struct block_plan *plan)
{
    return plan->gas_limit > UINT64_MAX / GAS_OVERSUBSCRIPTION
               ? UINT64_MAX
               : plan->gas_limit * GAS_OVERSUBSCRIPTION;
}

/* Pending transactions in the order of what they pay, as a proposal for a
 * block at this time. */
static struct chain_proposal propose(struct producer *producer,
                                     uint64_t timestamp)
{
    const struct producer_options *options = &producer->options;
    const struct block_plan *plan = options->plan;
    struct arena *arena = &producer->arena;
    arena_reset(arena);
    size_t max = pool_pending_count(options->pool);
    if (max > PRODUCER_TRANSACTIONS_MAX)
        max = PRODUCER_TRANSACTIONS_MAX;
    const struct pool_entry **entries = ARENA_ARRAY(
        arena, const struct pool_entry *, max + 1);
    u256 base_fee = chain_next_base_fee(chain_config(options->chain),
                                        next_fork(producer, timestamp),
                                        &chain_head(options->chain)->header);
    if (plan->departure.has_base_fee)
        base_fee = plan->departure.base_fee;
    size_t count = pool_select(options->pool, entries, max, base_fee,
                               gas_looked_at(plan));
    struct chain_candidate *candidates = ARENA_ARRAY(
        arena, struct chain_candidate, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct pool_entry *entry = entries[i];
        candidates[i] = (struct chain_candidate){&entry->tx, entry->raw,
                                                 &entry->sender, &entry->hash};
    }
    struct chain_proposal proposal = {
        .timestamp = timestamp,
        .gas_limit = plan->gas_limit,
        .departure = plan->departure,
        .coinbase = plan->coinbase,
        .prev_randao = plan->prev_randao,
        .candidates = candidates,
        .count = count,
        .verdicts = ARENA_ARRAY(arena, enum transaction_verdict, count + 1),
    };
    if (!plan->has_prev_randao)
        random_bytes(proposal.prev_randao.at, sizeof proposal.prev_randao.at);
    return proposal;
}

/* A verdict that may be another one in the next block. */
static bool may_come_later(enum transaction_verdict verdict)
{
    return verdict == TX_GAS_LIMIT_REACHED || verdict == TX_NONCE_TOO_HIGH ||
           verdict == TX_BLOB_GAS_REACHED || verdict == TX_FEE_TOO_LOW ||
           verdict == TX_BLOB_FEE_TOO_LOW;
}

/* Does the block hold the sender's next transaction right after this one? */
static bool is_followed(const struct chain_proposal *proposal, size_t i)
{
    const struct chain_candidate *one = &proposal->candidates[i];
    return i + 1 < proposal->count && proposal->verdicts[i + 1] == TX_OK &&
           memcmp(one->sender, one[1].sender, sizeof *one->sender) == 0;
}

/* The sender's transactions up to this one go, and the candidate with them. */
static void advance_sender(struct pool *pool,
                           const struct chain_candidate *candidate)
{
    address sender = *candidate->sender;
    pool_set_nonce(pool, &sender, candidate->tx->nonce + 1);
}

/* Takes out of the pool what is in the block, and what never will be. */
static size_t update_pool(struct producer *producer,
                          const struct chain_proposal *proposal)
{
    struct pool *pool = producer->options.pool;
    size_t gone = 0;
    for (size_t i = 0; i < proposal->count; i++) {
        enum transaction_verdict verdict = proposal->verdicts[i];
        const struct chain_candidate *candidate = &proposal->candidates[i];
        if (verdict == TX_OK) {
            gone++;
            continue;
        }
        if (may_come_later(verdict))
            continue;
        log_info("transaction_dropped", "nonce=%" PRIu64 " why=%s",
                 candidate->tx->nonce, transaction_verdict_text(verdict));
        hash32 hash = *candidate->hash;
        gone += pool_remove(pool, &hash);
    }
    for (size_t i = 0; i < proposal->count; i++)
        if (proposal->verdicts[i] == TX_OK && !is_followed(proposal, i))
            advance_sender(pool, &proposal->candidates[i]);
    return gone;
}

static uint64_t now_seconds(void)
{
    return clock_unix_ms() / 1000;
}

static uint64_t next_time(const struct producer *producer)
{
    return block_plan_time(
        producer->options.plan,
        chain_head(producer->options.chain)->header.timestamp, now_seconds());
}

void producer_changed(struct producer *producer)
{
    if (producer->options.changed)
        producer->options.changed(producer->options.context);
    was_committed(producer);
}

static void block_made(struct producer *producer, const struct block *block)
{
    log_debug("block", "number=%" PRIu64 " transactions=%zu gas=%" PRIu64,
              block->header.number, block->transaction_count,
              block->header.gas_used);
    block_plan_made(producer->options.plan, block->header.timestamp,
                    now_seconds());
    if (!producer->is_grouping)
        producer_changed(producer);
}

/* States are forgotten after a block, which does not depend on that. */
static void forget_old_states(struct producer *producer)
{
    bool done;
    uint64_t keep = producer->options.keep_blocks;
    if (keep && chain_prune(producer->options.chain, keep, &done) != LOFT_OK)
        log_error("no_pruning", "why=%s", err_sentence());
}

/* What the block has, the pool's table has no more. */
static loft_err leave_table(void *context, struct store_txn *txn)
{
    struct producer *producer = context;
    const struct chain_proposal *proposal = producer->proposal;
    for (size_t i = 0; i < proposal->count; i++)
        if (proposal->verdicts[i] == TX_OK)
            TRY(pool_journal_mine(producer->journal, txn,
                                  proposal->candidates[i].hash));
    return LOFT_OK;
}

static void left_table(const struct producer *producer)
{
    const struct chain_proposal *proposal = producer->proposal;
    for (size_t i = 0; i < proposal->count; i++)
        if (proposal->verdicts[i] == TX_OK)
            pool_journal_mined(producer->journal, proposal->candidates[i].hash);
}

/* Appends the block; *gone is how many transactions left the pool. */
static loft_err append(struct producer *producer,
                       struct chain_proposal *proposal, size_t *gone,
                       bool is_waited_for)
{
    const struct producer_options *options = &producer->options;
    struct block block;
    struct block_outcome outcome;
    if (options->watch)
        proposal->tracer = options->watch(options->context);
    producer->proposal = proposal;
    if (producer->journal) {
        proposal->beside = leave_table;
        proposal->context = producer;
    }
    producer->lacks_block = true;
    TRY(chain_append(options->chain, proposal, &producer->arena, &block,
                     &outcome));
    producer->lacks_block = false;
    if (producer->journal)
        left_table(producer);
    /* Before the pool lets go of the transactions' bytes. */
    options->mined(options->context, &block, &outcome, is_waited_for);
    *gone = update_pool(producer, proposal);
    block_made(producer, &block);
    forget_old_states(producer);
    return LOFT_OK;
}

typedef VEC(hash32) hash_list;

static void list_pending(void *context, const struct pool_entry *entry,
                         bool pending)
{
    hash_list *list = context;
    if (pending)
        VEC_PUSH(list, entry->hash);
}

/* Their senders are told that they failed: they must not be mined later. */
static void drop_pending(struct pool *pool)
{
    hash_list list = {0};
    pool_each(pool, list_pending, &list);
    VEC_FOR_EACH (hash, &list)
        pool_remove(pool, hash);
    VEC_FREE(&list);
}

loft_err producer_settle(struct producer *producer)
{
    size_t gone = producer->has_arrived;
    producer->has_arrived = false;
    while (gone && pool_pending_count(producer->options.pool)) {
        struct chain_proposal proposal = propose(producer, next_time(producer));
        if (proposal.count == 0)
            break;
        loft_err code = append(producer, &proposal, &gone, true);
        if (code == LOFT_OK)
            continue;
        log_error("no_block", "why=%s", err_sentence());
        drop_pending(producer->options.pool);
        settled(producer, code);
        return code;
    }
    return LOFT_OK;
}

void producer_finish(struct producer *producer)
{
    producer->in_series = false;
    on_sync(producer);
}

static loft_err begin_series(struct producer *producer,
                             struct block_series *series)
{
    uint64_t newest = chain_head(producer->options.chain)->header.timestamp;
    if (series->at &&
        series->at < block_plan_least_time(producer->options.plan, newest))
        return err_say(LOFT_ERR_USAGE,
                       "time %" PRIu64 " is not after the newest block's, "
                       "%" PRIu64,
                       series->at, newest);
    if (series->at)
        producer->options.plan->next_timestamp = series->at;
    return LOFT_OK;
}

static uint64_t time_in_series(const struct producer *producer,
                               const struct block_series *series)
{
    return series->has_begun && series->seconds
               ? chain_head(producer->options.chain)->header.timestamp +
                     series->seconds
               : next_time(producer);
}

static loft_err end_group(struct producer *producer, loft_err code)
{
    if (!producer->is_grouping)
        return code;
    producer->is_grouping = false;
    code = chain_end_group(producer->options.chain, code);
    if (code == LOFT_OK)
        producer_changed(producer);
    else
        producer->lacks_block = true;
    return code;
}

/* Of an empty block nobody but the chain keeps anything, should it be lost with
 * its group. */
static loft_err begin_group(struct producer *producer,
                            const struct chain_proposal *proposal)
{
    if (proposal->count)
        return end_group(producer, LOFT_OK);
    if (producer->is_grouping)
        return LOFT_OK;
    TRY(chain_begin_group(producer->options.chain));
    producer->is_grouping = true;
    return LOFT_OK;
}

static loft_err mine_next(struct producer *producer,
                          struct block_series *series)
{
    size_t gone;
    struct chain_proposal proposal = propose(producer,
                                             time_in_series(producer, series));
    TRY(begin_group(producer, &proposal));
    TRY(append(producer, &proposal, &gone, false));
    series->has_begun = true;
    series->left--;
    return LOFT_OK;
}

loft_err producer_mine(struct producer *producer, struct block_series *series)
{
    uint64_t end_ns = clock_monotonic_ns() + PRODUCER_TURN_NS;
    if (!series->has_begun)
        TRY(begin_series(producer, series));
    loft_err code = LOFT_OK;
    while (code == LOFT_OK && series->left) {
        code = mine_next(producer, series);
        if (series->one_by_one || clock_monotonic_ns() >= end_ns)
            break;
    }
    code = end_group(producer, code);
    producer->in_series = code == LOFT_OK && series->left;
    if (!producer->in_series && producer->has_arrived)
        loop_task_schedule(producer->task);
    if (code == LOFT_OK && !series->left && series->has_begun &&
        series->seconds)
        block_plan_set_clock(
            producer->options.plan,
            chain_head(producer->options.chain)->header.timestamp,
            now_seconds());
    return code;
}
