/* Witnesses of tries whose keys are known: ways to keys, and the nodes that
 * take the place of a branch. */
#include "state/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "state/view.h"

enum { ACCOUNTS = 400, SLOTS = 150, PATH = 64 };

static char dir[64];
static struct store *store;
static struct state *kept;
static struct arena arena;
static hash32 root;

static const address OWNER = {{0x77}}; /* of the slots; the first account */
static hash32 account_keys[ACCOUNTS], slot_keys[SLOTS]; /* sorted */

static address who(unsigned n)
{
    address out = OWNER;
    store_be32(out.at + 16, n);
    return out;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(hash32));
}

static void fill(struct overlay *overlay)
{
    overlay_begin(overlay, (struct overlay_rules){0});
    for (unsigned n = 0; n < ACCOUNTS; n++) {
        address at = who(n);
        overlay_set_balance(overlay, &at, u256_from(n + 1));
        account_keys[n] = keccak256(bytes_address(&at));
    }
    for (unsigned n = 0; n < SLOTS; n++) {
        u256 key = u256_from(n), value = u256_from(n + 1);
        hash32 word = u256_to_hash(key);
        overlay_store(overlay, &OWNER, &key, &value);
        slot_keys[n] = keccak256(bytes_hash(&word));
    }
    overlay_end(overlay);
    qsort(account_keys, ACCOUNTS, sizeof account_keys[0], compare);
    qsort(slot_keys, SLOTS, sizeof slot_keys[0], compare);
}

static int make_state(void **unused)
{
    static const struct state_options options = {.keep_history = true};
    struct store_txn *txn;
    (void)unused;
    strcpy(dir, "/tmp/loft-test-witness-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    fill(overlay);
    assert_int_equal(store_open(&store, dir,
                                &(struct store_options){.durability = STORE_DEV,
                                                        .bytes_max = 1u << 28}),
                     LOFT_OK);
    assert_int_equal(state_open(&kept, store, &options), LOFT_OK);
    assert_int_equal(store_begin_write(store, &txn), LOFT_OK);
    assert_int_equal(state_apply(kept, txn, overlay, 0, &root), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    overlay_free(overlay);
    arena_init(&arena);
    return 0;
}

static int remove_state(void **unused)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    (void)unused;
    state_close(kept);
    store_close(store);
    arena_fini(&arena);
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, FILES[i]);
        unlink(path);
    }
    return rmdir(dir);
}

/* One trie, what is to go of it, and the witness of that. */
struct trial {
    struct store_txn *txn;
    struct state_view view;
    const address *owner; /* NULL: the accounts */
    uint64_t id;
    const hash32 *all;
    size_t count;
    struct witness_key *keys; /* all of them that are asked for, sorted */
    size_t key_count;
    struct map nodes;
    size_t moved; /* branches that were left with one child */
};

static void begin(struct trial *trial, const address *owner)
{
    *trial = (struct trial){.owner = owner,
                            .all = owner ? slot_keys : account_keys,
                            .count = owner ? SLOTS : ACCOUNTS};
    trial->keys = ARENA_ARRAY(&arena, struct witness_key, ACCOUNTS);
    assert_int_equal(store_begin_read(store, &trial->txn), LOFT_OK);
    assert_int_equal(state_view_init(&trial->view, trial->txn, STATE_NEWEST),
                     LOFT_OK);
    if (owner) {
        struct account_record record;
        bytes raw;
        hash32 hash = keccak256(bytes_address(owner));
        assert_int_equal(view_account(&trial->view, &record, &raw, &hash),
                         LOFT_OK);
        trial->id = record.storage_id;
    }
    witness_init(&trial->nodes);
}

static void end(struct trial *trial)
{
    map_fini(&trial->nodes);
    store_abort(trial->txn);
    arena_reset(&arena);
}

static void want(struct trial *trial, const hash32 *key, bool is_gone)
{
    trial->keys[trial->key_count++] = (struct witness_key){*key, is_gone};
}

