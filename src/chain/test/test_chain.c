#include "chain/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "chain/test/chain_maker.h"
#include "codec/rlp.h"
#include "tests/vectors.h"

static void assert_same_hash(const hash32 *a, const hash32 *b)
{
    assert_memory_equal(a->at, b->at, sizeof a->at);
}

static u256 balance_at(struct chain_maker *maker, unsigned account,
                       uint64_t number)
{
    struct chain_view *view;
    struct state_view *state;
    struct state_account found;
    address who = maker_address(account);
    assert_int_equal(chain_view_open(&view, chain_store(maker->chain),
                                     chain_config(maker->chain), NULL),
                     LOFT_OK);
    assert_int_equal(chain_view_state(view, &state, number), LOFT_OK);
    assert_int_equal(state->source.account(&state->source, &found, &who),
                     LOFT_OK);
    chain_view_close(view);
    return found.balance;
}

static bool is_findable(struct chain_maker *maker, const hash32 *hash,
                        uint64_t *number, uint32_t *index)
{
    struct chain_view *view;
    assert_int_equal(chain_view_open(&view, chain_store(maker->chain),
                                     chain_config(maker->chain), NULL),
                     LOFT_OK);
    loft_err err = chain_view_transaction(view, number, index, hash);
    assert_true(err == LOFT_OK || err == LOFT_ERR_NOT_FOUND);
    chain_view_close(view);
    return err == LOFT_OK;
}

static void an_appended_block_is_the_head_and_can_be_read(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    struct signed_transaction txs[] = {maker_transfer(&m, 0, 0, 1, 5),
                                       maker_transfer(&m, 0, 1, 2, 6)};
    struct made_block made = maker_append(&m, 12, txs, 2);
    assert_int_equal(made.outcome.count, 2);
    assert_int_equal(made.block.header.gas_used, 42000);
    assert_int_equal(chain_head(m.chain)->number, 1);
    assert_same_hash(&chain_head(m.chain)->hash, &made.block.hash);

    struct chain_view *view;
    struct block block;
    const struct receipt *receipts;
    size_t count;
    uint64_t number;
    uint32_t index;
    assert_int_equal(chain_view_open(&view, chain_store(m.chain),
                                     chain_config(m.chain), NULL),
                     LOFT_OK);
    assert_same_hash(&chain_view_head(view)->hash, &made.block.hash);
    assert_int_equal(chain_view_block(view, &block, &made.block.hash), LOFT_OK);
    assert_int_equal(block.transaction_count, 2);
    assert_same_hash(&block.hash, &made.block.hash);
    assert_int_equal(
        chain_view_receipts(view, &receipts, &count, &made.block.hash),
        LOFT_OK);
    assert_int_equal(count, 2);
    assert_true(receipts[1].succeeded);
    assert_int_equal(receipts[1].cumulative_gas_used, 42000);
    assert_int_equal(
        chain_view_transaction(view, &number, &index, &txs[1].hash), LOFT_OK);
    assert_int_equal(number, 1);
    assert_int_equal(index, 1);
    hash32 parent;
    assert_int_equal(chain_view_block_hash(view, &parent, 0), LOFT_OK);
    assert_same_hash(&parent, chain_genesis_hash(m.chain));
    chain_view_close(view);

    u256 before = balance_at(&m, 1, 0), after = balance_at(&m, 1, 1);
    assert_true(u256_equal(u256_sub(after, before), u256_from(5)));
    maker_close(&m);
}

static void assert_shows(const struct chain_view *view, const hash32 *head)
{
    const struct chain_head *shown = chain_view_head(view);
    hash32 hash = header_hash(&shown->header);
    assert_same_hash(&shown->hash, head);
    assert_same_hash(&hash, head); /* extra data and all */
}

