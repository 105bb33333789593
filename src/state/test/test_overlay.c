/* The overlay: single rules by name, and all of them together against a model
 * that copies the whole state at every snapshot. */
#include "state/overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/keccak.h"

static const struct overlay_rules FRONTIER = {false, false};
static const struct overlay_rules SHANGHAI = {true, false};
static const struct overlay_rules CANCUN = {true, true};

static address who(unsigned n)
{
    address out = {{[18] = 0xaa}};
    out.at[19] = (uint8_t)n;
    return out;
}

static const address RIPEMD160 = {{[19] = 3}};

/* A source with one account for each of the numbers 0 to 3: number, balance
 * 1000 * number, slots 1 and 2 set from number 2 on; 3 has code. */
static loft_err some_account(struct state_source *source,
                             struct state_account *out, const address *at)
{
    (void)source;
    unsigned n = at->at[19];
    *out = (struct state_account){.code_hash = KECCAK_EMPTY};
    if (address_equal(at, &RIPEMD160))
        out->exists = true;
    if (at->at[18] != 0xaa || n > 3)
        return LOFT_OK;
    out->exists = true;
    out->nonce = n;
    out->balance = u256_from(1000ull * n);
    out->has_storage = n >= 2;
    if (n == 3)
        out->code_hash = keccak256(bytes_str("code"));
    return LOFT_OK;
}

static loft_err some_slot(struct state_source *source, u256 *out,
                          const address *at, const u256 *key)
{
    (void)source;
    bool is_set = at->at[18] == 0xaa && (at->at[19] == 2 || at->at[19] == 3) &&
                  u256_fits_u64(*key) &&
                  (key->limb[0] == 1 || key->limb[0] == 2);
    *out = is_set ? u256_from(at->at[19] * 10 + key->limb[0]) : U256_ZERO;
    return LOFT_OK;
}

static loft_err some_code(struct state_source *source, struct arena *arena,
                          bytes *out, const hash32 *hash)
{
    (void)source, (void)arena, (void)hash;
    *out = bytes_str("code");
    return LOFT_OK;
}

static struct state_source SOME = {some_account, some_slot, some_code};

static u256 load(struct overlay *overlay, const address *at, uint64_t key)
{
    u256 slot = u256_from(key);
    return overlay_load(overlay, at, &slot, NULL);
}

static struct overlay_slot store(struct overlay *overlay, const address *at,
                                 uint64_t key, uint64_t value)
{
    u256 slot = u256_from(key), is = u256_from(value);
    return overlay_store(overlay, at, &slot, &is);
}

#define assert_u256(value, expected)                         \
    do {                                                     \
        u256 is_ = (value);                                  \
        assert_true(u256_fits_u64(is_));                     \
        assert_int_equal(is_.limb[0], (uint64_t)(expected)); \
    } while (0)

static void reads_fall_through_and_writes_stay(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address a = who(3), none = who(9);
    overlay_begin(overlay, CANCUN);
    assert_true(overlay_exists(overlay, &a));
    assert_int_equal(overlay_nonce(overlay, &a), 3);
    assert_u256(overlay_balance(overlay, &a), 3000);
    assert_true(bytes_equal(overlay_code(overlay, &a), bytes_str("code")));
    assert_u256(load(overlay, &a, 1), 31);
    assert_true(overlay_has_storage(overlay, &a));
    assert_false(overlay_exists(overlay, &none));
    assert_true(overlay_is_empty(overlay, &none));
    hash32 hash = overlay_code_hash(overlay, &none);
    assert_true(hash32_is_zero(&hash));
    store(overlay, &a, 1, 5);
    overlay_set_code(overlay, &none, bytes_str("new"));
    overlay_end(overlay);
    assert_u256(load(overlay, &a, 1), 5);
    assert_true(bytes_equal(overlay_code(overlay, &none), bytes_str("new")));
    overlay_reset(overlay, &SOME);
    assert_u256(load(overlay, &a, 1), 31);
    assert_int_equal(overlay_code(overlay, &none).len, 0);
    overlay_free(overlay);
}

