#include "node/producer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "crypto/keccak.h"
#include "node/data_dir.h"
#include "node/dev_genesis.h"

#define GAS_PRICE 5000000000u

static uint64_t store_bytes_max = 1u << 28;
static const secret32 key = {{1, 2, 3}};

struct trial {
    struct arena arena;
    const char *dir;
    struct loop *loop;
    struct chain *chain;
    struct pool *pool;
    struct producer *producer;
    struct block_plan plan;
    size_t mined; /* transactions of blocks that somebody waits for */
    struct loop_timer *timer;
    address sender;
    uint64_t nonce;
    int settled;
    loft_err last;
    int stop_after;       /* settlements */
    bool disk_fails_then; /* once a block is committed */
};

static bool disk_fails;

/* As the disk wants it, for this program and LMDB in it. */
int fdatasync(int fd)
{
    errno = EIO;
    return disk_fails ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static void on_settled(void *context, loft_err code)
{
    struct trial *trial = context;
    trial->settled++;
    trial->last = code;
    if (trial->settled == trial->stop_after)
        loop_stop(trial->loop);
}

static void on_mined(void *context, const struct block *block,
                     const struct block_outcome *outcome, bool is_waited_for)
{
    struct trial *trial = context;
    assert_int_equal(block->transaction_count, outcome->count);
    if (is_waited_for)
        trial->mined += outcome->count;
    disk_fails = trial->disk_fails_then;
}

static void open_chain(struct trial *trial, enum store_durability durability)
{
    struct genesis genesis;
    struct dev_genesis_options dev = {
        .chain_id = 31337,
        .fork = FORK_BPO2,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .base_fee = u256_from(1000000000),
        .accounts = &trial->sender,
        .account_count = 1,
        .balance_ether = 10,
    };
    dev_genesis_make(&trial->arena, &genesis, &dev);
    struct chain_options options = {
        .dir = trial->dir,
        .store = {.durability = durability, .bytes_max = store_bytes_max},
        .state = {.keep_history = true},
    };
    assert_int_equal(chain_open(&trial->chain, &options, &genesis), LOFT_OK);
}

static struct trial *open_keeping(enum producer_mode mode,
                                  enum store_durability durability,
                                  uint64_t keep_blocks)
{
    struct trial *trial = MEMORY_NEW(struct trial);
    arena_init(&trial->arena);
    assert_int_equal(ecdsa_address(&trial->sender, &key), LOFT_OK);
    assert_int_equal(data_dir_open(&trial->arena, &trial->dir, "", true),
                     LOFT_OK);
    open_chain(trial, durability);
    assert_int_equal(loop_open(&trial->loop), LOFT_OK);
    trial->pool = pool_new();
    trial->plan.gas_limit = 30000000;
    struct producer_options options = {
        .chain = trial->chain,
        .pool = trial->pool,
        .loop = trial->loop,
        .mode = mode,
        .interval_ms = mode == PRODUCE_AT_INTERVAL ? 10 : 0,
        .durability = durability,
        .keep_blocks = keep_blocks,
        .plan = &trial->plan,
        .mined = on_mined,
        .settled = on_settled,
        .context = trial,
    };
    trial->producer = producer_open(&options);
    return trial;
}

static struct trial *open_trial(enum producer_mode mode,
                                enum store_durability durability)
{
    return open_keeping(mode, durability, 0);
}

static void close_trial(struct trial *trial)
{
    producer_close(trial->producer);
    pool_free(trial->pool);
    loop_timer_close(trial->timer);
    loop_close(trial->loop);
    chain_close(trial->chain);
    data_dir_remove(trial->dir);
    arena_fini(&trial->arena);
    free(trial);
}

/* A transfer of 1 wei goes to the pool. */
static void add_transfer(struct trial *trial)
{
    struct transaction tx = {
        .type = TX_DYNAMIC_FEE,
        .chain_id = 31337,
        .nonce = trial->nonce,
        .gas_limit = 21000,
        .max_fee = u256_from(GAS_PRICE),
        .value = U256_ONE,
    };
    struct buffer raw = {0};
    assert_int_equal(transaction_sign(&tx, &key), LOFT_OK);
    transaction_encode(&raw, &tx);
    hash32 hash = keccak256(buffer_bytes(&raw));
    /* Nothing is mined yet: the state's nonce is 0. */
    assert_int_equal(pool_add(trial->pool, &tx, buffer_bytes(&raw), &hash,
                              &trial->sender, 0),
                     POOL_OK);
    trial->nonce++;
    buffer_free(&raw);
}

static uint64_t head_of(const struct trial *trial)
{
    return chain_head(trial->chain)->number;
}

static void what_arrives_together_shares_a_block(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_AT_ONCE, STORE_DURABLE);
    for (int i = 0; i < 5; i++) {
        add_transfer(trial);
        assert_true(producer_arrived(trial->producer));
    }
    assert_int_equal(head_of(trial), 0);
    trial->stop_after = 1;
    loop_run(trial->loop);
    assert_int_equal(head_of(trial), 1);
    assert_int_equal(chain_head(trial->chain)->header.gas_used, 5 * 21000);
    assert_int_equal(trial->last, LOFT_OK);
    assert_int_equal(pool_pending_count(trial->pool), 0);
    assert_false(producer_is_unsettled(trial->producer));
    close_trial(trial);
}