static void a_view_that_has_rested_shows_the_head_of_now(void **state)
{
    (void)state;
    struct chain_maker m, other;
    struct chain_view *view;
    struct state_view *newest;
    maker_open(&m, FORK_OSAKA);
    maker_open(&other, FORK_PRAGUE);
    assert_int_equal(chain_view_open(&view, chain_store(m.chain),
                                     chain_config(m.chain), NULL),
                     LOFT_OK);
    assert_shows(view, chain_genesis_hash(m.chain));
    struct chain *const shown[] = {m.chain, m.chain, m.chain, other.chain};
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        chain_view_rest(view);
        if (i % 2 == 0) /* in every other sleep */
            maker_append(&m, 12, NULL, 0);
        assert_int_equal(chain_view_wake(view, chain_store(shown[i]),
                                         chain_config(shown[i]), NULL),
                         LOFT_OK);
        assert_shows(view, &chain_head(shown[i])->hash);
        assert_int_equal(chain_view_head(view)->number,
                         chain_head(shown[i])->number);
        assert_int_equal(chain_view_state(view, &newest, STATE_NEWEST),
                         LOFT_OK);
    }
    chain_view_rest(view);
    chain_view_close(view);
    maker_close(&other);
    maker_close(&m);
}

/* Code that logs one topic and four bytes of data, then stores. */
static struct transaction creation_that_logs(uint64_t nonce)
{
    static const uint8_t INIT[] = {
        0x60, 0x07,             /* topic */
        0x60, 0x04, 0x60, 0x00, /* four bytes at 0 */
        0xa1,                   /* LOG1 */
        0x60, 0x2a, 0x60, 0x01, /* slot 1 = 42 */
        0x55, 0x60, 0x00, 0x60, 0x00, 0xf3,
    };
    return (struct transaction){
        .type = TX_LEGACY,
        .is_creation = true,
        .nonce = nonce,
        .gas_limit = 200000,
        .max_fee = u256_from(UINT64_C(100000000000)),
        .max_priority_fee = u256_from(UINT64_C(100000000000)),
        .data = {INIT, sizeof INIT},
    };
}

static void another_chain_imports_what_was_appended(void **state)
{
    (void)state;
    static const enum chain_fork forks[] = {
        FORK_FRONTIER, FORK_HOMESTEAD, FORK_SPURIOUS, FORK_BYZANTIUM,
        FORK_BERLIN,   FORK_LONDON,    FORK_PARIS,    FORK_SHANGHAI,
        FORK_CANCUN,   FORK_PRAGUE,    FORK_OSAKA,
    };
    for (size_t f = 0; f < ARRAY_LEN(forks); f++) {
        struct chain_maker a, b;
        maker_open(&a, forks[f]);
        maker_open(&b, forks[f]);
        for (uint64_t n = 0; n < 3; n++) {
            struct signed_transaction txs[] = {
                maker_transfer(&a, 0, 2 * n, 1, 1000 + n),
                maker_sign(&a, creation_that_logs(2 * n + 1), 0),
                maker_transfer(&a, 1, n, 2, 1),
            };
            struct made_block made = maker_append(&a, 13, txs, 3);
            assert_int_equal(made.outcome.count, 3);
            assert_int_equal(made.outcome.receipts[1].log_count, 1);
            enum block_verdict verdict = maker_import(&b, made.rlp);
            if (verdict != BLOCK_OK)
                fail_msg("%s: %s", fork_name(forks[f]), err_sentence());
        }
        assert_same_hash(&chain_head(a.chain)->hash,
                         &chain_head(b.chain)->hash);
        assert_int_equal(chain_head(b.chain)->number, 3);
        maker_close(&a);
        maker_close(&b);
    }
}

static void what_is_not_valid_is_left_out_and_told(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    struct signed_transaction txs[] = {
        maker_transfer(&m, 0, 1, 1, 5), /* ahead of its turn */
        maker_transfer(&m, 0, 0, 1, 5),
        maker_transfer(&m, 0, 0, 1, 6), /* the nonce is used */
        maker_transfer(&m, 0, 1, 1, 7),
    };
    struct made_block made = maker_append(&m, 12, txs, 4);
    assert_int_equal(made.block.transaction_count, 2);
    assert_int_equal(made.verdicts[0], TX_NONCE_TOO_HIGH);
    assert_int_equal(made.verdicts[1], TX_OK);
    assert_int_equal(made.verdicts[2], TX_NONCE_TOO_LOW);
    assert_int_equal(made.verdicts[3], TX_OK);
    uint64_t number;
    uint32_t index;
    assert_false(is_findable(&m, &txs[2].hash, &number, &index));
    assert_true(is_findable(&m, &txs[3].hash, &number, &index));
    assert_int_equal(index, 1);
    maker_close(&m);
}

