/* Keeping history short: states go, blocks stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chain/chain.h"
#include "chain/test/chain_maker.h"

enum { HEAD = 150, KEEP = 40, LARGE = 30 };

static void grow(struct chain_maker *maker, uint64_t from, uint64_t to)
{
    for (uint64_t nonce = from; nonce < to; nonce++) {
        struct signed_transaction tx = maker_transfer(maker, 0, nonce, 1, 5);
        assert_int_equal(maker_append(maker, 12, &tx, 1).outcome.count, 1);
    }
}

static struct chain_view *viewing(struct chain_maker *maker)
{
    struct chain_view *view;
    assert_int_equal(chain_view_open(&view, chain_store(maker->chain),
                                     chain_config(maker->chain), NULL),
                     LOFT_OK);
    return view;
}

/* The first block whose state can be read. */
static uint64_t states_begin(struct chain_maker *maker)
{
    struct chain_view *view = viewing(maker);
    struct state_view *state;
    uint64_t number = 0;
    while (chain_view_state(view, &state, number) == LOFT_ERR_NOT_FOUND)
        number++;
    chain_view_close(view);
    return number;
}

static bool prune(struct chain_maker *maker, uint64_t keep)
{
    bool done;
    assert_int_equal(chain_prune(maker->chain, keep, &done), LOFT_OK);
    return done;
}

/* A block that does not fit into a page of the store. */
static void append_large(struct chain_maker *maker)
{
    struct signed_transaction list[LARGE];
    for (unsigned nonce = 0; nonce < LARGE; nonce++)
        list[nonce] = maker_transfer(maker, 0, nonce, 1, 5);
    assert_int_equal(maker_append(maker, 12, list, LARGE).outcome.count, LARGE);
}

static void states_go_and_blocks_stay(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    append_large(&m);
    grow(&m, LARGE, LARGE + HEAD - 1);
    assert_true(prune(&m, HEAD)); /* as many as there are */
    assert_int_equal(states_begin(&m), 0);
    assert_true(prune(&m, KEEP));
    assert_int_equal(states_begin(&m), HEAD - KEEP);
    struct chain_view *view = viewing(&m);
    for (uint64_t number = 1; number <= HEAD; number++) {
        struct block block;
        const struct receipt *receipts;
        size_t count;
        hash32 hash;
        assert_int_equal(chain_view_hash_of(view, &hash, number), LOFT_OK);
        assert_int_equal(chain_view_block(view, &block, &hash), LOFT_OK);
        assert_int_equal(block.transaction_count, number == 1 ? LARGE : 1);
        assert_int_equal(chain_view_receipts(view, &receipts, &count, &hash),
                         LOFT_OK);
        assert_int_equal(count, block.transaction_count);
    }
    chain_view_close(view);
    maker_close(&m);
}

static void it_works_by_many_steps_at_a_time(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    grow(&m, 0, KEEP + CHAIN_PRUNE_STEPS - 1);
    assert_true(prune(&m, KEEP));
    assert_int_equal(states_begin(&m), 0);
    grow(&m, KEEP + CHAIN_PRUNE_STEPS - 1, KEEP + CHAIN_PRUNE_STEPS);
    assert_true(prune(&m, KEEP));
    assert_int_equal(states_begin(&m), CHAIN_PRUNE_STEPS);
    maker_close(&m);
}

static loft_err pay(void *context, struct overlay *overlay)
{
    static const address who = {{0xee}};
    (void)context;
    overlay_set_balance(overlay, &who, U256_ONE);
    return LOFT_OK;
}

static void amend(struct chain_maker *maker)
{
    assert_int_equal(chain_amend(maker->chain, pay, NULL), LOFT_OK);
}

static void the_chain_goes_back_as_far_as_states_do(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    grow(&m, 0, HEAD);
    struct chain_point snapshot;
    assert_int_equal(chain_rewind(m.chain, 5), LOFT_OK);
    amend(&m); /* steps of the state and blocks are no longer the same */
    assert_int_equal(chain_mark(m.chain, &snapshot), LOFT_OK);
    grow(&m, 5, HEAD);
    assert_true(prune(&m, KEEP));
    maker_reopen(&m);
    assert_int_equal(chain_rewind(m.chain, HEAD - KEEP - 2),
                     LOFT_ERR_NOT_FOUND);
    assert_int_equal(chain_return(m.chain, &snapshot), LOFT_ERR_NOT_FOUND);
    assert_non_null(
        strstr(err_sentence(), "the state of block 5 is forgotten"));
    struct chain_view *view = viewing(&m);
    struct state_view *state_then;
    assert_int_equal(chain_view_state(view, &state_then, 7),
                     LOFT_ERR_NOT_FOUND);
    assert_non_null(
        strstr(err_sentence(), "the state of block 7 is forgotten"));
    chain_view_close(view);
    assert_int_equal(chain_head(m.chain)->number, HEAD);
    assert_int_equal(chain_rewind(m.chain, HEAD - KEEP), LOFT_OK);
    assert_int_equal(chain_head(m.chain)->number, HEAD - KEEP);
    grow(&m, HEAD - KEEP, HEAD);
    maker_close(&m);
}

/* A branch from a block whose state is gone is refused, and changes nothing. */
static void a_branch_from_a_forgotten_block_is_refused(void **state)
{
    (void)state;
    struct chain_maker m;
    enum block_verdict verdict;
    maker_open(&m, FORK_OSAKA);
    grow(&m, 0, 9);
    struct signed_transaction tx = maker_transfer(&m, 0, 9, 2, 7);
    struct made_block other = maker_append(&m, 13, &tx, 1);
    assert_int_equal(chain_rewind(m.chain, 9), LOFT_OK);
    grow(&m, 9, HEAD);
    hash32 head = chain_head(m.chain)->hash;
    assert_true(prune(&m, KEEP));
    assert_int_equal(chain_import(m.chain, &verdict, other.rlp),
                     LOFT_ERR_NOT_FOUND);
    assert_true(hash32_equal(&chain_head(m.chain)->hash, &head));
    grow(&m, HEAD, HEAD + 1);
    maker_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_go_and_blocks_stay),
        cmocka_unit_test(it_works_by_many_steps_at_a_time),
        cmocka_unit_test(the_chain_goes_back_as_far_as_states_do),
        cmocka_unit_test(a_branch_from_a_forgotten_block_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
