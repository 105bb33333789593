#include "chain/pool_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/vec.h"
#include "crypto/keccak.h"

static const secret32 key = {{1, 2, 3}};

struct trial {
    char dir[64];
    struct store *store;
    struct pool *pool;
    struct pool_journal *journal;
    address sender;
    int changes;             /* how often it was told of some */
    uint64_t admitted_below; /* nonce */
    VEC(uint64_t) offered;   /* nonces */
};

static void on_change(void *context)
{
    ((struct trial *)context)->changes++;
}

static void open_pool(struct trial *trial)
{
    trial->pool = pool_new();
    trial->journal = pool_journal_new(trial->pool, on_change, trial);
}

static void close_pool(struct trial *trial)
{
    pool_journal_free(trial->journal);
    pool_free(trial->pool);
}

static struct trial *open_trial(uint64_t bytes_max)
{
    struct trial *trial = calloc(1, sizeof *trial);
    struct store_options options = {.durability = STORE_DEV,
                                    .bytes_max = bytes_max};
    strcpy(trial->dir, "/tmp/loft-test-journal-XXXXXX");
    assert_non_null(mkdtemp(trial->dir));
    assert_int_equal(store_open(&trial->store, trial->dir, &options), LOFT_OK);
    assert_int_equal(ecdsa_address(&trial->sender, &key), LOFT_OK);
    trial->admitted_below = UINT64_MAX;
    open_pool(trial);
    return trial;
}

static void close_trial(struct trial *trial)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    char path[128];
    close_pool(trial);
    store_close(trial->store);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", trial->dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(trial->dir), 0);
    VEC_FREE(&trial->offered);
    free(trial);
}

static hash32 add_paying(struct trial *trial, uint64_t nonce, uint64_t gwei,
                         size_t data_len)
{
    uint8_t *data = calloc(1, data_len + 1);
    struct transaction tx = {
        .type = TX_DYNAMIC_FEE,
        .chain_id = 1,
        .nonce = nonce,
        .gas_limit = 21000,
        .max_fee = u256_from(gwei * 1000000000),
        .max_priority_fee = u256_from(gwei * 1000000000),
        .data = bytes_of(data, data_len),
    };
    struct buffer raw = {0};
    assert_int_equal(transaction_sign(&tx, &key), LOFT_OK);
    transaction_encode(&raw, &tx);
    hash32 hash = keccak256(buffer_bytes(&raw));
    assert_int_equal(pool_add(trial->pool, &tx, buffer_bytes(&raw), &hash,
                              &trial->sender, 0),
                     POOL_OK);
    buffer_free(&raw);
    free(data);
    return hash;
}

static hash32 add(struct trial *trial, uint64_t nonce)
{
    return add_paying(trial, nonce, 1, 0);
}

static void save(struct trial *trial)
{
    assert_int_equal(pool_journal_save(trial->journal, trial->store), LOFT_OK);
    assert_false(pool_journal_is_due(trial->journal));
}

static bool admit(void *context, const struct pool_entry *entry)
{
    struct trial *trial = context;
    VEC_PUSH(&trial->offered, entry->tx.nonce);
    assert_true(address_equal(&entry->sender, &trial->sender));
    return entry->tx.nonce < trial->admitted_below &&
           pool_add(trial->pool, &entry->tx, entry->raw, &entry->hash,
                    &entry->sender, 0) == POOL_OK;
}

/* Another process opens the same store. */
static void live_again(struct trial *trial)
{
    close_pool(trial);
    open_pool(trial);
    trial->offered.len = 0;
    assert_int_equal(
        pool_journal_load(trial->journal, trial->store, admit, trial), LOFT_OK);
}

static uint64_t rows(struct trial *trial)
{
    struct store_txn *txn;
    uint64_t count;
    assert_int_equal(store_begin_read(trial->store, &txn), LOFT_OK);
    assert_int_equal(store_count(txn, &count, STORE_POOL), LOFT_OK);
    store_abort(txn);
    return count;
}

static void what_is_saved_comes_back_in_order(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    hash32 first = add(trial, 5);
    save(trial);
    add(trial, 0);
    save(trial);
    live_again(trial);
    assert_int_equal(trial->offered.len, 2);
    assert_int_equal(trial->offered.at[0], 5);
    assert_int_equal(trial->offered.at[1], 0);
    assert_non_null(pool_find(trial->pool, &first));
    assert_false(pool_journal_is_due(trial->journal));
    close_trial(trial);
}

static void what_came_and_went_is_not_written(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    hash32 hash = add(trial, 0);
    assert_int_equal(trial->changes, 1);
    assert_true(pool_journal_is_due(trial->journal));
    pool_remove(trial->pool, &hash);
    assert_false(pool_journal_is_due(trial->journal));
    save(trial);
    assert_int_equal(rows(trial), 0);
    close_trial(trial);
}