static void a_block_needs_a_later_timestamp(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    struct chain_proposal proposal = {
        .timestamp = chain_head(m.chain)->header.timestamp,
        .gas_limit = 30000000};
    struct block block;
    struct block_outcome outcome;
    assert_int_equal(
        chain_append(m.chain, &proposal, &m.arena, &block, &outcome),
        LOFT_ERR_REFUSED);
    assert_int_equal(chain_head(m.chain)->number, 0);
    maker_close(&m);
}

static void a_gas_limit_moves_by_less_than_a_1024th(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    struct chain_proposal proposal = {.timestamp = 2000, .gas_limit = 60000000};
    struct block block;
    struct block_outcome outcome;
    assert_int_equal(
        chain_append(m.chain, &proposal, &m.arena, &block, &outcome), LOFT_OK);
    assert_int_equal(block.header.gas_limit, 30000000 + 30000000 / 1024 - 1);
    maker_close(&m);
}

static void rewinding_takes_back_state_and_index(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    u256 at_first = balance_at(&m, 1, STATE_NEWEST);
    struct signed_transaction one = maker_transfer(&m, 0, 0, 1, 5),
                              two = maker_transfer(&m, 0, 1, 1, 6);
    struct made_block first = maker_append(&m, 12, &one, 1);
    struct made_block second = maker_append(&m, 12, &two, 1);
    assert_int_equal(chain_rewind(m.chain, 2), LOFT_OK);
    assert_same_hash(&chain_head(m.chain)->hash, &second.block.hash);
    assert_int_equal(chain_rewind(m.chain, 3), LOFT_ERR_NOT_FOUND);

    assert_int_equal(chain_rewind(m.chain, 1), LOFT_OK);
    uint64_t number;
    uint32_t index;
    assert_same_hash(&chain_head(m.chain)->hash, &first.block.hash);
    assert_true(is_findable(&m, &one.hash, &number, &index));
    assert_false(is_findable(&m, &two.hash, &number, &index));

    assert_int_equal(chain_rewind(m.chain, 0), LOFT_OK);
    assert_true(u256_equal(balance_at(&m, 1, STATE_NEWEST), at_first));
    struct made_block again = maker_append(&m, 12, &one, 1);
    assert_same_hash(&again.block.hash, &first.block.hash);
    maker_close(&m);
}

static void a_chain_goes_on_after_a_restart(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    struct signed_transaction one = maker_transfer(&m, 0, 0, 1, 5),
                              two = maker_transfer(&m, 0, 1, 1, 6);
    maker_append(&m, 12, &one, 1);
    struct chain_head before = *chain_head(m.chain);
    maker_reopen(&m);
    assert_same_hash(&chain_head(m.chain)->hash, &before.hash);
    assert_int_equal(chain_head(m.chain)->number, 1);
    struct made_block made = maker_append(&m, 12, &two, 1);
    assert_int_equal(made.outcome.count, 1);
    maker_close(&m);
}

static void another_genesis_is_refused(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    chain_close(m.chain);
    struct genesis other;
    maker_genesis(&m.arena, &other, FORK_OSAKA);
    other.header.timestamp++;
    const struct chain_options options = {.dir = m.dir,
                                          .store = {.durability = STORE_DEV}};
    assert_int_equal(chain_open(&m.chain, &options, &other), LOFT_ERR_REFUSED);
    assert_null(m.chain);
    maker_reopen(&m);
    maker_close(&m);
}

static loft_err append_transfer(struct chain_maker *m, uint64_t nonce)
{
    struct signed_transaction one = maker_transfer(m, 0, nonce, 1, 5);
    enum transaction_verdict verdict;
    const struct chain_candidate candidate = {&one.tx, one.raw, &one.sender,
                                              &one.hash};
    struct chain_proposal proposal = {
        .timestamp = chain_head(m->chain)->header.timestamp + 1,
        .gas_limit = 30000000,
        .candidates = &candidate,
        .count = 1,
        .verdicts = &verdict,
    };
    struct block block;
    struct block_outcome outcome;
    return chain_append(m->chain, &proposal, &m->arena, &block, &outcome);
}

