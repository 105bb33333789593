/* Going back, and changes of the state outside of blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/chain.h"
#include "chain/test/chain_maker.h"

#define DRAWN 0x77 /* an account that no block names */

static address stranger(void)
{
    return (address){{DRAWN}};
}

/* Reads from the state after a block, or with `before` from the one that it
 * was executed on. */
static u256 balance_read(struct chain_maker *maker, address who,
                         uint64_t number, bool before)
{
    struct chain_view *view;
    struct state_view *state;
    struct state_account found;
    assert_int_equal(chain_view_open(&view, chain_store(maker->chain),
                                     chain_config(maker->chain), NULL),
                     LOFT_OK);
    assert_int_equal(before ? chain_view_state_before(view, &state, number)
                            : chain_view_state(view, &state, number),
                     LOFT_OK);
    assert_int_equal(state->source.account(&state->source, &found, &who),
                     LOFT_OK);
    chain_view_close(view);
    return found.balance;
}

static uint64_t stranger_has(struct chain_maker *maker, uint64_t number)
{
    return u256_clamp_u64(balance_read(maker, stranger(), number, false));
}

static loft_err give(void *context, struct overlay *overlay)
{
    const uint64_t *wei = context;
    address who = stranger();
    overlay_set_balance(overlay, &who, u256_from(*wei));
    return LOFT_OK;
}

static void amend(struct chain_maker *maker, uint64_t wei)
{
    assert_int_equal(chain_amend(maker->chain, give, &wei), LOFT_OK);
}

static struct made_block append_one(struct chain_maker *maker, uint64_t nonce)
{
    struct signed_transaction tx = maker_transfer(maker, 0, nonce, 1, 5);
    struct made_block made = maker_append(maker, 12, &tx, 1);
    assert_int_equal(made.outcome.count, 1);
    return made;
}

static bool is_amended(struct chain_maker *maker)
{
    bool amended;
    assert_int_equal(chain_is_amended(maker->chain, &amended), LOFT_OK);
    return amended;
}

static void check_roots(struct chain_maker *maker)
{
    struct store_txn *txn;
    hash32 kept, computed;
    assert_int_equal(store_begin_read(chain_store(maker->chain), &txn),
                     LOFT_OK);
    assert_int_equal(state_root(txn, &kept), LOFT_OK);
    assert_int_equal(state_recompute_root(txn, &computed), LOFT_OK);
    store_abort(txn);
    assert_memory_equal(&kept, &computed, sizeof kept);
    if (!is_amended(maker))
        assert_memory_equal(&kept, &chain_head(maker->chain)->header.state_root,
                            sizeof kept);
}

static void an_amendment_is_seen_in_the_newest_state_alone(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    append_one(&m, 0);
    assert_false(is_amended(&m));
    amend(&m, 9);
    assert_true(is_amended(&m));
    assert_int_equal(chain_head(m.chain)->number, 1);
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 9);
    assert_int_equal(stranger_has(&m, 1), 9);
    assert_int_equal(stranger_has(&m, 0), 0);
    check_roots(&m);

    append_one(&m, 1);
    assert_false(is_amended(&m));
    assert_int_equal(stranger_has(&m, 2), 9);
    assert_int_equal(stranger_has(&m, 1), 0);
    assert_int_equal(u256_clamp_u64(balance_read(&m, stranger(), 2, true)), 9);
    assert_int_equal(u256_clamp_u64(balance_read(&m, stranger(), 1, true)), 0);
    check_roots(&m);
    maker_close(&m);
}

static loft_err give_and_fail(void *context, struct overlay *overlay)
{
    assert_int_equal(give(context, overlay), LOFT_OK);
    return LOFT_ERR_USAGE;
}

static void an_amendment_that_fails_changes_nothing(void **state)
{
    (void)state;
    struct chain_maker m;
    uint64_t wei = 9;
    maker_open(&m, FORK_OSAKA);
    append_one(&m, 0);
    assert_int_equal(chain_amend(m.chain, give_and_fail, &wei), LOFT_ERR_USAGE);
    assert_false(is_amended(&m));
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 0);
    append_one(&m, 1);
    check_roots(&m);
    maker_close(&m);
}

static void amendments_survive_a_restart(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    append_one(&m, 0);
    amend(&m, 9);
    maker_reopen(&m);
    assert_true(is_amended(&m));
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 9);
    append_one(&m, 1);
    maker_reopen(&m);
    assert_int_equal(stranger_has(&m, 2), 9);
    check_roots(&m);
    maker_close(&m);
}

static void rewinding_drops_amendments_made_since(void **state)
{
    (void)state;
    struct chain_maker m;
    maker_open(&m, FORK_OSAKA);
    append_one(&m, 0);
    amend(&m, 9);
    amend(&m, 10);
    append_one(&m, 1);
    amend(&m, 11);
    assert_int_equal(chain_rewind(m.chain, 2), LOFT_OK);
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 10);
    check_roots(&m);
    assert_int_equal(chain_rewind(m.chain, 1), LOFT_OK);
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 0);
    assert_false(is_amended(&m));
    check_roots(&m);
    struct made_block again = append_one(&m, 1);
    assert_int_equal(again.block.header.number, 2);
    check_roots(&m);
    maker_close(&m);
}