static void what_went_is_deleted(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    hash32 hash = add(trial, 0);
    add(trial, 1);
    save(trial);
    pool_remove(trial->pool, &hash);
    assert_int_equal(trial->changes, 2);
    assert_true(pool_journal_is_due(trial->journal));
    save(trial);
    assert_int_equal(rows(trial), 1);
    close_trial(trial);
}

static void what_goes_and_comes_back_stays(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    hash32 hash = add(trial, 0);
    save(trial);
    pool_remove(trial->pool, &hash);
    add(trial, 0);
    assert_false(pool_journal_is_due(trial->journal));
    save(trial);
    assert_int_equal(rows(trial), 1);
    assert_int_equal(trial->changes, 2);
    pool_remove(trial->pool, &hash);
    assert_int_equal(trial->changes, 3);
    assert_true(pool_journal_is_due(trial->journal));
    close_trial(trial);
}

static void a_replacement_takes_the_place(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    add(trial, 0);
    save(trial);
    hash32 hash = add_paying(trial, 0, 2, 0);
    save(trial);
    assert_int_equal(rows(trial), 1);
    live_again(trial);
    assert_non_null(pool_find(trial->pool, &hash));
    close_trial(trial);
}

static void a_block_deletes_what_it_has(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    struct store_txn *txn;
    hash32 kept = add(trial, 0);
    save(trial);
    hash32 fresh = add(trial, 1);
    assert_int_equal(store_begin_write(trial->store, &txn), LOFT_OK);
    assert_int_equal(pool_journal_mine(trial->journal, txn, &kept), LOFT_OK);
    assert_int_equal(pool_journal_mine(trial->journal, txn, &fresh), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    pool_journal_mined(trial->journal, &kept);
    pool_journal_mined(trial->journal, &fresh);
    pool_set_nonce(trial->pool, &trial->sender, 2);
    assert_false(pool_journal_is_due(trial->journal));
    assert_int_equal(rows(trial), 0);
    close_trial(trial);
}

static void what_is_not_admitted_is_forgotten(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    add(trial, 0);
    add(trial, 1);
    save(trial);
    trial->admitted_below = 1;
    trial->changes = 0;
    live_again(trial);
    assert_int_equal(trial->offered.len, 2);
    assert_int_equal(trial->changes, 1);
    save(trial);
    assert_int_equal(rows(trial), 1);
    close_trial(trial);
}

static void put_row(struct trial *trial, bytes row, bytes value)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_write(trial->store, &txn), LOFT_OK);
    assert_int_equal(store_put(txn, STORE_POOL, row, value), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
}

static void a_damaged_row_is_left_out(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    static const uint8_t first[8] = {0}, second[8] = {1};
    put_row(trial, bytes_of(first, 8), bytes_str("short"));
    put_row(trial, bytes_of(second, 8),
            bytes_str("a sender of 20 bytes, then"));
    live_again(trial);
    assert_int_equal(trial->offered.len, 0);
    save(trial);
    assert_int_equal(rows(trial), 0);
    close_trial(trial);
}

static void a_key_of_another_length_is_damage(void **state)
{
    (void)state;
    struct trial *trial = open_trial(0);
    put_row(trial, bytes_str("nine byte"), bytes_str("row"));
    assert_int_equal(
        pool_journal_load(trial->journal, trial->store, admit, trial),
        LOFT_ERR_CORRUPT);
    close_trial(trial);
}

/* Whoever sent it is told that it failed: it must not be mined later. */
static void what_cannot_be_written_leaves_the_pool(void **state)
{
    (void)state;
    struct trial *trial = open_trial(1 << 18);
    loft_err code = LOFT_OK;
    uint64_t nonce = 0;
    hash32 first = add(trial, nonce), last;
    save(trial);
    while (code == LOFT_OK && nonce < 20) {
        last = add_paying(trial, ++nonce, 1, 60000);
        code = pool_journal_save(trial->journal, trial->store);
    }
    assert_int_equal(code, LOFT_ERR_FULL);
    assert_false(pool_journal_is_due(trial->journal));
    assert_null(pool_find(trial->pool, &last));
    assert_non_null(pool_find(trial->pool, &first));
    assert_int_equal(rows(trial), nonce);
    close_trial(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_comes_back_in_order),
        cmocka_unit_test(what_came_and_went_is_not_written),
        cmocka_unit_test(what_went_is_deleted),
        cmocka_unit_test(what_goes_and_comes_back_stays),
        cmocka_unit_test(a_replacement_takes_the_place),
        cmocka_unit_test(a_block_deletes_what_it_has),
        cmocka_unit_test(what_is_not_admitted_is_forgotten),
        cmocka_unit_test(a_damaged_row_is_left_out),
        cmocka_unit_test(a_key_of_another_length_is_damage),
        cmocka_unit_test(what_cannot_be_written_leaves_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