static void a_full_store_refuses_the_block_and_keeps_the_chain(void **state)
{
    (void)state;
    struct chain_maker m;
    struct genesis genesis;
    const struct chain_options small = {
        .dir = m.dir,
        .store = {.durability = STORE_DEV, .bytes_max = 1u << 20},
        .state = {.keep_history = true},
    };
    maker_open(&m, FORK_OSAKA);
    maker_genesis(&m.arena, &genesis, FORK_OSAKA);
    chain_close(m.chain);
    assert_int_equal(chain_open(&m.chain, &small, &genesis), LOFT_OK);
    loft_err err = LOFT_OK;
    uint64_t appended = 0;
    while ((err = append_transfer(&m, appended)) == LOFT_OK)
        assert_true(++appended < 100000);
    assert_int_equal(err, LOFT_ERR_FULL);
    assert_true(appended > 10);
    assert_int_equal(chain_head(m.chain)->number, appended);

    /* With room again it goes on where it was. */
    maker_reopen(&m);
    assert_int_equal(chain_head(m.chain)->number, appended);
    assert_int_equal(append_transfer(&m, appended), LOFT_OK);
    struct store_txn *txn;
    hash32 root;
    assert_int_equal(store_begin_read(chain_store(m.chain), &txn), LOFT_OK);
    assert_int_equal(state_recompute_root(txn, &root), LOFT_OK);
    assert_same_hash(&root, &chain_head(m.chain)->header.state_root);
    store_abort(txn);
    maker_close(&m);
}

/* Blocks that are not valid: one thing changed in a good one. */

static void spoil_number(struct block *b)
{
    b->header.number++;
}

static void spoil_timestamp(struct block *b)
{
    b->header.timestamp = 1000;
}

static void spoil_parent(struct block *b)
{
    b->header.parent_hash.at[0] ^= 1;
}

static void spoil_gas_limit(struct block *b)
{
    b->header.gas_limit += b->header.gas_limit / 1024;
}

static void spoil_gas_used(struct block *b)
{
    b->header.gas_used++;
}

static void spoil_base_fee(struct block *b)
{
    b->header.base_fee = u256_add(b->header.base_fee, U256_ONE);
}

static void spoil_difficulty(struct block *b)
{
    b->header.difficulty = U256_ONE;
}

static void spoil_nonce(struct block *b)
{
    b->header.nonce[7] = 1;
}

static void spoil_extra_data(struct block *b)
{
    static const uint8_t LONG[33];
    b->header.extra_data = bytes_of(LONG, sizeof LONG);
}

static void spoil_fields(struct block *b)
{
    b->header.fields = HEADER_BLOBS;
}

static void spoil_uncles(struct block *b)
{
    b->header.uncles_hash.at[0] ^= 1;
}

static void spoil_transaction(struct block *b)
{
    b->transactions[0].signature.r = U256_ZERO;
    struct buffer raw = {0};
    transaction_encode(&raw, &b->transactions[0]);
    static uint8_t kept[256];
    assert_true(raw.len <= sizeof kept);
    memcpy(kept, raw.at, raw.len);
    b->raw_transactions[0] = bytes_of(kept, raw.len);
    b->header.transactions_root = block_transactions_root(b);
    buffer_free(&raw);
}

static void spoil_order(struct block *b)
{
    bytes raw = b->raw_transactions[0];
    b->raw_transactions[0] = b->raw_transactions[1];
    b->raw_transactions[1] = raw;
    b->header.transactions_root = block_transactions_root(b);
}

static void spoil_transactions_root(struct block *b)
{
    b->header.transactions_root.at[0] ^= 1;
}

static void spoil_receipts_root(struct block *b)
{
    b->header.receipts_root.at[0] ^= 1;
}

static void spoil_bloom(struct block *b)
{
    b->header.logs_bloom.at[9] ^= 1;
}

static void spoil_state_root(struct block *b)
{
    b->header.state_root.at[0] ^= 1;
}

