/* The state on disk against a model that keeps every block whole: roots,
 * views of the past, unwinding, proofs, and what a crash leaves. */
#include "state/state.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "crypto/keccak.h"
#include "state/record.h"

static const struct overlay_rules OLD = {false, false};
static const struct overlay_rules SHANGHAI = {true, false};

/* The model: small numbers of everything, so that things meet. */
enum { ACCOUNTS = 120, SLOTS = 90, BLOCKS = 40, CODES = 7 };

struct model_account {
    bool exists;
    uint8_t code; /* 0: none */
    uint32_t nonce;
    uint64_t balance;
    uint16_t slots[SLOTS];
};

struct model {
    struct model_account accounts[ACCOUNTS];
};

struct play {
    struct store *store;
    struct state *state;
    struct overlay *overlay;
    struct model now;
    struct model *past; /* after each block */
    struct model base;
    struct state_source *over; /* the base, where there is one */
    hash32 roots[BLOCKS];
    uint64_t number; /* of the newest block */
};

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/loft-test-state-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, FILES[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static unsigned draw_seed(void)
{
    const char *given = getenv("LOFT_TEST_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 1;
    print_message("LOFT_TEST_SEED=%u\n", seed);
    srand(seed);
    return seed;
}

static const struct state_options KEEP = {.keep_preimages = true,
                                          .keep_history = true};

static void open_state(struct play *play, const struct state_options *options)
{
    static const struct store_options DEV = {.durability = STORE_DEV};
    assert_int_equal(store_open(&play->store, dir, &DEV), LOFT_OK);
    assert_int_equal(state_open(&play->state, play->store, options), LOFT_OK);
}

static void close_state(struct play *play)
{
    state_close(play->state);
    store_close(play->store);
}

static struct play *new_play(const struct state_options *options)
{
    struct play *play = MEMORY_NEW(struct play);
    play->past = memory_zalloc(BLOCKS * sizeof *play->past);
    open_state(play, options);
    play->overlay = overlay_new(&STATE_NOWHERE);
    return play;
}

static void free_play(struct play *play)
{
    overlay_free(play->overlay);
    close_state(play);
    free(play->past);
    free(play);
}

static address who(unsigned n)
{
    address out = {{0x77}};
    store_be32(out.at + 16, n);
    return out;
}

static bytes code_of(unsigned n)
{
    static uint8_t codes[CODES][300];
    memset(codes[n], (int)n, sizeof codes[n]);
    return n ? bytes_of(codes[n], n * 40) : BYTES_EMPTY;
}

static struct store_txn *writing(struct play *play)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_write(play->store, &txn), LOFT_OK);
    return txn;
}

static struct store_txn *reading(struct play *play)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_read(play->store, &txn), LOFT_OK);
    return txn;
}

/* The root of a model, by an overlay over nothing. */
static hash32 model_root(const struct model *model)
{
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    overlay_begin(overlay, OLD);
    for (unsigned n = 0; n < ACCOUNTS; n++) {
        const struct model_account *account = &model->accounts[n];
        address at = who(n);
        if (!account->exists)
            continue;
        overlay_set_balance(overlay, &at, u256_from(account->balance));
        overlay_set_nonce(overlay, &at, account->nonce);
        overlay_set_code(overlay, &at, code_of(account->code));
        for (unsigned k = 0; k < SLOTS; k++) {
            u256 key = u256_from(k), value = u256_from(account->slots[k]);
            overlay_store(overlay, &at, &key, &value);
        }
    }
    overlay_end(overlay);
    hash32 root = overlay_root(overlay);
    overlay_free(overlay);
    return root;
}

static void touch_slots(struct play *play, unsigned n, unsigned count)
{
    address at = who(n);
    struct model_account *account = &play->now.accounts[n];
    for (; count > 0; count--) {
        unsigned k = (unsigned)rand() % SLOTS;
        uint16_t is = rand() % 3 ? (uint16_t)rand() : 0;
        u256 key = u256_from(k), value = u256_from(is);
        overlay_store(play->overlay, &at, &key, &value);
        account->slots[k] = is;
    }
}