static void originals_are_those_of_the_transaction(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address a = who(2);
    overlay_begin(overlay, CANCUN);
    struct overlay_slot slot = store(overlay, &a, 1, 7);
    assert_u256(slot.original, 21);
    assert_u256(slot.current, 21);
    assert_false(slot.warm);
    slot = store(overlay, &a, 1, 8);
    assert_u256(slot.original, 21);
    assert_u256(slot.current, 7);
    assert_true(slot.warm);
    overlay_end(overlay);
    overlay_begin(overlay, CANCUN);
    slot = store(overlay, &a, 1, 9);
    assert_u256(slot.original, 8);
    assert_false(slot.warm);
    overlay_end(overlay);
    overlay_free(overlay);
}

static void a_revert_undoes_warmth_logs_and_transient_slots(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address a = who(2);
    u256 key = u256_from(1), value = u256_from(77);
    size_t count;
    overlay_begin(overlay, CANCUN);
    uint32_t snapshot = overlay_snapshot(overlay);
    assert_false(overlay_access(overlay, &a));
    assert_true(overlay_access(overlay, &a));
    assert_false(overlay_access_slot(overlay, &a, &key));
    overlay_store_transient(overlay, &a, &key, &value);
    struct overlay_log log = {.emitter = a, .data = bytes_str("data")};
    overlay_log(overlay, &log);
    overlay_revert(overlay, snapshot);
    assert_false(overlay_access(overlay, &a));
    assert_false(overlay_access_slot(overlay, &a, &key));
    assert_u256(overlay_load_transient(overlay, &a, &key), 0);
    overlay_logs(overlay, &count);
    assert_int_equal(count, 0);
    overlay_store_transient(overlay, &a, &key, &value);
    overlay_log(overlay, &log);
    overlay_end(overlay);
    const struct overlay_log *logs = overlay_logs(overlay, &count);
    assert_int_equal(count, 1);
    assert_true(bytes_equal(logs[0].data, bytes_str("data")));
    overlay_begin(overlay, CANCUN);
    assert_false(overlay_access(overlay, &a));
    assert_u256(overlay_load_transient(overlay, &a, &key), 0);
    overlay_logs(overlay, &count);
    assert_int_equal(count, 0);
    overlay_free(overlay);
}

static void a_touched_empty_account_goes_from_eip_161_on(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address empty = who(0), none = who(9);
    overlay_begin(overlay, FRONTIER);
    overlay_touch(overlay, &empty);
    overlay_touch(overlay, &none);
    overlay_end(overlay);
    assert_true(overlay_exists(overlay, &empty));
    assert_true(overlay_exists(overlay, &none));
    overlay_reset(overlay, &SOME);
    overlay_begin(overlay, SHANGHAI);
    uint32_t snapshot = overlay_snapshot(overlay);
    overlay_touch(overlay, &empty);
    overlay_revert(overlay, snapshot);
    overlay_end(overlay);
    assert_true(overlay_exists(overlay, &empty));
    overlay_begin(overlay, SHANGHAI);
    overlay_touch(overlay, &empty);
    overlay_touch(overlay, &none);
    overlay_end(overlay);
    assert_false(overlay_exists(overlay, &empty));
    assert_false(overlay_exists(overlay, &none));
    overlay_free(overlay);
}

static void the_touch_of_ripemd160_outlives_a_revert(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    overlay_begin(overlay, SHANGHAI);
    uint32_t snapshot = overlay_snapshot(overlay);
    overlay_touch(overlay, &RIPEMD160);
    overlay_revert(overlay, snapshot);
    assert_true(overlay_exists(overlay, &RIPEMD160));
    overlay_end(overlay);
    assert_false(overlay_exists(overlay, &RIPEMD160));
    overlay_free(overlay);
}

