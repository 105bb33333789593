#include "chain/block_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/chain.h"
#include "chain/next_header.h"
#include "chain/test/chain_maker.h"

/* A draft on the newest block, as maker_append() would make the next one. */
struct drafting {
    struct chain_maker *maker;
    struct chain_view *view;
    struct executor *executor;
    struct overlay *overlay;
    struct block_draft draft;
};

static void begin(struct drafting *d, struct chain_maker *maker, size_t count)
{
    const struct chain_head *head = chain_head(maker->chain);
    const struct chain_config *config = chain_config(maker->chain);
    const struct header_choices choices = {
        .timestamp = head->header.timestamp + 1,
        .gas_limit = 30000000,
        .coinbase = {{0x31}},
        .prev_randao = {{0x42}},
    };
    *d = (struct drafting){.maker = maker, .executor = executor_new()};
    assert_int_equal(chain_view_open(&d->view, chain_store(maker->chain),
                                     config, chain_base(maker->chain)),
                     LOFT_OK);
    assert_int_equal(chain_view_state(d->view, &d->draft.state, STATE_NEWEST),
                     LOFT_OK);
    d->overlay = overlay_new(&d->draft.state->source);
    d->draft.run.executor = d->executor;
    d->draft.run.overlay = d->overlay;
    d->draft.run.arena = &maker->arena;
    header_follow(&d->draft.block.header, config, maker->fork, &head->header,
                  &head->hash, &choices);
    block_draft_init(&d->draft, config, maker->fork);
    d->draft.run.context.block_hash = chain_view_block_hash;
    d->draft.run.context.chain = d->view;
    assert_int_equal(block_draft_begin(&d->draft, count), LOFT_OK);
}

static void end(struct drafting *d)
{
    enum block_verdict verdict;
    assert_int_equal(block_draft_end(&d->draft, &verdict), LOFT_OK);
    assert_int_equal(verdict, BLOCK_OK);
}

static void give_back(struct drafting *d)
{
    block_draft_fini(&d->draft);
    overlay_free(d->overlay);
    executor_free(d->executor);
    chain_view_close(d->view);
}

static void add(struct drafting *d, const struct signed_transaction *list,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(block_draft_add(&d->draft, &list[i].tx, list[i].raw,
                                         &list[i].sender, NULL),
                         TX_OK);
}

static void is_what_is_made(enum chain_fork fork)
{
    struct chain_maker maker;
    struct drafting d;
    maker_open(&maker, fork);
    for (uint64_t round = 0; round < 3; round++) {
        const struct signed_transaction list[] = {
            maker_transfer(&maker, 0, 2 * round, 1, 5),
            maker_transfer(&maker, 0, 2 * round + 1, 2, 6),
            maker_transfer(&maker, 1, round, 3, 7),
        };
        begin(&d, &maker, ARRAY_LEN(list));
        add(&d, list, ARRAY_LEN(list));
        end(&d);
        hash32 drafted = d.draft.block.hash;
        assert_int_equal(d.draft.block.transaction_count, ARRAY_LEN(list));
        size_t encoded_len = d.draft.block.encoded_len;
        give_back(&d);
        struct made_block made = maker_append(&maker, 1, list, ARRAY_LEN(list));
        assert_true(hash32_equal(&made.block.hash, &drafted));
        assert_int_equal(made.block.encoded_len, encoded_len);
    }
    maker_close(&maker);
}

static void a_draft_is_the_block_that_is_made_of_the_same(void **state)
{
    static const enum chain_fork forks[] = {FORK_LONDON,   FORK_PARIS,
                                            FORK_SHANGHAI, FORK_CANCUN,
                                            FORK_PRAGUE,   FORK_BPO2};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forks); i++)
        is_what_is_made(forks[i]);
}

/* Before Byzantium each receipt has a state root. */
static void a_draft_has_roots_after_each_transaction(void **state)
{
    (void)state;
    is_what_is_made(FORK_HOMESTEAD);
}

static void what_is_refused_leaves_the_draft_as_it_was(void **state)
{
    (void)state;
    struct chain_maker maker;
    struct drafting d;
    maker_open(&maker, FORK_BPO2);
    const struct signed_transaction late = maker_transfer(&maker, 0, 9, 1, 5);
    begin(&d, &maker, 1);
    assert_int_equal(
        block_draft_add(&d.draft, &late.tx, late.raw, &late.sender, NULL),
        TX_NONCE_TOO_HIGH);
    end(&d);
    hash32 drafted = d.draft.block.hash;
    give_back(&d);
    assert_int_equal(chain_head(maker.chain)->number, 0);
    struct made_block made = maker_append(&maker, 1, NULL, 0);
    assert_true(hash32_equal(&made.block.hash, &drafted));
    maker_close(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_is_the_block_that_is_made_of_the_same),
        cmocka_unit_test(a_draft_has_roots_after_each_transaction),
        cmocka_unit_test(what_is_refused_leaves_the_draft_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