static void change_account(struct play *play, unsigned n)
{
    struct model_account *account = &play->now.accounts[n];
    address at = who(n);
    account->exists = true;
    account->balance = (uint64_t)rand() * 1000003;
    account->nonce++;
    overlay_set_balance(play->overlay, &at, u256_from(account->balance));
    overlay_set_nonce(play->overlay, &at, account->nonce);
    if (rand() % 4 == 0) {
        account->code = (uint8_t)(rand() % CODES);
        overlay_set_code(play->overlay, &at, code_of(account->code));
    }
    if (n % 3 == 0)
        touch_slots(play, n, (unsigned)rand() % 60);
}

static void destroy_account(struct play *play, unsigned n)
{
    struct model_account *account = &play->now.accounts[n];
    address at = who(n);
    if (!account->exists)
        return;
    overlay_selfdestruct(play->overlay, &at, &at);
    memset(account, 0, sizeof *account);
}

static void recreate_account(struct play *play, unsigned n)
{
    struct model_account *account = &play->now.accounts[n];
    address at = who(n);
    overlay_create(play->overlay, &at);
    memset(account->slots, 0, sizeof account->slots);
    account->exists = true;
    account->nonce++;
    overlay_set_nonce(play->overlay, &at, account->nonce);
    touch_slots(play, n, (unsigned)rand() % 20);
}

static void run_transaction(struct play *play)
{
    unsigned n = (unsigned)rand() % ACCOUNTS, what = (unsigned)rand() % 10;
    overlay_begin(play->overlay, SHANGHAI);
    if (what < 7)
        change_account(play, n);
    else if (what < 9)
        destroy_account(play, n);
    else
        recreate_account(play, n);
    overlay_end(play->overlay);
}

/* A model as a base. */

struct model_source {
    struct state_source source;
    const struct model *model;
};

static const struct model_account *model_find(struct state_source *source,
                                              const address *at)
{
    static const struct model_account NOBODY;
    const struct model *model = ((struct model_source *)source)->model;
    unsigned n = load_be32(at->at + 16);
    return n < ACCOUNTS ? &model->accounts[n] : &NOBODY;
}

static loft_err model_read_account(struct state_source *source,
                                   struct state_account *out, const address *at)
{
    const struct model_account *account = model_find(source, at);
    *out = (struct state_account){
        .exists = account->exists,
        .nonce = account->nonce,
        .balance = u256_from(account->balance),
        .code_hash = keccak256(code_of(account->code)),
    };
    for (unsigned k = 0; k < SLOTS; k++)
        out->has_storage |= account->slots[k] != 0;
    return LOFT_OK;
}

static loft_err model_read_slot(struct state_source *source, u256 *out,
                                const address *at, const u256 *key)
{
    const struct model_account *account = model_find(source, at);
    *out = u256_from(account->slots[u256_clamp_u64(*key)]);
    return LOFT_OK;
}

static loft_err model_read_code(struct state_source *source,
                                struct arena *arena, bytes *out,
                                const hash32 *hash)
{
    (void)source, (void)arena;
    for (unsigned n = 0; n < CODES; n++) {
        hash32 is = keccak256(code_of(n));
        *out = code_of(n);
        if (hash32_equal(&is, hash))
            return LOFT_OK;
    }
    return LOFT_ERR_CORRUPT;
}

static void model_fill(struct model *model)
{
    for (unsigned n = 0; n < ACCOUNTS; n += 2) {
        struct model_account *account = &model->accounts[n];
        account->exists = true;
        account->balance = (uint64_t)rand();
        account->nonce = (uint32_t)rand();
        account->code = (uint8_t)(rand() % CODES);
        for (unsigned k = 0; n % 3 == 0 && k < SLOTS; k += 2)
            account->slots[k] = (uint16_t)rand();
    }
}

/* Applies what the overlay holds as (a part of) block `number`. */
static void apply(struct play *play, struct store_txn *txn, uint64_t number)
{
    hash32 root, again, expected = model_root(&play->now);
    assert_int_equal(
        state_apply(play->state, txn, play->overlay, number, &root), LOFT_OK);
    if (!play->over)
        assert_true(hash32_equal(&root, &expected));
    assert_int_equal(state_recompute_root(txn, &again), LOFT_OK);
    assert_true(hash32_equal(&root, &again));
    assert_int_equal(state_root(txn, &again), LOFT_OK);
    assert_true(hash32_equal(&root, &again));
}

