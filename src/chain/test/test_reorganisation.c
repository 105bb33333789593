/* Random histories: one chain appends and goes back, another imports every
 * block as it comes and so reorganises again and again. The root in the
 * tables, the root computed anew from the accounts, and the head's are the
 * same all along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/test/chain_maker.h"
#include "crypto/keccak.h"

#define STEPS 250
#define CONTRACTS_MAX 16

/* Called with 64 bytes it stores the second word under the first; called with
 * none it destroys itself. */
static const uint8_t INIT_CODE[] = {
    0x6e,                               /* PUSH15 */
    0x36, 0x15, 0x60, 0x0c, 0x57,       /* no input: jump */
    0x60, 0x20, 0x35, 0x5f, 0x35, 0x55, /* SSTORE */
    0x00, 0x5b, 0x33, 0xff,             /* SELFDESTRUCT to the caller */
    0x5f, 0x52, 0x60, 0x0f, 0x60, 0x11, 0xf3,
};

struct world {
    struct chain_maker author, reader;
    address contracts[CONTRACTS_MAX];
    size_t contract_count;
    uint64_t random;
};

static uint64_t pick(struct world *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random % below;
}

static uint64_t nonce_of(struct world *w, unsigned account)
{
    struct chain_view *view;
    struct state_view *state;
    struct state_account found;
    struct chain *chain = w->author.chain;
    address who = maker_address(account);
    assert_int_equal(
        chain_view_open(&view, chain_store(chain), chain_config(chain), NULL),
        LOFT_OK);
    assert_int_equal(chain_view_state(view, &state, STATE_NEWEST), LOFT_OK);
    assert_int_equal(state->source.account(&state->source, &found, &who),
                     LOFT_OK);
    chain_view_close(view);
    return found.nonce;
}

static struct transaction any_transaction(struct world *w, uint64_t nonce)
{
    u256 price = u256_from(UINT64_C(100000000000));
    struct transaction tx = {.type = TX_LEGACY,
                             .nonce = nonce,
                             .gas_limit = 200000,
                             .max_fee = price,
                             .max_priority_fee = price};
    uint64_t kind = pick(w, 10);
    if (kind == 0) {
        tx.is_creation = true;
        tx.data = bytes_of(INIT_CODE, sizeof INIT_CODE);
    } else if (kind < 8 && w->contract_count) {
        tx.to = w->contracts[pick(w, w->contract_count)];
        uint8_t *input = arena_zalloc(&w->author.arena, 64);
        input[31] = (uint8_t)pick(w, 40);
        input[63] = (uint8_t)pick(w, 3);
        tx.data = bytes_of(input, kind == 7 ? 0 : 64);
    } else {
        tx.to = (address){{0xee, (uint8_t)pick(w, 50)}};
        tx.value = u256_from(pick(w, 1000));
    }
    return tx;
}

/* Who makes the very block again that was gone back behind tells the reader
 * nothing new: it stays where it was. */
static void keep_up(struct world *w)
{
    uint64_t number = chain_head(w->author.chain)->number;
    if (chain_head(w->reader.chain)->number > number)
        assert_int_equal(chain_rewind(w->reader.chain, number), LOFT_OK);
}

static void append(struct world *w)
{
    struct signed_transaction list[6];
    size_t count = pick(w, 6);
    unsigned account = (unsigned)pick(w, MAKER_ACCOUNTS);
    uint64_t nonce = nonce_of(w, account);
    for (size_t i = 0; i < count; i++)
        list[i] = maker_sign(&w->author, any_transaction(w, nonce + i),
                             account);
    struct made_block made = maker_append(&w->author, 1 + pick(w, 20), list,
                                          count);
    assert_int_equal(made.outcome.count, count);
    for (size_t i = 0; i < count; i++)
        if (!address_is_zero(&made.outcome.executions[i].created))
            w->contracts[w->contract_count++ % CONTRACTS_MAX] =
                made.outcome.executions[i].created;
    if (w->contract_count > CONTRACTS_MAX)
        w->contract_count = CONTRACTS_MAX;
    if (maker_import(&w->reader, made.rlp) != BLOCK_OK)
        fail_msg("%s", err_sentence());
    keep_up(w);
}

static void go_back(struct world *w)
{
    uint64_t at = chain_head(w->author.chain)->number, by = 1 + pick(w, 4);
    assert_int_equal(chain_rewind(w->author.chain, at > by ? at - by : 0),
                     LOFT_OK);
}

static void assert_in_step(struct chain *chain)
{
    struct store_txn *txn;
    hash32 kept, anew;
    const hash32 *want = &chain_head(chain)->header.state_root;
    assert_int_equal(store_begin_read(chain_store(chain), &txn), LOFT_OK);
    assert_int_equal(state_root(txn, &kept), LOFT_OK);
    assert_int_equal(state_recompute_root(txn, &anew), LOFT_OK);
    store_abort(txn);
    assert_memory_equal(kept.at, want->at, sizeof want->at);
    assert_memory_equal(anew.at, want->at, sizeof want->at);
}

static void run_history(enum chain_fork fork, uint64_t seed)
{
    struct world w = {.random = seed};
    print_message("%s, seed %llu\n", fork_name(fork), (unsigned long long)seed);
    maker_open(&w.author, fork);
    maker_open(&w.reader, fork);
    for (int i = 0; i < STEPS; i++) {
        if (pick(&w, 6) == 0)
            go_back(&w);
        append(&w);
        assert_memory_equal(&chain_head(w.author.chain)->hash,
                            &chain_head(w.reader.chain)->hash, sizeof(hash32));
        if (i % 10 == 0) {
            assert_in_step(w.author.chain);
            assert_in_step(w.reader.chain);
        }
    }
    maker_reopen(&w.reader);
    assert_in_step(w.reader.chain);
    maker_close(&w.author);
    maker_close(&w.reader);
}

/* The same commit gets the same verdict each time; LOFT_TEST_SEED looks
 * further. */
static uint64_t drawn_seed(void)
{
    const char *given = getenv("LOFT_TEST_SEED");
    return given ? strtoull(given, NULL, 10) | 1 : 1;
}

static void selfdestruction_clears_and_comes_back(void **state)
{
    (void)state;
    run_history(FORK_SHANGHAI, drawn_seed());
}

static void the_newest_rules_keep_in_step(void **state)
{
    (void)state;
    run_history(FORK_OSAKA, drawn_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selfdestruction_clears_and_comes_back),
        cmocka_unit_test(the_newest_rules_keep_in_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