static void what_does_not_fit_goes_to_the_next_block(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_AT_ONCE, STORE_DEV);
    for (int i = 0; i < 1500; i++) /* 31.5 of 30 million gas */
        add_transfer(trial);
    assert_true(producer_arrived(trial->producer));
    trial->stop_after = 1;
    loop_run(trial->loop);
    assert_int_equal(head_of(trial), 2);
    assert_int_equal(pool_pending_count(trial->pool), 0);
    close_trial(trial);
}

static void settling_does_not_wait_for_the_loop(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_AT_ONCE, STORE_DURABLE);
    assert_int_equal(producer_settle(trial->producer), LOFT_OK);
    assert_int_equal(head_of(trial), 0);
    add_transfer(trial);
    assert_true(producer_arrived(trial->producer));
    assert_int_equal(producer_settle(trial->producer), LOFT_OK);
    assert_int_equal(head_of(trial), 1);
    assert_int_equal(producer_settle(trial->producer), LOFT_OK);
    assert_int_equal(head_of(trial), 1);
    close_trial(trial);
}

static void a_shared_sync_settles_after_it(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_AT_ONCE, STORE_GROUP);
    add_transfer(trial);
    producer_arrived(trial->producer);
    assert_int_equal(producer_settle(trial->producer), LOFT_OK);
    assert_true(producer_is_unsettled(trial->producer));
    assert_int_equal(trial->settled, 0);
    trial->stop_after = 1;
    loop_run(trial->loop);
    assert_false(producer_is_unsettled(trial->producer));
    assert_int_equal(trial->last, LOFT_OK);
    close_trial(trial);
}

/* The chain is ahead of a disk that failed: no answer about it may leave, not
 * even when the disk takes syncs again, since what it lost is lost. */
static void what_was_not_synced_never_settles(void **state)
{
    (void)state;
    for (int how = STORE_DURABLE; how <= STORE_GROUP; how++) {
        struct trial *trial = open_trial(PRODUCE_AT_ONCE,
                                         (enum store_durability)how);
        trial->disk_fails_then = true;
        add_transfer(trial);
        assert_true(producer_arrived(trial->producer));
        for (trial->stop_after = 1; trial->stop_after < 4;
             trial->stop_after++) {
            loop_run(trial->loop);
            assert_int_equal(trial->last, LOFT_ERR_IO);
            assert_true(producer_is_unsettled(trial->producer));
            assert_string_equal(producer_fault(trial->producer),
                                "the last block could not be synced");
            disk_fails = false;
        }
        assert_int_equal(head_of(trial), 1);
        close_trial(trial);
    }
}

static void stop(void *context)
{
    struct trial *trial = context;
    loop_stop(trial->loop);
}

static void stop_at_fault(void *context)
{
    struct trial *trial = context;
    if (producer_fault(trial->producer))
        loop_stop(trial->loop);
    else
        loop_timer_start(trial->timer, 20);
}

static void what_fails_at_an_interval_is_known(void **state)
{
    (void)state;
    store_bytes_max = 1u << 18; /* some blocks, and no more */
    struct trial *trial = open_trial(PRODUCE_AT_INTERVAL, STORE_DEV);
    store_bytes_max = 1u << 28;
    assert_null(producer_fault(trial->producer));
    trial->timer = loop_timer_open(trial->loop, stop_at_fault, trial);
    loop_timer_start(trial->timer, 20);
    loop_run(trial->loop);
    assert_string_equal(producer_fault(trial->producer),
                        "the last block could not be made");
    assert_true(head_of(trial) > 0);
    close_trial(trial);
}

static void at_an_interval_blocks_come_with_what_there_is(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_AT_INTERVAL, STORE_DEV);
    add_transfer(trial);
    assert_false(producer_arrived(trial->producer));
    trial->timer = loop_timer_open(trial->loop, stop, trial);
    loop_timer_start(trial->timer, 100);
    loop_run(trial->loop);
    assert_true(head_of(trial) >= 2);
    assert_int_equal(pool_pending_count(trial->pool), 0);
    close_trial(trial);
}

static loft_err mine(struct trial *trial, uint64_t blocks, uint64_t seconds,
                     uint64_t at)
{
    struct block_series series = {.left = blocks, .seconds = seconds, .at = at};
    loft_err code = LOFT_OK;
    while (code == LOFT_OK && series.left)
        code = producer_mine(trial->producer, &series);
    return code;
}