static void a_point_is_returned_to_with_its_amendments(void **state)
{
    (void)state;
    struct chain_maker m;
    struct chain_point bare, amended, later;
    maker_open(&m, FORK_OSAKA);
    append_one(&m, 0);
    assert_int_equal(chain_mark(m.chain, &bare), LOFT_OK);
    amend(&m, 9);
    assert_int_equal(chain_mark(m.chain, &amended), LOFT_OK);
    amend(&m, 10);
    append_one(&m, 1);
    append_one(&m, 2);
    assert_int_equal(chain_mark(m.chain, &later), LOFT_OK);

    assert_int_equal(chain_return(m.chain, &amended), LOFT_OK);
    assert_int_equal(chain_head(m.chain)->number, 1);
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 9);
    assert_true(is_amended(&m));
    check_roots(&m);
    assert_int_equal(chain_return(m.chain, &later), LOFT_ERR_NOT_FOUND);

    append_one(&m, 1);
    assert_int_equal(chain_return(m.chain, &bare), LOFT_OK);
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 0);
    assert_int_equal(chain_return(m.chain, &amended), LOFT_ERR_NOT_FOUND);
    assert_int_equal(chain_return(m.chain, &bare), LOFT_OK);
    check_roots(&m);
    maker_close(&m);
}

static void an_import_builds_on_the_state_of_its_parent(void **state)
{
    (void)state;
    struct chain_maker author, other;
    maker_open(&author, FORK_OSAKA);
    maker_open(&other, FORK_OSAKA);
    struct made_block first = append_one(&author, 0);
    assert_int_equal(maker_import(&other, first.rlp), BLOCK_OK);
    struct made_block second = append_one(&author, 1);
    amend(&other, 9);
    assert_int_equal(maker_import(&other, second.rlp), BLOCK_OK);
    assert_int_equal(stranger_has(&other, STATE_NEWEST), 0);
    check_roots(&other);
    maker_close(&author);
    maker_close(&other);
}

static void the_way_back_may_be_taken_in_parts(void **state)
{
    (void)state;
    struct chain_maker m;
    struct chain_point point, gone;
    uint64_t last = 2 * CHAIN_RETURN_BLOCKS + 2, before, parts = 0;
    bool done = false;
    maker_open(&m, FORK_OSAKA);
    append_one(&m, 0);
    amend(&m, 9);
    assert_int_equal(chain_mark(m.chain, &point), LOFT_OK);
    for (uint64_t nonce = 1; nonce < last; nonce++)
        append_one(&m, nonce);
    assert_int_equal(chain_mark(m.chain, &gone), LOFT_OK);
    for (; !done; parts++) {
        before = chain_head(m.chain)->number;
        assert_int_equal(chain_return_some(m.chain, &point, &done), LOFT_OK);
        assert_in_range(before - chain_head(m.chain)->number, 1,
                        CHAIN_RETURN_BLOCKS);
        check_roots(&m);
    }
    assert_int_equal(parts, 3);
    assert_int_equal(chain_head(m.chain)->number, 1);
    assert_int_equal(stranger_has(&m, STATE_NEWEST), 9);
    assert_int_equal(chain_return_some(m.chain, &gone, &done),
                     LOFT_ERR_NOT_FOUND);
    assert_int_equal(chain_head(m.chain)->number, 1);
    assert_int_equal(chain_return_some(m.chain, &point, &done), LOFT_OK);
    assert_true(done);
    maker_close(&m);
}

static void what_is_undone_at_a_time_depends_on_what_blocks_hold(void **state)
{
    (void)state;
    struct chain_maker m;
    struct chain_point point;
    struct signed_transaction txs[150];
    uint64_t nonce = 0;
    bool done;
    maker_open(&m, FORK_OSAKA);
    assert_int_equal(chain_mark(m.chain, &point), LOFT_OK);
    for (int block = 0; block < 3; block++) {
        for (size_t i = 0; i < ARRAY_LEN(txs); i++)
            txs[i] = maker_transfer(&m, 0, nonce++, 1, 5);
        maker_append(&m, 12, txs, ARRAY_LEN(txs));
    }
    assert_int_equal(chain_return_some(m.chain, &point, &done), LOFT_OK);
    assert_false(done);
    assert_int_equal(chain_head(m.chain)->number, 2);
    maker_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_amendment_is_seen_in_the_newest_state_alone),
        cmocka_unit_test(an_amendment_that_fails_changes_nothing),
        cmocka_unit_test(amendments_survive_a_restart),
        cmocka_unit_test(rewinding_drops_amendments_made_since),
        cmocka_unit_test(a_point_is_returned_to_with_its_amendments),
        cmocka_unit_test(the_way_back_may_be_taken_in_parts),
        cmocka_unit_test(what_is_undone_at_a_time_depends_on_what_blocks_hold),
        cmocka_unit_test(an_import_builds_on_the_state_of_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