static void spoil_withdrawals_root(struct block *b)
{
    b->header.withdrawals_root.at[0] ^= 1;
}

static void spoil_withdrawals(struct block *b)
{
    b->has_withdrawals = false;
}

static void spoil_blob_gas(struct block *b)
{
    b->header.blob_gas_used = 1;
}

static void spoil_excess(struct block *b)
{
    b->header.excess_blob_gas = 1;
}

static void spoil_requests(struct block *b)
{
    b->header.requests_hash.at[0] ^= 1;
}

static const struct {
    void (*spoil)(struct block *);
    enum block_verdict verdict;
} FAULTS[] = {
    {spoil_number, BLOCK_BAD_NUMBER},
    {spoil_timestamp, BLOCK_BAD_TIMESTAMP},
    {spoil_parent, BLOCK_UNKNOWN_PARENT},
    {spoil_gas_limit, BLOCK_BAD_GAS_LIMIT},
    {spoil_gas_used, BLOCK_BAD_GAS_USED},
    {spoil_base_fee, BLOCK_BAD_BASE_FEE},
    {spoil_difficulty, BLOCK_BAD_DIFFICULTY},
    {spoil_nonce, BLOCK_BAD_SEAL},
    {spoil_extra_data, BLOCK_BAD_EXTRA_DATA},
    {spoil_fields, BLOCK_BAD_FIELDS},
    {spoil_uncles, BLOCK_BAD_UNCLES},
    {spoil_transaction, BLOCK_BAD_TRANSACTION},
    {spoil_order, BLOCK_BAD_TRANSACTION},
    {spoil_transactions_root, BLOCK_BAD_TRANSACTIONS_ROOT},
    {spoil_receipts_root, BLOCK_BAD_RECEIPTS_ROOT},
    {spoil_bloom, BLOCK_BAD_BLOOM},
    {spoil_state_root, BLOCK_BAD_STATE_ROOT},
    {spoil_withdrawals_root, BLOCK_BAD_WITHDRAWALS},
    {spoil_withdrawals, BLOCK_BAD_WITHDRAWALS},
    {spoil_blob_gas, BLOCK_BAD_BLOB_GAS},
    {spoil_excess, BLOCK_BAD_BLOB_GAS},
    {spoil_requests, BLOCK_BAD_REQUESTS},
};

static struct block decoded(struct chain_maker *m, bytes rlp)
{
    struct block block;
    assert_int_equal(block_decode(&m->arena, &block, &rlp), LOFT_OK);
    return block;
}

static void each_fault_is_named_and_changes_nothing(void **state)
{
    (void)state;
    struct chain_maker a, b;
    maker_open(&a, FORK_OSAKA);
    maker_open(&b, FORK_OSAKA);
    struct signed_transaction txs[] = {maker_transfer(&a, 0, 0, 1, 5),
                                       maker_transfer(&a, 0, 1, 1, 6)};
    struct made_block good = maker_append(&a, 12, txs, 2);
    for (size_t i = 0; i < ARRAY_LEN(FAULTS); i++) {
        struct block bad = decoded(&a, good.rlp);
        FAULTS[i].spoil(&bad);
        enum block_verdict verdict = maker_import(&b, maker_encode(&a, &bad));
        assert_string_equal(block_verdict_text(verdict),
                            block_verdict_text(FAULTS[i].verdict));
        assert_true(strlen(err_sentence()) > 0);
        assert_int_equal(chain_head(b.chain)->number, 0);
    }
    assert_int_equal(maker_import(&b, bytes_of(good.rlp.at, good.rlp.len - 1)),
                     BLOCK_MALFORMED);
    assert_int_equal(maker_import(&b, good.rlp), BLOCK_OK);
    assert_same_hash(&chain_head(b.chain)->hash, &good.block.hash);
    maker_close(&a);
    maker_close(&b);
}

/* Branches. */

