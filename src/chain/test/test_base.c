/* A chain that goes on from a block of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/chain.h"
#include "chain/test/chain_maker.h"

/* The other chain, and what of it is the base: the state after its second
 * block of three. */
struct world {
    struct chain_maker remote, fork;
    struct chain_view *view;
    struct chain_base base;
};

static struct made_block transfer(struct chain_maker *maker, uint64_t nonce,
                                  uint64_t wei)
{
    struct signed_transaction tx = maker_transfer(maker, 0, nonce, 1, wei);
    struct made_block made = maker_append(maker, 12, &tx, 1);
    assert_int_equal(made.outcome.count, 1);
    return made;
}

static struct chain_view *open_view(struct chain_maker *maker)
{
    struct chain_view *view;
    assert_int_equal(chain_view_open(&view, chain_store(maker->chain),
                                     chain_config(maker->chain), maker->base),
                     LOFT_OK);
    return view;
}

static hash32 hash_of(struct chain_view *view, uint64_t number)
{
    hash32 hash;
    assert_int_equal(chain_view_block_hash(view, &hash, number), LOFT_OK);
    return hash;
}

static void make_base(struct world *world)
{
    struct state_view *state;
    hash32 hash;
    world->view = open_view(&world->remote);
    hash = hash_of(world->view, 2);
    assert_int_equal(chain_view_header(world->view, &world->base.header, &hash),
                     LOFT_OK);
    assert_int_equal(chain_view_state(world->view, &state, 2), LOFT_OK);
    world->base.state = &state->source;
    world->base.block_hash = chain_view_block_hash;
    world->base.context = world->view;
}

static int open_world(void **state)
{
    struct world *world = test_malloc(sizeof *world);
    *world = (struct world){0};
    maker_open(&world->remote, FORK_OSAKA);
    for (uint64_t nonce = 0; nonce < 3; nonce++)
        transfer(&world->remote, nonce, 100);
    make_base(world);
    maker_open_over(&world->fork, FORK_OSAKA, &world->base);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    maker_close(&world->fork);
    chain_view_close(world->view);
    maker_close(&world->remote);
    test_free(world);
    return 0;
}

static uint64_t received(struct chain_maker *maker, uint64_t number)
{
    const uint64_t ether = UINT64_C(1000000000000000000);
    struct chain_view *view = open_view(maker);
    struct state_view *state;
    struct state_account found;
    address who = maker_address(1);
    u256 first = u256_mul(u256_from(1000), u256_from(ether));
    assert_int_equal(chain_view_state(view, &state, number), LOFT_OK);
    assert_int_equal(state->source.account(&state->source, &found, &who),
                     LOFT_OK);
    chain_view_close(view);
    return u256_clamp_u64(u256_sub(found.balance, first));
}

static void it_begins_with_the_block_and_its_state(void **state)
{
    struct world *world = *state;
    hash32 hash = hash_of(world->view, 2);
    const struct chain_head *head = chain_head(world->fork.chain);
    assert_int_equal(head->number, 2);
    assert_memory_equal(&head->hash, &hash, sizeof hash);
    assert_int_equal(received(&world->fork, STATE_NEWEST), 200);
    assert_int_equal(received(&world->remote, STATE_NEWEST), 300);
}

static void it_goes_its_own_way(void **state)
{
    struct world *world = *state;
    struct made_block made = transfer(&world->fork, 2, 7);
    hash32 parent = hash_of(world->view, 2);
    assert_int_equal(made.block.header.number, 3);
    assert_memory_equal(&made.block.header.parent_hash, &parent, sizeof parent);
    transfer(&world->fork, 3, 8);
    assert_int_equal(received(&world->fork, STATE_NEWEST), 215);
    assert_int_equal(received(&world->fork, 3), 207);
    assert_int_equal(received(&world->fork, 2), 200);
    maker_reopen(&world->fork);
    assert_int_equal(received(&world->fork, STATE_NEWEST), 215);
    assert_int_equal(chain_rewind(world->fork.chain, 2), LOFT_OK);
    assert_int_equal(received(&world->fork, STATE_NEWEST), 200);
    assert_int_equal(chain_rewind(world->fork.chain, 1), LOFT_ERR_NOT_FOUND);
}

static void hashes_of_earlier_blocks_are_the_base_s(void **state)
{
    struct world *world = *state;
    struct chain_view *view = open_view(&world->fork);
    for (uint64_t number = 0; number < 3; number++) {
        hash32 is = hash_of(view, number);
        hash32 was = hash_of(world->view, number);
        assert_memory_equal(&is, &was, sizeof is);
    }
    hash32 none = hash_of(view, 3), zero = {{0}};
    assert_memory_equal(&none, &zero, sizeof none);
    chain_view_close(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_begins_with_the_block_and_its_state,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(it_goes_its_own_way, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(hashes_of_earlier_blocks_are_the_base_s,
                                        open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