static void creation_hides_storage_and_a_revert_shows_it_again(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address a = who(2);
    overlay_begin(overlay, CANCUN);
    store(overlay, &a, 5, 55);
    uint32_t snapshot = overlay_snapshot(overlay);
    overlay_create(overlay, &a);
    assert_u256(load(overlay, &a, 1), 0);
    assert_u256(load(overlay, &a, 5), 0);
    assert_false(overlay_has_storage(overlay, &a));
    struct overlay_slot slot = store(overlay, &a, 1, 4);
    assert_u256(slot.original, 0);
    assert_u256(slot.current, 0);
    assert_u256(load(overlay, &a, 1), 4);
    overlay_revert(overlay, snapshot);
    assert_u256(load(overlay, &a, 1), 21);
    assert_u256(load(overlay, &a, 5), 55);
    slot = store(overlay, &a, 1, 6);
    assert_u256(slot.original, 21);
    overlay_free(overlay);
}

static void selfdestruct_pays_and_kills_as_the_fork_says(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address a = who(2), heir = who(1), fresh = who(9);
    overlay_begin(overlay, SHANGHAI);
    assert_false(overlay_selfdestruct(overlay, &a, &heir));
    assert_true(overlay_selfdestruct(overlay, &a, &heir));
    assert_u256(overlay_balance(overlay, &heir), 3000);
    assert_u256(load(overlay, &a, 1), 21);
    overlay_end(overlay);
    assert_false(overlay_exists(overlay, &a));
    assert_u256(load(overlay, &a, 1), 0);

    overlay_reset(overlay, &SOME);
    overlay_begin(overlay, CANCUN);
    assert_false(overlay_selfdestruct(overlay, &a, &a));
    assert_u256(overlay_balance(overlay, &a), 2000);
    overlay_selfdestruct(overlay, &a, &heir);
    assert_u256(overlay_balance(overlay, &a), 0);
    overlay_create(overlay, &fresh);
    overlay_set_balance(overlay, &fresh, u256_from(5));
    overlay_selfdestruct(overlay, &fresh, &fresh);
    assert_u256(overlay_balance(overlay, &fresh), 0);
    overlay_end(overlay);
    assert_true(overlay_exists(overlay, &a));
    assert_u256(load(overlay, &a, 1), 21);
    assert_false(overlay_exists(overlay, &fresh));
    overlay_free(overlay);
}

struct seen {
    unsigned accounts, slots, cleared;
    u256 was, is;
};

static void see(void *context, const struct overlay_change *change)
{
    struct seen *seen = context;
    seen->accounts++;
    seen->slots += (unsigned)change->slot_count;
    seen->cleared += change->storage_cleared;
    if (change->slot_count) {
        seen->was = change->slots[0].was;
        seen->is = change->slots[0].is;
    }
}

static struct seen changes_of(struct overlay *overlay)
{
    struct seen seen = {0};
    overlay_changes(overlay, see, &seen);
    return seen;
}

static void changes_are_what_differs_from_the_source(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&SOME);
    address a = who(2), b = who(3);
    overlay_begin(overlay, SHANGHAI);
    load(overlay, &a, 1);
    store(overlay, &a, 2, 9);
    store(overlay, &a, 2, 22);
    overlay_set_balance(overlay, &b, u256_from(1));
    overlay_set_balance(overlay, &b, u256_from(3000));
    overlay_end(overlay);
    assert_int_equal(changes_of(overlay).accounts, 0);
    overlay_begin(overlay, SHANGHAI);
    store(overlay, &a, 2, 9);
    overlay_end(overlay);
    struct seen seen = changes_of(overlay);
    assert_int_equal(seen.accounts, 1);
    assert_int_equal(seen.slots, 1);
    assert_u256(seen.was, 22);
    assert_u256(seen.is, 9);
    overlay_begin(overlay, SHANGHAI);
    overlay_selfdestruct(overlay, &a, &b);
    overlay_end(overlay);
    overlay_begin(overlay, SHANGHAI);
    overlay_create(overlay, &a);
    overlay_set_nonce(overlay, &a, 1);
    store(overlay, &a, 7, 70);
    overlay_end(overlay);
    seen = changes_of(overlay);
    assert_int_equal(seen.accounts, 2);
    assert_int_equal(seen.cleared, 1);
    assert_int_equal(seen.slots, 1);
    assert_u256(seen.was, 0);
    assert_u256(seen.is, 70);
    overlay_free(overlay);
}