static void after_the_merge_the_newest_import_is_the_head(void **state)
{
    (void)state;
    struct chain_maker a, b;
    maker_open(&a, FORK_OSAKA);
    maker_open(&b, FORK_OSAKA);
    struct signed_transaction one = maker_transfer(&a, 0, 0, 1, 5),
                              two = maker_transfer(&a, 0, 1, 1, 6),
                              other = maker_transfer(&b, 0, 0, 2, 9);
    struct made_block a1 = maker_append(&a, 12, &one, 1),
                      a2 = maker_append(&a, 12, &two, 1),
                      b1 = maker_append(&b, 13, &other, 1);
    uint64_t number;
    uint32_t index;
    assert_int_equal(maker_import(&a, b1.rlp), BLOCK_OK);
    assert_same_hash(&chain_head(a.chain)->hash, &b1.block.hash);
    assert_true(is_findable(&a, &other.hash, &number, &index));
    assert_false(is_findable(&a, &one.hash, &number, &index));
    assert_false(is_findable(&a, &two.hash, &number, &index));
    u256 gained = u256_sub(balance_at(&a, 2, 1), balance_at(&a, 2, 0));
    assert_true(u256_equal(gained, u256_from(9)));

    /* Back again, by a block that is known already. */
    assert_int_equal(maker_import(&a, a2.rlp), BLOCK_OK);
    assert_same_hash(&chain_head(a.chain)->hash, &a2.block.hash);
    assert_true(is_findable(&a, &two.hash, &number, &index));
    assert_false(is_findable(&a, &other.hash, &number, &index));
    /* One that is canonical is not gone back to. */
    assert_int_equal(maker_import(&a, a1.rlp), BLOCK_OK);
    assert_same_hash(&chain_head(a.chain)->hash, &a2.block.hash);
    maker_close(&a);
    maker_close(&b);
}

static void before_the_merge_the_greater_difficulty_wins(void **state)
{
    (void)state;
    struct chain_maker a, b;
    maker_open(&a, FORK_BERLIN);
    maker_open(&b, FORK_BERLIN);
    struct signed_transaction one = maker_transfer(&a, 0, 0, 1, 5),
                              other = maker_transfer(&b, 0, 0, 2, 9);
    struct made_block a1 = maker_append(&a, 10, &one, 1),
                      b1 = maker_append(&b, 10, &other, 1),
                      b2 = maker_append(&b, 10, NULL, 0);
    assert_true(
        u256_equal(a1.block.header.difficulty, b1.block.header.difficulty));
    assert_int_equal(maker_import(&a, b1.rlp), BLOCK_OK);
    assert_same_hash(&chain_head(a.chain)->hash, &a1.block.hash);
    assert_int_equal(maker_import(&a, b2.rlp), BLOCK_OK);
    assert_same_hash(&chain_head(a.chain)->hash, &b2.block.hash);
    assert_int_equal(chain_head(a.chain)->number, 2);
    maker_close(&a);
    maker_close(&b);
}

static void a_branch_that_fails_leaves_everything_as_it_was(void **state)
{
    (void)state;
    struct chain_maker a, b;
    maker_open(&a, FORK_OSAKA);
    maker_open(&b, FORK_OSAKA);
    struct signed_transaction one = maker_transfer(&a, 0, 0, 1, 5),
                              two = maker_transfer(&a, 0, 1, 1, 6),
                              other = maker_transfer(&b, 0, 0, 2, 9);
    maker_append(&a, 12, &one, 1);
    struct made_block a2 = maker_append(&a, 12, &two, 1),
                      b1 = maker_append(&b, 13, &other, 1);
    struct block bad = decoded(&b, b1.rlp);
    spoil_state_root(&bad);
    u256 before = balance_at(&a, 1, STATE_NEWEST);
    assert_int_equal(maker_import(&a, maker_encode(&b, &bad)),
                     BLOCK_BAD_STATE_ROOT);
    assert_same_hash(&chain_head(a.chain)->hash, &a2.block.hash);
    assert_true(u256_equal(balance_at(&a, 1, STATE_NEWEST), before));
    uint64_t number;
    uint32_t index;
    assert_true(is_findable(&a, &two.hash, &number, &index));
    struct signed_transaction three = maker_transfer(&a, 0, 2, 1, 6);
    assert_int_equal(maker_append(&a, 12, &three, 1).outcome.count, 1);
    maker_close(&a);
    maker_close(&b);
}