/* In one part, or with a root after each of several. */
static void run_parts(struct play *play, struct store_txn *txn, uint64_t number)
{
    struct state_view view;
    int parts = rand() % 3 ? 1 : 3;
    for (; parts > 0; parts--) {
        assert_int_equal(state_view_init(&view, txn, STATE_NEWEST), LOFT_OK);
        view.base = play->over;
        overlay_reset(play->overlay, &view.source);
        for (int i = rand() % 40; i > 0; i--)
            run_transaction(play);
        apply(play, txn, number);
    }
}

static void run_block(struct play *play, uint64_t number)
{
    struct store_txn *txn = writing(play);
    run_parts(play, txn, number);
    assert_int_equal(store_commit(txn), LOFT_OK);
    play->past[number] = play->now;
    play->roots[number] = model_root(&play->now);
    play->number = number;
}

static void same_account(struct state_view *view,
                         const struct model_account *account, unsigned n)
{
    struct state_account is;
    struct state_source *source = &view->source;
    address at = who(n);
    bytes code, expected = code_of(account->code);
    bool any = false;
    assert_int_equal(source->account(source, &is, &at), LOFT_OK);
    assert_int_equal(is.exists, account->exists);
    assert_int_equal(is.nonce, account->nonce);
    assert_true(u256_equal(is.balance, u256_from(account->balance)));
    struct arena arena;
    arena_init(&arena);
    assert_int_equal(source->code(source, &arena, &code, &is.code_hash),
                     LOFT_OK);
    assert_true(bytes_equal(code, expected));
    arena_fini(&arena);
    for (unsigned k = 0; k < SLOTS; k++) {
        u256 key = u256_from(k), value;
        assert_int_equal(source->slot(source, &value, &at, &key), LOFT_OK);
        assert_true(u256_equal(value, u256_from(account->slots[k])));
        any |= account->slots[k] != 0;
    }
    assert_true(is.has_storage || !any);
    assert_true(view->base || any || !is.has_storage);
}

/* A walk over what is there, against the model. */
struct walked {
    struct state_view *view;
    const struct model *model;
    const struct model_account *account; /* whose slots are walked over */
    hash32 before;
    unsigned count;
};

static loft_err walk_slot(void *context, const hash32 *hash, const u256 *key,
                          u256 value)
{
    struct walked *walked = context;
    hash32 word = u256_to_hash(*key), is = keccak256(bytes_hash(&word));
    assert_true(hash32_equal(hash, &is));
    assert_true(
        u256_equal(value, u256_from(walked->account->slots[key->limb[0]])));
    walked->count++;
    return LOFT_OK;
}

static loft_err walk_account(void *context, const hash32 *hash,
                             const address *at,
                             const struct state_account *account)
{
    static const hash32 lowest;
    struct walked *walked = context;
    const struct model_account *is =
        &walked->model->accounts[load_be32(at->at + 16)];
    struct walked slots = {.account = is};
    unsigned count = 0;
    hash32 at_hash = keccak256(bytes_address(at));
    assert_true(hash32_equal(hash, &at_hash));
    assert_true(memcmp(hash->at, walked->before.at, sizeof hash->at) > 0);
    assert_true(is->exists);
    assert_int_equal(is->nonce, account->nonce);
    assert_int_equal(
        state_each_slot(walked->view, at, &lowest, walk_slot, &slots), LOFT_OK);
    for (unsigned k = 0; k < SLOTS; k++)
        count += is->slots[k] != 0;
    assert_int_equal(slots.count, count);
    walked->before = *hash;
    walked->count++;
    return LOFT_OK;
}

static void same_walk(struct state_view *view, const struct model *model)
{
    struct walked walked = {.view = view, .model = model};
    const hash32 lowest = walked.before;
    unsigned count = 0;
    for (unsigned n = 0; n < ACCOUNTS; n++)
        count += model->accounts[n].exists;
    assert_int_equal(state_each_account(view, &lowest, walk_account, &walked),
                     LOFT_OK);
    assert_int_equal(walked.count, count);
}