static void gather(struct trial *trial)
{
    assert_int_equal(witness_add(&trial->nodes, &arena, &trial->view,
                                 trial->owner, trial->keys, trial->key_count),
                     LOFT_OK);
}

static struct state_proof way_to(struct trial *trial, const hash32 *key)
{
    struct state_proof proof;
    assert_int_equal(
        state_prove_hash(&arena, &trial->view, trial->id, &proof, key),
        LOFT_OK);
    return proof;
}

static bool has(struct trial *trial, bytes node)
{
    hash32 hash = keccak256(node);
    const bytes *found = map_get(&trial->nodes, &hash);
    if (found)
        assert_true(bytes_equal(*found, node));
    return found != NULL;
}

static void ways_are_there(struct trial *trial)
{
    for (size_t i = 0; i < trial->key_count; i++) {
        struct state_proof proof = way_to(trial, &trial->keys[i].hash);
        for (size_t k = 0; k < proof.count; k++)
            assert_true(has(trial, proof.nodes[k]));
    }
}

/* How many nibbles of a key a node takes; a leaf takes the rest. */
static unsigned nibbles_of(bytes node)
{
    bytes items, path;
    size_t count;
    assert_int_equal(rlp_read_list(&items, &node), LOFT_OK);
    assert_int_equal(rlp_count(&count, items), LOFT_OK);
    if (count == 17)
        return 1;
    assert_int_equal(rlp_read_bytes(&path, &items), LOFT_OK);
    return path.at[0] & 0x20
               ? PATH
               : (unsigned)(2 * path.len - (path.at[0] & 0x10 ? 1 : 2));
}

/* The node that begins at this depth on the way to the key. */
static bytes node_at(struct trial *trial, const hash32 *key, unsigned depth)
{
    struct state_proof proof = way_to(trial, key);
    unsigned at = 0;
    for (size_t i = 0; i < proof.count; i++) {
        if (at == depth)
            return proof.nodes[i];
        at += nibbles_of(proof.nodes[i]);
    }
    fail_msg("no node begins at depth %u", depth);
    return BYTES_EMPTY;
}

static unsigned nibble(const hash32 *key, unsigned depth)
{
    return key->at[depth / 2] >> (depth % 2 ? 0 : 4) & 15;
}

static bool shares(const hash32 *a, const hash32 *b, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        if (nibble(a, i) != nibble(b, i))
            return false;
    return true;
}

static bool goes(const struct trial *trial, const hash32 *key)
{
    for (size_t i = 0; i < trial->key_count; i++)
        if (hash32_equal(&trial->keys[i].hash, key))
            return trial->keys[i].is_gone;
    return false;
}

/* What is below a depth on the way to a key, by its next nibble: how many keys
 * there are, and one of those that stay. */
struct below {
    unsigned had, stay;
    const hash32 *stays[16];
};

static struct below look_below(const struct trial *trial, const hash32 *key,
                               unsigned depth)
{
    bool had[16] = {false};
    struct below out = {0};
    for (size_t i = 0; i < trial->count; i++) {
        const hash32 *other = &trial->all[i];
        if (!shares(key, other, depth))
            continue;
        had[nibble(other, depth)] = true;
        if (!goes(trial, other))
            out.stays[nibble(other, depth)] = other;
    }
    for (unsigned i = 0; i < 16; i++) {
        out.had += had[i];
        out.stay += out.stays[i] != NULL;
    }
    return out;
}

/* Wherever a branch is left with one child, that child is there. */
static void neighbours_are_there(struct trial *trial)
{
    for (size_t i = 0; i < trial->key_count; i++) {
        const hash32 *key = &trial->keys[i].hash;
        for (unsigned depth = 0; trial->keys[i].is_gone && depth < PATH;
             depth++) {
            struct below below = look_below(trial, key, depth);
            if (below.had < 2 || below.stay != 1)
                continue;
            trial->moved++;
            for (unsigned n = 0; n < 16; n++)
                if (below.stays[n])
                    assert_true(
                        has(trial, node_at(trial, below.stays[n], depth + 1)));
        }
    }
}