static loft_err broken_account(struct state_source *source,
                               struct state_account *out, const address *at)
{
    (void)source, (void)out, (void)at;
    return err_say(LOFT_ERR_IO, "the disk is gone");
}

static void a_failing_source_is_remembered(void **state)
{
    (void)state;
    struct state_source broken = SOME;
    broken.account = broken_account;
    struct overlay *overlay = overlay_new(&broken);
    address a = who(2);
    assert_int_equal(overlay_error(overlay), LOFT_OK);
    assert_u256(overlay_balance(overlay, &a), 0);
    (void)err_say(LOFT_ERR_LIMIT, "another thing");
    assert_int_equal(overlay_error(overlay), LOFT_ERR_IO);
    assert_string_equal(err_sentence(), "the disk is gone");
    overlay_reset(overlay, &SOME);
    assert_int_equal(overlay_error(overlay), LOFT_OK);
    overlay_free(overlay);
}

/* The model: a few accounts and slots in plain arrays. */

enum { ACCOUNTS = 6, SLOTS = 4, SNAPSHOTS = 8 };

struct model_account {
    bool exists, touched, created, destroyed, warm, has_code;
    uint64_t nonce, balance;
    uint64_t slots[SLOTS], transient[SLOTS];
    bool warm_slots[SLOTS];
};

struct model {
    struct model_account accounts[ACCOUNTS];
    unsigned logs;
};

struct play {
    struct overlay *overlay;
    struct model now, begun; /* begun: at the transaction's start */
    struct model saved[SNAPSHOTS];
    uint32_t snapshots[SNAPSHOTS];
    unsigned depth;
    struct overlay_rules rules;
};

static void model_from_source(struct model *model)
{
    memset(model, 0, sizeof *model);
    for (unsigned n = 0; n < 4; n++) {
        struct model_account *account = &model->accounts[n];
        account->exists = true;
        account->nonce = n;
        account->balance = 1000 * n;
        account->has_code = n == 3;
        if (n >= 2)
            account->slots[1] = n * 10 + 1, account->slots[2] = n * 10 + 2;
    }
}

static bool model_empty(const struct model_account *account)
{
    return !account->nonce && !account->balance && !account->has_code;
}

static void model_end(struct play *play)
{
    for (unsigned n = 0; n < ACCOUNTS; n++) {
        struct model_account *account = &play->now.accounts[n];
        if (account->destroyed || (play->rules.delete_empty &&
                                   account->touched && model_empty(account)))
            memset(account, 0, sizeof *account);
        account->touched = account->created = account->destroyed = false;
        account->warm = false;
        memset(account->warm_slots, 0, sizeof account->warm_slots);
        memset(account->transient, 0, sizeof account->transient);
    }
    play->now.logs = 0;
}

static void model_touch(struct play *play, unsigned n)
{
    struct model_account *account = &play->now.accounts[n];
    account->touched = true;
    if (!play->rules.delete_empty)
        account->exists = true;
}

static struct model_account *model_write(struct play *play, unsigned n)
{
    struct model_account *account = &play->now.accounts[n];
    account->exists = account->touched = true;
    return account;
}

static void model_transfer(struct play *play, unsigned from, unsigned to,
                           uint64_t value)
{
    if (value == 0) {
        model_touch(play, to);
        return;
    }
    model_write(play, from)->balance -= value;
    model_write(play, to)->balance += value;
}

static void same_account(struct play *play, unsigned n)
{
    const struct model_account *model = &play->now.accounts[n];
    struct overlay *overlay = play->overlay;
    address at = who(n);
    assert_int_equal(overlay_exists(overlay, &at), model->exists);
    assert_int_equal(overlay_is_empty(overlay, &at), model_empty(model));
    assert_int_equal(overlay_nonce(overlay, &at), model->nonce);
    assert_u256(overlay_balance(overlay, &at), model->balance);
    assert_int_equal(overlay_code(overlay, &at).len, model->has_code ? 4 : 0);
    bool any = false;
    for (unsigned k = 0; k < SLOTS; k++)
        any |= model->slots[k] != 0;
    if (n < 2 || any)
        assert_int_equal(overlay_has_storage(overlay, &at), any);
}