static void same_state(struct play *play, struct store_txn *txn,
                       uint64_t number)
{
    struct state_view view;
    assert_int_equal(state_view_init(&view, txn, number), LOFT_OK);
    view.base = play->over;
    for (unsigned n = 0; n < ACCOUNTS; n++)
        same_account(&view, &play->past[number].accounts[n], n);
    if (!play->over) /* a walk meets differences alone */
        same_walk(&view, &play->past[number]);
}

static void every_block_has_the_root_of_its_state(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    for (uint64_t number = 0; number < BLOCKS; number++)
        run_block(play, number);
    close_state(play);
    open_state(play, &KEEP);
    struct store_txn *txn = reading(play);
    same_state(play, txn, BLOCKS - 1);
    store_abort(txn);
    free_play(play);
}

static void every_past_block_can_be_read(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    for (uint64_t number = 0; number < BLOCKS; number++)
        run_block(play, number);
    struct store_txn *txn = reading(play);
    for (uint64_t number = 0; number < BLOCKS; number++)
        same_state(play, txn, number);
    store_abort(txn);
    free_play(play);
}

static void unwind_one(struct play *play, struct store_txn *txn)
{
    hash32 root, again;
    assert_int_equal(state_unwind(play->state, txn, play->number, &root),
                     LOFT_OK);
    play->now = play->past[--play->number];
    assert_true(hash32_equal(&root, &play->roots[play->number]));
    assert_int_equal(state_recompute_root(txn, &again), LOFT_OK);
    assert_true(hash32_equal(&root, &again));
}

static void unwinding_restores_what_was(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    run_block(play, 0);
    for (int round = 0; round < 8; round++) {
        while (play->number < BLOCKS - 1 && rand() % 8)
            run_block(play, play->number + 1);
        struct store_txn *txn = writing(play);
        for (int back = rand() % 6; back > 0 && play->number > 0; back--)
            unwind_one(play, txn);
        for (uint64_t number = 0; number <= play->number; number += 3)
            same_state(play, txn, number);
        assert_int_equal(store_commit(txn), LOFT_OK);
    }
    free_play(play);
}

static void an_aborted_block_leaves_nothing(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    run_block(play, 0);
    for (uint64_t number = 1; number < 10; number++) {
        struct model before = play->now;
        struct store_txn *txn = writing(play);
        run_parts(play, txn, number);
        store_abort(txn);
        play->now = before;
        run_block(play, number);
        txn = reading(play);
        same_state(play, txn, number - 1);
        same_state(play, txn, number);
        store_abort(txn);
    }
    free_play(play);
}

static void other_numbers_are_refused(void **state)
{
    (void)state;
    srand(1);
    hash32 root;
    struct state_view view;
    struct play *play = new_play(&KEEP);
    run_block(play, 3);
    run_block(play, 5);
    struct store_txn *txn = writing(play);
    assert_int_equal(state_apply(play->state, txn, play->overlay, 4, &root),
                     LOFT_ERR_USAGE);
    assert_int_equal(state_unwind(play->state, txn, 4, &root), LOFT_ERR_USAGE);
    assert_int_equal(state_view_init(&view, txn, 2), LOFT_ERR_NOT_FOUND);
    assert_int_equal(state_view_init(&view, txn, 4), LOFT_OK);
    assert_int_equal(state_unwind(play->state, txn, 5, &root), LOFT_OK);
    assert_true(hash32_equal(&root, &play->roots[3]));
    assert_int_equal(state_unwind(play->state, txn, 4, &root), LOFT_OK);
    assert_int_equal(state_unwind(play->state, txn, 3, &root),
                     LOFT_ERR_NOT_FOUND);
    store_abort(txn);
    free_play(play);
}

static void a_state_over_a_base_reads_as_one(void **state)
{
    (void)state;
    static const struct state_options OVER = {.keep_history = true,
                                              .is_over_base = true};
    draw_seed();
    struct play *play = new_play(&OVER);
    struct model_source base = {
        {model_read_account, model_read_slot, model_read_code}, &play->base};
    model_fill(&play->base);
    play->over = &base.source;
    struct store_txn *txn = writing(play);
    play->past[0] = play->now = play->base;
    overlay_reset(play->overlay, &STATE_NOWHERE);
    apply(play, txn, 0); /* nothing yet differs */
    assert_int_equal(store_commit(txn), LOFT_OK);
    for (uint64_t number = 1; number < BLOCKS; number++)
        run_block(play, number);
    txn = writing(play);
    for (uint64_t number = 0; number < BLOCKS; number++)
        same_state(play, txn, number);
    for (uint64_t number = BLOCKS - 1; number > 0; number--) {
        hash32 root;
        assert_int_equal(state_unwind(play->state, txn, number, &root),
                         LOFT_OK);
        same_state(play, txn, number - 1);
    }
    store_abort(txn);
    free_play(play);
}