static void on_request_times_are_as_asked(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_ON_REQUEST, STORE_DEV);
    const struct chain_head *head = chain_head(trial->chain);
    add_transfer(trial);
    assert_false(producer_arrived(trial->producer));
    assert_int_equal(mine(trial, 3, 60, 5000), LOFT_OK);
    head = chain_head(trial->chain);
    assert_int_equal(head->number, 3);
    assert_int_equal(head->header.timestamp, 5120);
    assert_int_equal(pool_pending_count(trial->pool), 0);
    assert_int_equal(mine(trial, 1, 0, 5120), LOFT_ERR_USAGE);
    assert_int_equal(mine(trial, 1, 0, 5121), LOFT_OK);
    close_trial(trial);
}

static void blocks_are_as_the_plan_has_them(void **state)
{
    (void)state;
    struct trial *trial = open_trial(PRODUCE_ON_REQUEST, STORE_DEV);
    const struct header *header = &chain_head(trial->chain)->header;
    trial->plan = (struct block_plan){
        .next_timestamp = 7777,
        .gas_limit = 123456789,
        .coinbase.at[0] = 9,
        .departure = {.has_base_fee = true,
                      /* above what the transfer pays */
                      .base_fee = u256_from(GAS_PRICE + 1),
                      .gas_limit = 123456789},
        .has_prev_randao = true,
        .prev_randao.at[31] = 5,
    };
    add_transfer(trial);
    assert_int_equal(mine(trial, 1, 0, 0), LOFT_OK);
    assert_int_equal(header->timestamp, 7777);
    assert_int_equal(header->gas_limit, 123456789);
    assert_int_equal(header->coinbase.at[0], 9);
    assert_int_equal(header->base_fee.limb[0], GAS_PRICE + 1);
    assert_int_equal(header->mix_hash.at[31], 5);
    assert_int_equal(header->gas_used, 0);
    assert_false(trial->plan.departure.has_base_fee ||
                 trial->plan.has_prev_randao);
    assert_int_equal(mine(trial, 1, 0, 0), LOFT_OK);
    assert_true(header->timestamp >= 7778 && header->timestamp < 7800);
    assert_true(header->base_fee.limb[0] < GAS_PRICE + 1);
    assert_int_equal(header->gas_used, 21000);
    close_trial(trial);
}

static void the_mode_may_change_while_it_runs(void **state)
{
    (void)state;
    uint64_t interval_ms;
    struct trial *trial = open_trial(PRODUCE_ON_REQUEST, STORE_DEV);
    add_transfer(trial);
    producer_set_mode(trial->producer, PRODUCE_AT_ONCE, 0);
    assert_int_equal(head_of(trial), 0);
    assert_true(producer_arrived(trial->producer));
    trial->stop_after = 1;
    loop_run(trial->loop);
    assert_int_equal(head_of(trial), 1);
    assert_int_equal(trial->mined, 1);
    producer_set_mode(trial->producer, PRODUCE_AT_INTERVAL, 5);
    assert_int_equal(producer_mode(trial->producer, &interval_ms),
                     PRODUCE_AT_INTERVAL);
    assert_int_equal(interval_ms, 5);
    trial->timer = loop_timer_open(trial->loop, stop, trial);
    loop_timer_start(trial->timer, 100);
    loop_run(trial->loop);
    assert_true(head_of(trial) >= 3);
    uint64_t head = head_of(trial);
    producer_set_mode(trial->producer, PRODUCE_ON_REQUEST, 0);
    loop_timer_start(trial->timer, 30);
    loop_run(trial->loop);
    assert_int_equal(head_of(trial), head);
    close_trial(trial);
}

static uint64_t history_from(struct trial *trial)
{
    struct store_txn *txn;
    uint64_t from;
    assert_int_equal(store_begin_read(chain_store(trial->chain), &txn),
                     LOFT_OK);
    assert_int_equal(state_history_from(txn, &from), LOFT_OK);
    store_abort(txn);
    return from;
}

static void old_states_are_forgotten_as_blocks_come(void **state)
{
    (void)state;
    struct trial *trial = open_keeping(PRODUCE_ON_REQUEST, STORE_DEV, 10);
    assert_int_equal(mine(trial, 10 + 63, 1, 0), LOFT_OK);
    assert_int_equal(history_from(trial), 0);
    assert_int_equal(mine(trial, 1, 1, 0), LOFT_OK);
    assert_int_equal(history_from(trial), 64);
    assert_int_equal(mine(trial, 100, 1, 0), LOFT_OK);
    assert_int_equal(history_from(trial), 128);
    close_trial(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_arrives_together_shares_a_block),
        cmocka_unit_test(what_does_not_fit_goes_to_the_next_block),
        cmocka_unit_test(settling_does_not_wait_for_the_loop),
        cmocka_unit_test(a_shared_sync_settles_after_it),
        cmocka_unit_test(what_was_not_synced_never_settles),
        cmocka_unit_test(what_fails_at_an_interval_is_known),
        cmocka_unit_test(at_an_interval_blocks_come_with_what_there_is),
        cmocka_unit_test(on_request_times_are_as_asked),
        cmocka_unit_test(blocks_are_as_the_plan_has_them),
        cmocka_unit_test(the_mode_may_change_while_it_runs),
        cmocka_unit_test(old_states_are_forgotten_as_blocks_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