static void same(struct play *play)
{
    size_t logs;
    for (unsigned n = 0; n < ACCOUNTS; n++)
        same_account(play, n);
    overlay_logs(play->overlay, &logs);
    assert_int_equal(logs, play->now.logs);
}

static void play_slot(struct play *play, unsigned n, uint64_t k, uint64_t value)
{
    struct model_account *model = &play->now.accounts[n];
    address at = who(n);
    u256 key = u256_from(k), is = u256_from(value);
    bool warm;
    /* Only code that runs, and so exists, writes slots. */
    if (model->exists && (value == 0 || value > 2)) {
        struct overlay_slot was = overlay_store(play->overlay, &at, &key, &is);
        assert_u256(was.current, model->slots[k]);
        assert_u256(was.original,
                    model->created ? 0 : play->begun.accounts[n].slots[k]);
        warm = was.warm;
    } else {
        assert_u256(overlay_load(play->overlay, &at, &key, &warm),
                    model->slots[k]);
        value = model->slots[k];
    }
    assert_int_equal(warm, model->warm_slots[k]);
    model->slots[k] = value;
    model->warm_slots[k] = true;
}

static void play_transient(struct play *play, unsigned n, uint64_t k,
                           uint64_t value)
{
    struct model_account *model = &play->now.accounts[n];
    address at = who(n);
    u256 key = u256_from(k), is = u256_from(value);
    assert_u256(overlay_load_transient(play->overlay, &at, &key),
                model->transient[k]);
    overlay_store_transient(play->overlay, &at, &key, &is);
    model->transient[k] = value;
}

static void play_destroy(struct play *play, unsigned n, unsigned heir)
{
    struct model_account *model = model_write(play, n);
    address at = who(n), to = who(heir);
    assert_int_equal(overlay_selfdestruct(play->overlay, &at, &to),
                     model->destroyed);
    model_transfer(play, n, heir, model->balance);
    if (!play->rules.destroy_only_new || model->created) {
        model->balance = 0;
        model->destroyed = true;
    }
}

static void play_create(struct play *play, unsigned n)
{
    struct model_account *model = model_write(play, n);
    address at = who(n);
    overlay_create(play->overlay, &at);
    model->created = true;
    memset(model->slots, 0, sizeof model->slots);
}

static void play_write(struct play *play, unsigned what, unsigned n,
                       uint64_t value)
{
    struct model_account *model = model_write(play, n);
    address at = who(n);
    if (what == 0) {
        overlay_set_balance(play->overlay, &at, u256_from(value));
        model->balance = value;
    } else if (what == 1) {
        overlay_set_nonce(play->overlay, &at, value);
        model->nonce = value;
    } else {
        overlay_set_code(play->overlay, &at,
                         value & 1 ? bytes_str("else") : BYTES_EMPTY);
        model->has_code = value & 1;
    }
}

static void play_snapshot(struct play *play, unsigned which)
{
    if (play->depth == SNAPSHOTS || which % 3 == 0) {
        if (play->depth == 0)
            return;
        unsigned back = 1 + which / 3 % play->depth;
        play->depth -= back;
        overlay_revert(play->overlay, play->snapshots[play->depth]);
        play->now = play->saved[play->depth];
        return;
    }
    play->snapshots[play->depth] = overlay_snapshot(play->overlay);
    play->saved[play->depth++] = play->now;
}