static void without_history_only_the_newest_block_is_there(void **state)
{
    (void)state;
    draw_seed();
    static const struct state_options NEWEST = {.keep_preimages = true};
    struct play *play = new_play(&NEWEST);
    struct state_view view;
    hash32 root;
    uint64_t count;
    for (uint64_t number = 0; number < 20; number++)
        run_block(play, number);
    struct store_txn *txn = writing(play);
    same_state(play, txn, 19);
    assert_int_equal(state_view_init(&view, txn, 18), LOFT_ERR_NOT_FOUND);
    assert_int_equal(state_unwind(play->state, txn, 19, &root),
                     LOFT_ERR_NOT_FOUND);
    assert_int_equal(store_count(txn, &count, STORE_BLOCK), LOFT_OK);
    assert_int_equal(count, 0);
    store_abort(txn);
    state_close(play->state); /* history may begin at any block */
    assert_int_equal(state_open(&play->state, play->store, &KEEP), LOFT_OK);
    for (uint64_t number = 20; number < BLOCKS; number++)
        run_block(play, number);
    txn = reading(play);
    for (uint64_t number = 19; number < BLOCKS; number++)
        same_state(play, txn, number);
    store_abort(txn);
    free_play(play);
}

/* Proofs. */

static void check_slot(struct arena *arena, struct state_view *view,
                       const struct model_account *account, unsigned n,
                       const hash32 *storage_root)
{
    unsigned k = (unsigned)rand() % (SLOTS + 20);
    uint16_t is = k < SLOTS ? account->slots[k] : 0;
    address at = who(n);
    u256 key = u256_from(k);
    struct state_proof proof;
    bytes value;
    assert_int_equal(state_prove_slot(arena, view, &at, &key, &proof), LOFT_OK);
    hash32 be = u256_to_hash(key), hash = keccak256(bytes_hash(&be));
    assert_int_equal(trie_verify(&value, storage_root, bytes_hash(&hash),
                                 proof.nodes, proof.count),
                     LOFT_OK);
    assert_int_equal(value.len > 0, is != 0);
    if (is && is < 0x80)
        assert_int_equal(value.at[0], is);
    if (is >= 0x100)
        assert_int_equal(load_be16(value.at + 1), is);
}

static void check_account(struct play *play, struct state_view *view,
                          uint64_t number, unsigned n)
{
    struct arena arena;
    address at = who(n);
    hash32 storage_root, hash = keccak256(bytes_address(&at));
    struct state_proof proof;
    bytes value;
    bool exists = n < ACCOUNTS && play->past[number].accounts[n].exists;
    arena_init(&arena);
    assert_int_equal(
        state_prove_account(&arena, view, &at, &storage_root, &proof), LOFT_OK);
    assert_int_equal(trie_verify(&value, &play->roots[number],
                                 bytes_hash(&hash), proof.nodes, proof.count),
                     LOFT_OK);
    assert_int_equal(value.len > 0, exists);
    if (exists) { /* the storage root stands before the code hash */
        bytes root = bytes_of(value.at + value.len - 65, 32);
        assert_true(bytes_equal(root, bytes_hash(&storage_root)));
        for (int i = 0; i < 5; i++)
            check_slot(&arena, view, &play->past[number].accounts[n], n,
                       &storage_root);
    }
    arena_fini(&arena);
}

static void proofs_hold_now_and_at_past_blocks(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    for (uint64_t number = 0; number < BLOCKS; number++)
        run_block(play, number);
    struct store_txn *txn = reading(play);
    for (uint64_t number = 0; number < BLOCKS; number++) {
        struct state_view view;
        assert_int_equal(state_view_init(&view, txn, number), LOFT_OK);
        for (int i = 0; i < 12; i++)
            check_account(play, &view, number,
                          (unsigned)rand() % (ACCOUNTS + 30));
    }
    store_abort(txn);
    free_play(play);
}