static void check(struct trial *trial)
{
    gather(trial);
    ways_are_there(trial);
    neighbours_are_there(trial);
}

static void keys_are_found_and_missed(void **unused)
{
    struct trial trial;
    (void)unused;
    begin(&trial, NULL);
    hash32 absent = account_keys[100];
    absent.at[31] ^= 1;
    want(&trial, &account_keys[3], false);
    bool before = memcmp(&absent, &account_keys[100], sizeof absent) < 0;
    want(&trial, before ? &absent : &account_keys[100], false);
    want(&trial, before ? &account_keys[100] : &absent, false);
    check(&trial);
    bytes nodes[PATH];
    struct state_proof proof = way_to(&trial, &absent);
    bytes value;
    for (size_t i = 0; i < proof.count; i++) {
        hash32 hash = keccak256(proof.nodes[i]);
        nodes[i] = *(bytes *)map_get(&trial.nodes, &hash);
    }
    assert_int_equal(
        trie_verify(&value, &root, bytes_hash(&absent), nodes, proof.count),
        LOFT_OK);
    assert_int_equal(value.len, 0);
    end(&trial);
}

static void a_witness_is_no_more_than_what_is_asked_for(void **unused)
{
    struct trial trial;
    (void)unused;
    begin(&trial, NULL);
    want(&trial, &account_keys[7], false);
    check(&trial);
    assert_int_equal(trial.nodes.len, way_to(&trial, &account_keys[7]).count);
    end(&trial);
}

static void one_that_goes_brings_who_takes_its_branch(void **unused)
{
    size_t moved = 0;
    (void)unused;
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct trial trial;
        begin(&trial, NULL);
        want(&trial, &account_keys[i], true);
        check(&trial);
        moved += trial.moved;
        end(&trial);
    }
    assert_true(moved > ACCOUNTS / 4);
}

static void many_that_go(const address *owner, unsigned of, unsigned seed)
{
    struct trial trial;
    begin(&trial, owner);
    for (size_t i = 0; i < trial.count; i++)
        if ((i * 2654435761u + seed) % 16 < of)
            want(&trial, &trial.all[i], true);
        else if (i % 5 == 0)
            want(&trial, &trial.all[i], false);
    check(&trial);
    assert_true(trial.moved > 0);
    end(&trial);
}

static void many_go_of_the_accounts(void **unused)
{
    (void)unused;
    for (unsigned of = 2; of < 16; of++)
        many_that_go(NULL, of, 7 * of);
}

static void many_go_of_a_storage(void **unused)
{
    (void)unused;
    for (unsigned of = 2; of < 16; of++)
        many_that_go(&OWNER, of, 7 * of);
}

static void all_but_one_go(void **unused)
{
    struct trial trial;
    (void)unused;
    begin(&trial, &OWNER);
    for (size_t i = 0; i < SLOTS; i++)
        if (i != 42)
            want(&trial, &slot_keys[i], true);
    check(&trial);
    assert_true(has(&trial, node_at(&trial, &slot_keys[42], 1)));
    end(&trial);
}

static void storage_that_is_empty_has_no_nodes(void **unused)
{
    struct trial trial;
    address other = who(5);
    (void)unused;
    begin(&trial, NULL);
    trial.owner = &other;
    want(&trial, &slot_keys[0], true);
    gather(&trial);
    assert_int_equal(trial.nodes.len, 0);
    end(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_and_missed),
        cmocka_unit_test(a_witness_is_no_more_than_what_is_asked_for),
        cmocka_unit_test(one_that_goes_brings_who_takes_its_branch),
        cmocka_unit_test(many_go_of_the_accounts),
        cmocka_unit_test(many_go_of_a_storage),
        cmocka_unit_test(all_but_one_go),
        cmocka_unit_test(storage_that_is_empty_has_no_nodes),
    };
    return cmocka_run_group_tests(tests, make_state, remove_state);
}