static void an_uncle_is_rewarded_and_cannot_be_there_twice(void **state)
{
    (void)state;
    struct chain_maker a, b;
    maker_open(&a, FORK_BERLIN);
    maker_open(&b, FORK_BERLIN);
    maker_append(&a, 10, NULL, 0);
    struct made_block uncle = maker_append(&b, 20, NULL, 0);
    struct made_block second = maker_append(&a, 10, NULL, 0);
    assert_int_equal(chain_rewind(a.chain, 1), LOFT_OK);

    struct block with = decoded(&a, second.rlp);
    with.uncles = &uncle.block.header;
    with.uncle_count = 1;
    with.header.uncles_hash = block_uncles_hash(&with);
    /* All its rules are kept, but the state's root lacks the rewards. */
    assert_int_equal(maker_import(&a, maker_encode(&a, &with)),
                     BLOCK_BAD_STATE_ROOT);
    struct header twice[2] = {uncle.block.header, uncle.block.header};
    with.uncles = twice;
    with.uncle_count = 2;
    with.header.uncles_hash = block_uncles_hash(&with);
    assert_int_equal(maker_import(&a, maker_encode(&a, &with)),
                     BLOCK_BAD_UNCLES);
    maker_close(&a);
    maker_close(&b);
}

/* 54 blocks from Homestead to the second blob schedule after Osaka. */
static void a_published_chain_is_imported_to_its_end(void **state)
{
    (void)state;
    const char *genesis_path = vectors_path("rpc-compat/tests/genesis.json");
    const char *chain_path = vectors_path("rpc-compat/tests/chain.rlp");
    if (!genesis_path || !chain_path)
        skip();
    struct chain_maker m;
    struct genesis genesis;
    maker_open(&m, FORK_OSAKA);
    assert_int_equal(
        genesis_read(&m.arena, &genesis, vectors_read(&m.arena, genesis_path)),
        LOFT_OK);
    maker_restart(&m, &genesis);
    bytes rest = vectors_read(&m.arena, chain_path), block;
    while (rest.len) {
        assert_int_equal(rlp_read_raw(&block, &rest), LOFT_OK);
        if (maker_import(&m, block) != BLOCK_OK)
            fail_msg("after block %u: %s",
                     (unsigned)chain_head(m.chain)->number, err_sentence());
    }
    assert_int_equal(chain_head(m.chain)->number, 54);

    /* All of it can be undone, and is then as the genesis has it. */
    hash32 root;
    struct store_txn *txn;
    assert_int_equal(chain_rewind(m.chain, 0), LOFT_OK);
    assert_int_equal(store_begin_read(chain_store(m.chain), &txn), LOFT_OK);
    assert_int_equal(state_recompute_root(txn, &root), LOFT_OK);
    assert_same_hash(&root, &chain_head(m.chain)->header.state_root);
    store_abort(txn);
    maker_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_appended_block_is_the_head_and_can_be_read),
        cmocka_unit_test(a_view_that_has_rested_shows_the_head_of_now),
        cmocka_unit_test(another_chain_imports_what_was_appended),
        cmocka_unit_test(what_is_not_valid_is_left_out_and_told),
        cmocka_unit_test(a_block_needs_a_later_timestamp),
        cmocka_unit_test(a_gas_limit_moves_by_less_than_a_1024th),
        cmocka_unit_test(rewinding_takes_back_state_and_index),
        cmocka_unit_test(a_chain_goes_on_after_a_restart),
        cmocka_unit_test(another_genesis_is_refused),
        cmocka_unit_test(a_full_store_refuses_the_block_and_keeps_the_chain),
        cmocka_unit_test(each_fault_is_named_and_changes_nothing),
        cmocka_unit_test(after_the_merge_the_newest_import_is_the_head),
        cmocka_unit_test(before_the_merge_the_greater_difficulty_wins),
        cmocka_unit_test(a_branch_that_fails_leaves_everything_as_it_was),
        cmocka_unit_test(a_published_chain_is_imported_to_its_end),
        cmocka_unit_test(an_uncle_is_rewarded_and_cannot_be_there_twice),
    };
    return vectors_exit(cmocka_run_group_tests(tests, NULL, NULL));
}