/* Plays on from a block without writing; the model tells the root. */
static void roots_of_what_is_not_written(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    struct state_view view;
    hash32 root, expected;
    for (uint64_t number = 0; number < BLOCKS; number++)
        run_block(play, number);
    struct store_txn *txn = reading(play);
    for (uint64_t number = 0; number < BLOCKS; number++) {
        play->now = play->past[number];
        assert_int_equal(state_view_init(&view, txn, number), LOFT_OK);
        overlay_reset(play->overlay, &view.source);
        for (int part = 0; part < 3; part++) {
            assert_int_equal(state_root_after(&view, play->overlay, &root),
                             LOFT_OK);
            expected = model_root(&play->now);
            assert_true(hash32_equal(&root, &expected));
            for (int i = rand() % 20; i > 0; i--)
                run_transaction(play);
        }
    }
    store_abort(txn);
    free_play(play);
}

static void proofs_do_not_reach_too_far_back(void **state)
{
    (void)state;
    srand(2);
    struct arena arena;
    hash32 root;
    struct state_view view;
    struct state_proof proof;
    address at = who(1);
    struct play *play = new_play(&KEEP);
    arena_init(&arena);
    run_block(play, 0);
    struct store_txn *txn = writing(play);
    for (uint64_t number = 1; number <= 130; number++)
        assert_int_equal(
            state_apply(play->state, txn, play->overlay, number, &root),
            LOFT_OK);
    assert_int_equal(state_view_init(&view, txn, 1), LOFT_OK);
    assert_int_equal(state_prove_account(&arena, &view, &at, &root, &proof),
                     LOFT_ERR_LIMIT);
    assert_int_equal(state_view_init(&view, txn, 2), LOFT_OK);
    assert_int_equal(state_prove_account(&arena, &view, &at, &root, &proof),
                     LOFT_OK);
    store_abort(txn);
    arena_fini(&arena);
    free_play(play);
}

static void an_empty_state_proves_that_nothing_is_there(void **state)
{
    (void)state;
    struct play *play = new_play(&KEEP);
    struct store_txn *txn = reading(play);
    struct arena arena;
    struct state_view view;
    struct state_proof proof;
    hash32 root, hash;
    bytes value;
    address at = who(1);
    hash = keccak256(bytes_address(&at));
    arena_init(&arena);
    assert_int_equal(state_root(txn, &root), LOFT_OK);
    assert_true(hash32_equal(&root, &KECCAK_EMPTY_TRIE));
    assert_int_equal(state_view_init(&view, txn, STATE_NEWEST), LOFT_OK);
    hash32 storage_root;
    assert_int_equal(
        state_prove_account(&arena, &view, &at, &storage_root, &proof),
        LOFT_OK);
    assert_true(hash32_equal(&storage_root, &KECCAK_EMPTY_TRIE));
    assert_int_equal(
        trie_verify(&value, &root, bytes_hash(&hash), proof.nodes, proof.count),
        LOFT_OK);
    assert_int_equal(value.len, 0);
    store_abort(txn);
    arena_fini(&arena);
    free_play(play);
}

/* Versions. */

static void a_record_finds_its_way_back_in_few_steps(void **state)
{
    (void)state;
    enum { CHANGES = 3000 };
    static struct versions all[CHANGES + 1]; /* after so many changes */
    for (unsigned n = 1; n <= CHANGES; n++) {
        all[n] = all[n - 1];
        versions_add(&all[n], n * 10);
    }
    for (unsigned block = 0; block < CHANGES * 10; block += 7) {
        unsigned at = CHANGES, steps = 0;
        uint64_t changed;
        while (versions_after(&all[at], &changed, block)) {
            at = (unsigned)(changed / 10) - 1; /* the record before it */
            steps++;
        }
        assert_int_equal(at, block / 10);
        assert_true(steps <= 12);
    }
}

