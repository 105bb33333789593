/* The trie table under keys of all shapes: what it says after any order of
 * changes is what a trie built in memory says, and it holds what it would
 * hold had the leaves been there from the start. */
#include "state/disk_trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/vec.h"
#include "crypto/keccak.h"
#include "state/trie.h"

struct entry {
    uint8_t key[32];
    uint8_t value[40];
    size_t len; /* 0: not there */
};

/* Leaves in a sorted array. */
struct model {
    struct leaf_source source;
    VEC(struct entry) entries;
    size_t at;
};

static char dir[64];
static struct store *store;

static int set_up(void **state)
{
    static const struct store_options DEV = {.durability = STORE_DEV};
    (void)state;
    strcpy(dir, "/tmp/loft-test-trie-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    return store_open(&store, dir, &DEV) == LOFT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    (void)state;
    store_close(store);
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, FILES[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return memcmp(left->key, right->key, 32);
}

static loft_err settle(struct model *model, struct node_leaf *out)
{
    while (model->at < model->entries.len &&
           model->entries.at[model->at].len == 0)
        model->at++;
    if (model->at == model->entries.len)
        return LOFT_ERR_NOT_FOUND;
    const struct entry *entry = &model->entries.at[model->at];
    *out = (struct node_leaf){bytes_of(entry->key, 32),
                              bytes_of(entry->value, entry->len)};
    return LOFT_OK;
}

static loft_err seek(void *context, struct node_leaf *out, struct arena *arena,
                     bytes from)
{
    (void)arena; /* the entries stay where they are */
    struct model *model = context;
    size_t low = 0, high = model->entries.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(model->entries.at[middle].key, from.at, 32) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    model->at = low;
    return settle(model, out);
}

static loft_err next(void *context, struct node_leaf *out, struct arena *arena)
{
    (void)arena;
    struct model *model = context;
    model->at++;
    return settle(model, out);
}

static hash32 model_root(const struct model *model)
{
    struct arena arena;
    arena_init(&arena);
    struct trie_pair *pairs = ARENA_ARRAY(&arena, struct trie_pair,
                                          model->entries.len);
    size_t count = 0;
    for (size_t i = 0; i < model->entries.len; i++) {
        const struct entry *entry = &model->entries.at[i];
        if (entry->len)
            pairs[count++] = (struct trie_pair){
                bytes_of(entry->key, 32), bytes_of(entry->value, entry->len)};
    }
    hash32 root = trie_root(pairs, count);
    arena_fini(&arena);
    return root;
}

/* Keys of one run: which nibbles vary, and over how many values, gives all
 * shapes from evenly spread to long common paths that fork at their end. */
struct shape {
    const char *name;
    unsigned first, last; /* the nibbles that vary */
    unsigned values;      /* of each */
};

static const struct shape SHAPES[] = {
    {"even", 0, 63, 16},        {"two ways", 0, 20, 2},
    {"forks late", 60, 63, 16}, {"forks at the end", 61, 63, 4},
    {"long paths", 30, 34, 16}, {"one first nibble", 1, 40, 16},
};

static void random_key(uint8_t key[32], const struct shape *shape)
{
    memset(key, 0x11, 32);
    for (unsigned i = shape->first; i <= shape->last; i++) {
        unsigned nibble = (unsigned)rand() % shape->values;
        unsigned shift = i & 1 ? 0 : 4;
        key[i / 2] = (uint8_t)((key[i / 2] & (0xf0 >> shift)) | nibble
                                                                    << shift);
    }
    /* Now and then two forks far apart. */
    if (rand() % 4 == 0)
        key[0] ^= 0x80;
}

static void random_value(struct entry *entry)
{
    entry->len = (size_t)(rand() % 40 + 1);
    for (size_t i = 0; i < entry->len; i++)
        entry->value[i] = (uint8_t)rand();
}

static struct entry *find(struct model *model, const uint8_t *key)
{
    VEC_FOR_EACH (entry, &model->entries)
        if (memcmp(entry->key, key, 32) == 0)
            return entry;
    return NULL;
}

typedef VEC(struct leaf_change) change_list;

static int compare_changes(const void *a, const void *b)
{
    const struct leaf_change *left = a, *right = b;
    return memcmp(left->key, right->key, 32);
}

static void note(change_list *changes, struct arena *arena, const uint8_t *key,
                 int delta)
{
    VEC_FOR_EACH (change, changes) {
        if (memcmp(change->key, key, 32) == 0) {
            change->delta += delta;
            return;
        }
    }
    const uint8_t *copy = arena_copy(arena, bytes_of(key, 32)).at;
    VEC_PUSH(changes, ((struct leaf_change){copy, delta}));
}

static void add(struct model *model, change_list *changes, struct arena *arena,
                const struct shape *shape)
{
    struct entry entry;
    random_key(entry.key, shape);
    random_value(&entry);
    struct entry *old = find(model, entry.key);
    note(changes, arena, entry.key, old && old->len ? 0 : 1);
    if (old)
        *old = entry;
    else
        VEC_PUSH(&model->entries, entry);
}

static void drop(struct model *model, change_list *changes, struct arena *arena)
{
    if (model->entries.len == 0)
        return;
    struct entry *entry =
        &model->entries.at[(size_t)rand() % model->entries.len];
    note(changes, arena, entry->key, entry->len ? -1 : 0);
    entry->len = 0;
}

static void step(struct model *model, struct store_txn *txn,
                 const struct shape *shape, int adds, int drops)
{
    struct arena arena;
    change_list changes = {0};
    hash32 root, expected;
    arena_init(&arena);
    for (; adds > 0; adds--)
        add(model, &changes, &arena, shape);
    for (; drops > 0; drops--)
        drop(model, &changes, &arena);
    if (changes.len == 0)
        goto out;
    qsort(model->entries.at, model->entries.len, sizeof *model->entries.at,
          compare_entries);
    qsort(changes.at, changes.len, sizeof *changes.at, compare_changes);
    struct disk_trie trie = {txn, 1, &model->source};
    assert_int_equal(disk_trie_update(&trie, &root, changes.at, changes.len),
                     LOFT_OK);
    expected = model_root(model);
    assert_true(hash32_equal(&root, &expected));
out:
    VEC_FREE(&changes);
    arena_fini(&arena);
}

static void same_records(struct store_txn *txn, uint64_t a, uint64_t b)
{
    struct store_cursor *cursor;
    bytes key, value, other;
    uint8_t from[8];
    uint64_t counts[2] = {0, 0};
    assert_int_equal(store_cursor_open(&cursor, txn, STORE_TRIE), LOFT_OK);
    store_be64(from, 0);
    loft_err err = store_seek(cursor, &key, &value, bytes_of(from, 8));
    for (; err == LOFT_OK; err = store_next(cursor, &key, &value)) {
        uint8_t twin[8 + 1 + 64];
        bool is_a = load_be64(key.at) == a;
        counts[is_a]++;
        memcpy(twin, key.at, key.len);
        store_be64(twin, is_a ? b : a);
        assert_int_equal(
            store_get(txn, &other, STORE_TRIE, bytes_of(twin, key.len)),
            LOFT_OK);
        assert_true(bytes_equal(value, other));
    }
    assert_int_equal(counts[0], counts[1]);
    store_cursor_close(cursor);
}

/* A second trie over the same leaves, made in one go. */
static void is_as_if_new(struct model *model, struct store_txn *txn)
{
    hash32 root, expected = model_root(model);
    struct disk_trie trie = {txn, 2, &model->source};
    assert_int_equal(disk_trie_update(&trie, &root, NULL, 0), LOFT_OK);
    assert_true(hash32_equal(&root, &expected));
    same_records(txn, 1, 2);
}

static void prove_some(struct model *model, struct store_txn *txn,
                       const struct shape *shape)
{
    struct arena arena;
    arena_init(&arena);
    for (int i = 0; i < 6; i++) {
        struct disk_trie_proof proof;
        struct disk_trie trie = {txn, 1, &model->source};
        uint8_t key[32];
        hash32 root, expected = model_root(model);
        bytes value;
        random_key(key, shape);
        if (model->entries.len && i % 2)
            memcpy(key,
                   model->entries.at[(size_t)rand() % model->entries.len].key,
                   32);
        struct leaf_change change = {key, 0};
        assert_int_equal(disk_trie_prove(&arena, &trie, &root, &proof,
                                         bytes_of(key, 32), &change, 1),
                         LOFT_OK);
        assert_true(hash32_equal(&root, &expected));
        assert_int_equal(trie_verify(&value, &root, bytes_of(key, 32),
                                     proof.nodes, proof.count),
                         LOFT_OK);
        const struct entry *entry = find(model, key);
        assert_true(bytes_equal(
            value, entry ? bytes_of(entry->value, entry->len) : BYTES_EMPTY));
    }
    arena_fini(&arena);
}

static void play(const struct shape *shape)
{
    struct model model = {0};
    struct store_txn *txn;
    model.source = (struct leaf_source){&model, seek, next};
    assert_int_equal(store_begin_write(store, &txn), LOFT_OK);
    for (int i = 0; i < 40; i++) {
        bool grows = i < 20;
        int many = rand() % 4 == 0 ? 60 : 4;
        step(&model, txn, shape, grows ? rand() % many : rand() % 2,
             grows ? rand() % 3 : rand() % many);
        if (i % 5 == 0)
            prove_some(&model, txn, shape);
    }
    is_as_if_new(&model, txn);
    step(&model, txn, shape, 400, 0);
    prove_some(&model, txn, shape);
    for (size_t i = 0; i < 60; i++)
        step(&model, txn, shape, 0, 30);
    VEC_FREE(&model.entries);
    store_abort(txn);
}

static void every_order_of_changes_gives_the_same_table(void **state)
{
    (void)state;
    const char *given = getenv("LOFT_TEST_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 1;
    print_message("LOFT_TEST_SEED=%u\n", seed);
    srand(seed);
    for (size_t i = 0; i < ARRAY_LEN(SHAPES); i++)
        for (int run = 0; run < 4; run++)
            play(&SHAPES[i]);
}

static void many_leaves_at_once_make_a_deep_table(void **state)
{
    (void)state;
    struct model model = {0};
    struct store_txn *txn;
    model.source = (struct leaf_source){&model, seek, next};
    for (uint64_t i = 0; i < 50000; i++) {
        struct entry entry = {.len = 8};
        uint8_t be[8];
        store_be64(be, i);
        hash32 hash = keccak256(bytes_of(be, 8));
        memcpy(entry.key, hash.at, 32);
        memcpy(entry.value, be, 8);
        entry.value[0] = 1;
        VEC_PUSH(&model.entries, entry);
    }
    qsort(model.entries.at, model.entries.len, sizeof *model.entries.at,
          compare_entries);
    assert_int_equal(store_begin_write(store, &txn), LOFT_OK);
    hash32 root, expected = model_root(&model);
    struct disk_trie trie = {txn, 1, &model.source};
    assert_int_equal(disk_trie_update(&trie, &root, NULL, 0), LOFT_OK);
    assert_true(hash32_equal(&root, &expected));
    struct leaf_change change = {model.entries.at[777].key, 0};
    random_value(&model.entries.at[777]);
    assert_int_equal(disk_trie_update(&trie, &root, &change, 1), LOFT_OK);
    expected = model_root(&model);
    assert_true(hash32_equal(&root, &expected));
    VEC_FREE(&model.entries);
    store_abort(txn);
}

/* The record of the root's child above the first leaf. */
static void a_damaged_record_is_refused(void **state)
{
    (void)state;
    static const int ADDS[] = {200, 3000}; /* its child is a bucket, is large */
    for (size_t i = 0; i < ARRAY_LEN(ADDS); i++) {
        struct model model = {0};
        struct store_txn *txn;
        hash32 root;
        bytes record;
        model.source = (struct leaf_source){&model, seek, next};
        assert_int_equal(store_begin_write(store, &txn), LOFT_OK);
        step(&model, txn, &SHAPES[0], ADDS[i], 0);
        uint8_t key[10] = {0, 0, 0, 0, 0, 0, 0, 1, 1};
        key[9] = model.entries.at[0].key[0] >> 4;
        assert_int_equal(store_get(txn, &record, STORE_TRIE, bytes_of(key, 10)),
                         LOFT_OK);
        uint8_t copy[1024];
        size_t len = record.len;
        assert_int_equal(len > 38, i);
        memcpy(copy, record.at, len);
        struct disk_trie trie = {txn, 1, &model.source};
        struct leaf_change change = {model.entries.at[0].key, 0};
        copy[len] = 0;
        for (size_t cut = 0; cut <= len + 1; cut++) {
            assert_int_equal(store_put(txn, STORE_TRIE, bytes_of(key, 10),
                                       bytes_of(copy, cut)),
                             LOFT_OK);
            assert_int_equal(disk_trie_update(&trie, &root, &change, 1),
                             cut == len ? LOFT_OK : LOFT_ERR_CORRUPT);
        }
        VEC_FREE(&model.entries);
        store_abort(txn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_changes_gives_the_same_table),
        cmocka_unit_test(many_leaves_at_once_make_a_deep_table),
        cmocka_unit_test(a_damaged_record_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