static void play_step(struct play *play)
{
    unsigned what = (unsigned)rand() % 12, n = (unsigned)rand() % ACCOUNTS;
    unsigned m = (unsigned)rand() % ACCOUNTS, k = (unsigned)rand() % SLOTS;
    uint64_t value = (uint64_t)(rand() % 6);
    address at = who(n), to = who(m);
    if (what < 3) {
        play_slot(play, n, k, value);
    } else if (what == 3) {
        play_transient(play, n, k, value);
    } else if (what == 4) {
        uint64_t part = play->now.accounts[n].balance * value / 5;
        overlay_transfer(play->overlay, &at, &to, u256_from(part));
        model_transfer(play, n, m, part);
    } else if (what == 5) {
        play_write(play, k % 3, n, value);
    } else if (what == 6) {
        overlay_touch(play->overlay, &at);
        model_touch(play, n);
    } else if (what == 7) {
        play_create(play, n);
    } else if (what == 8) {
        play_destroy(play, n, m);
    } else if (what == 9) {
        assert_int_equal(overlay_access(play->overlay, &at),
                         play->now.accounts[n].warm);
        play->now.accounts[n].warm = true;
    } else if (what == 10) {
        overlay_log(play->overlay, &(struct overlay_log){.emitter = at});
        play->now.logs++;
    } else {
        play_snapshot(play, (unsigned)rand());
    }
}

static void play_transaction(struct play *play)
{
    static const struct overlay_rules *const RULES[] = {&FRONTIER, &SHANGHAI,
                                                        &CANCUN};
    play->rules = *RULES[rand() % 3];
    play->depth = 0;
    play->begun = play->now;
    overlay_begin(play->overlay, play->rules);
    for (int steps = rand() % 60; steps > 0; steps--) {
        play_step(play);
        if (rand() % 4 == 0)
            same(play);
    }
    overlay_end(play->overlay);
    model_end(play);
    play->now.logs = 0;
    for (unsigned n = 0; n < ACCOUNTS; n++)
        same_account(play, n);
}

static void it_does_what_a_model_that_copies_everything_does(void **state)
{
    (void)state;
    const char *given = getenv("LOFT_TEST_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 1;
    print_message("LOFT_TEST_SEED=%u\n", seed);
    srand(seed);
    struct play play = {.overlay = overlay_new(&SOME)};
    for (int round = 0; round < 400; round++) {
        overlay_reset(play.overlay, &SOME);
        model_from_source(&play.now);
        for (int t = 0; t < 12; t++)
            play_transaction(&play);
        assert_int_equal(overlay_error(play.overlay), LOFT_OK);
    }
    overlay_free(play.overlay);
}

static void the_root_is_that_of_what_is_held(void **state)
{
    (void)state;
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    hash32 root = overlay_root(overlay);
    assert_true(hash32_equal(&root, &KECCAK_EMPTY_TRIE));
    address a = who(1), b = who(2);
    overlay_begin(overlay, CANCUN);
    overlay_set_balance(overlay, &a, u256_from(1));
    overlay_end(overlay);
    hash32 one = overlay_root(overlay);
    overlay_begin(overlay, CANCUN);
    overlay_set_nonce(overlay, &b, 1);
    store(overlay, &b, 1, 2);
    overlay_end(overlay);
    hash32 two = overlay_root(overlay);
    assert_false(hash32_equal(&one, &two));
    overlay_begin(overlay, CANCUN);
    store(overlay, &b, 1, 0);
    overlay_set_nonce(overlay, &b, 0);
    overlay_end(overlay);
    root = overlay_root(overlay);
    assert_true(hash32_equal(&one, &root));
    overlay_free(overlay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fall_through_and_writes_stay),
        cmocka_unit_test(originals_are_those_of_the_transaction),
        cmocka_unit_test(a_revert_undoes_warmth_logs_and_transient_slots),
        cmocka_unit_test(a_touched_empty_account_goes_from_eip_161_on),
        cmocka_unit_test(the_touch_of_ripemd160_outlives_a_revert),
        cmocka_unit_test(creation_hides_storage_and_a_revert_shows_it_again),
        cmocka_unit_test(selfdestruct_pays_and_kills_as_the_fork_says),
        cmocka_unit_test(changes_are_what_differs_from_the_source),
        cmocka_unit_test(a_failing_source_is_remembered),
        cmocka_unit_test(it_does_what_a_model_that_copies_everything_does),
        cmocka_unit_test(the_root_is_that_of_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