static void records_come_back(void **state)
{
    (void)state;
    struct account_record record = {.exists = true,
                                    .has_address = true,
                                    .who = {{0xa1, 0xa2}},
                                    .nonce = UINT64_MAX,
                                    .balance = U256_MAX,
                                    .code_hash = KECCAK_EMPTY_TRIE,
                                    .storage_id = 77,
                                    .storage_root = KECCAK_EMPTY},
                          back;
    uint8_t room[ACCOUNT_RECORD_MAX];
    for (uint64_t block = 0; block < 100; block++)
        versions_add(&record.versions, block * 1000000007);
    size_t len = account_record_write(room, &record);
    assert_int_equal(account_record_read(&back, bytes_of(room, len)), LOFT_OK);
    assert_true(back.has_address);
    assert_true(address_equal(&back.who, &record.who));
    assert_int_equal(back.nonce, record.nonce);
    assert_true(u256_equal(back.balance, record.balance));
    assert_true(hash32_equal(&back.code_hash, &record.code_hash));
    assert_true(hash32_equal(&back.storage_root, &record.storage_root));
    assert_int_equal(back.storage_id, 77);
    assert_int_equal(back.versions.count, 100);
    assert_int_equal(back.versions.len, 3);
    assert_int_equal(back.versions.blocks[2], 99ull * 1000000007);
    for (size_t cut = 1; cut < len; cut++) {
        uint8_t *part = memory_alloc(cut);
        memcpy(part, room, cut);
        loft_err err = account_record_read(&back, bytes_of(part, cut));
        /* The versions may be absent as a whole. */
        assert_true(err == LOFT_ERR_CORRUPT || back.versions.count == 0);
        free(part);
    }
}

static void slot_records_come_back(void **state)
{
    (void)state;
    struct slot_record record = {U256_MAX, true, u256_from(77), {0}}, back;
    uint8_t room[SLOT_RECORD_MAX], leaf[RECORD_LEAF_MAX];
    versions_add(&record.versions, 5);
    size_t len = slot_record_write(room, &record);
    assert_int_equal(slot_record_read(&back, bytes_of(room, len)), LOFT_OK);
    assert_true(u256_equal(back.value, U256_MAX));
    assert_true(back.has_key);
    assert_true(u256_equal(back.key, u256_from(77)));
    assert_int_equal(back.versions.blocks[0], 5);
    assert_int_equal(slot_record_leaf(leaf, bytes_of(room, len)), 33);
    for (size_t cut = 1; cut < len; cut++) {
        uint8_t *part = memory_alloc(cut);
        memcpy(part, room, cut);
        loft_err err = slot_record_read(&back, bytes_of(part, cut));
        assert_true(err == LOFT_ERR_CORRUPT || back.versions.count == 0);
        free(part);
    }
}

/* History begins at `from`: what is before it is gone, also from the table. */
static void begins_at(struct play *play, struct store_txn *txn, uint64_t from)
{
    static const uint8_t lowest[1];
    struct state_view view;
    struct store_cursor *cursor;
    bytes key, record;
    uint64_t is;
    assert_int_equal(state_history_from(txn, &is), LOFT_OK);
    assert_int_equal(is, from);
    for (uint64_t number = 0; number <= play->number; number++)
        if (number < from)
            assert_int_equal(state_view_init(&view, txn, number),
                             LOFT_ERR_NOT_FOUND);
        else
            same_state(play, txn, number);
    assert_int_equal(store_cursor_open(&cursor, txn, STORE_BLOCK), LOFT_OK);
    loft_err err = store_seek(cursor, &key, &record, bytes_of(lowest, 1));
    if (err == LOFT_OK)
        assert_true(load_be64(key.at) > from);
    store_cursor_close(cursor);
}

static void prune(struct store_txn *txn, uint64_t from)
{
    bool done = false;
    while (!done)
        assert_int_equal(state_prune(txn, from, &done), LOFT_OK);
}

static void what_is_pruned_is_gone_and_the_rest_stays(void **state)
{
    (void)state;
    draw_seed();
    struct play *play = new_play(&KEEP);
    hash32 root;
    for (uint64_t number = 0; number < BLOCKS; number++)
        run_block(play, number);
    struct store_txn *txn = writing(play);
    for (uint64_t from = 3; from < BLOCKS - 10; from += 8) {
        prune(txn, from);
        begins_at(play, txn, from);
    }
    prune(txn, 5); /* does not come back */
    begins_at(play, txn, 27);
    while (play->number > 27)
        unwind_one(play, txn);
    assert_int_equal(state_unwind(play->state, txn, 27, &root),
                     LOFT_ERR_NOT_FOUND);
    prune(txn, UINT64_MAX);
    begins_at(play, txn, 27);
    assert_int_equal(store_commit(txn), LOFT_OK);
    run_block(play, 28);
    txn = reading(play);
    begins_at(play, txn, 27);
    store_abort(txn);
    free_play(play);
}

/* Crash: a child forgets step by step and is killed. */
static void prune_until_killed(int tell)
{
    struct play play = {0};
    open_state(&play, &KEEP);
    for (uint64_t from = 1; from < BLOCKS; from++) {
        struct store_txn *txn = writing(&play);
        prune(txn, from);
        assert_int_equal(store_commit(txn), LOFT_OK);
        if (write(tell, &from, sizeof from) < 0)
            _exit(1);
    }
    _exit(0);
}

static void a_killed_node_has_pruned_whole_steps(void **state)
{
    (void)state;
    draw_seed();
    int ends[2];
    uint64_t from, next, after = 1 + (uint64_t)rand() % (BLOCKS - 2);
    struct play *play = new_play(&KEEP);
    for (uint64_t number = 0; number < BLOCKS; number++)
        run_block(play, number);
    close_state(play);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        prune_until_killed(ends[1]);
    close(ends[1]);
    do
        assert_int_equal(read(ends[0], &next, sizeof next), sizeof next);
    while (next < after);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    open_state(play, &KEEP);
    struct store_txn *txn = reading(play);
    assert_int_equal(state_history_from(txn, &from), LOFT_OK);
    assert_true(from >= after);
    begins_at(play, txn, from);
    store_abort(txn);
    free_play(play);
}

/* Crash: a child applies blocks and is killed; what it told is there. */

static void apply_until_killed(int tell)
{
    struct play *play = new_play(&KEEP);
    srand(99);
    for (uint64_t number = 0; number < BLOCKS; number++) {
        run_block(play, number);
        if (write(tell, &number, sizeof number) < 0)
            _exit(1);
    }
    _exit(0);
}

static void a_killed_node_has_whole_blocks(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        apply_until_killed(ends[1]);
    close(ends[1]);
    uint64_t told = 0, next;
    while (told < 12 && read(ends[0], &next, sizeof next) == sizeof next)
        told = next;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &next, sizeof next) == sizeof next)
        told = next;
    close(ends[0]);
    assert_true(told >= 12);
    struct play *play = MEMORY_NEW(struct play);
    open_state(play, &KEEP);
    struct store_txn *txn = reading(play);
    hash32 root, again;
    struct state_view view;
    assert_int_equal(state_root(txn, &root), LOFT_OK);
    assert_int_equal(state_recompute_root(txn, &again), LOFT_OK);
    assert_true(hash32_equal(&root, &again));
    assert_int_equal(state_view_init(&view, txn, told), LOFT_OK);
    store_abort(txn);
    close_state(play);
    free(play);
}

#define IN_FRESH_DIR(test) \
    cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_finds_its_way_back_in_few_steps),
        cmocka_unit_test(records_come_back),
        cmocka_unit_test(slot_records_come_back),
        IN_FRESH_DIR(every_block_has_the_root_of_its_state),
        IN_FRESH_DIR(every_past_block_can_be_read),
        IN_FRESH_DIR(unwinding_restores_what_was),
        IN_FRESH_DIR(an_aborted_block_leaves_nothing),
        IN_FRESH_DIR(other_numbers_are_refused),
        IN_FRESH_DIR(a_state_over_a_base_reads_as_one),
        IN_FRESH_DIR(without_history_only_the_newest_block_is_there),
        IN_FRESH_DIR(proofs_hold_now_and_at_past_blocks),
        IN_FRESH_DIR(roots_of_what_is_not_written),
        IN_FRESH_DIR(proofs_do_not_reach_too_far_back),
        IN_FRESH_DIR(an_empty_state_proves_that_nothing_is_there),
        IN_FRESH_DIR(what_is_pruned_is_gone_and_the_rest_stays),
        IN_FRESH_DIR(a_killed_node_has_pruned_whole_steps),
        IN_FRESH_DIR(a_killed_node_has_whole_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
