/* Roots against the published trie tests, proofs against the roots. */
#include "state/trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/vec.h"
#include "codec/json.h"
#include "crypto/keccak.h"
#include "state/nodes.h"
#include "tests/vectors.h"

static struct arena arena;

static int compare_pairs(const void *a, const void *b)
{
    const struct trie_pair *left = a, *right = b;
    return bytes_compare(left->key, right->key);
}

static void sort(struct trie_pair *pairs, size_t count)
{
    qsort(pairs, count, sizeof *pairs, compare_pairs);
}

/* A map of the simplest kind, to apply a test's puts and deletions to. */
struct pairs {
    VEC(struct trie_pair) list;
};

static void put(struct pairs *pairs, bytes key, bytes value)
{
    size_t at = 0;
    while (at < pairs->list.len && !bytes_equal(pairs->list.at[at].key, key))
        at++;
    if (at < pairs->list.len)
        pairs->list.at[at] = pairs->list.at[--pairs->list.len];
    if (value.len)
        VEC_PUSH(&pairs->list, ((struct trie_pair){key, value}));
}

static bytes text_or_hex(const struct json *value)
{
    bytes text, out = BYTES_EMPTY;
    if (json_kind(value) == JSON_IS_NULL)
        return out;
    assert_int_equal(json_read_string(&text, value), LOFT_OK);
    if (text.len < 2 || memcmp(text.at, "0x", 2) != 0)
        return text;
    assert_int_equal(hex_read(&arena, &out, text), LOFT_OK);
    return out;
}

static bytes key_bytes(bytes text, bool is_secure)
{
    bytes key = text;
    if (text.len >= 2 && memcmp(text.at, "0x", 2) == 0)
        assert_int_equal(hex_read(&arena, &key, text), LOFT_OK);
    if (!is_secure)
        return key;
    hash32 hash = keccak256(key);
    return arena_copy(&arena, bytes_hash(&hash));
}

static void apply_case(struct pairs *pairs, const struct json *in,
                       bool is_secure)
{
    for (size_t i = 0; i < json_len(in); i++) {
        const struct json *pair = json_at(in, i);
        if (json_kind(in) != JSON_IS_ARRAY)
            break;
        bytes key;
        assert_int_equal(json_read_string(&key, json_at(pair, 0)), LOFT_OK);
        put(pairs, key_bytes(key, is_secure), text_or_hex(json_at(pair, 1)));
    }
    if (json_kind(in) == JSON_IS_OBJECT)
        JSON_FOR_EACH (member, in)
            put(pairs, key_bytes(member.key, is_secure),
                text_or_hex(member.value));
}

static size_t cases_run;

static void run_case(const struct json *test, bool is_secure, const char *name)
{
    struct pairs pairs = {0};
    hash32 expected;
    apply_case(&pairs, json_get(test, "in"), is_secure);
    sort(pairs.list.at, pairs.list.len);
    hash32 root = trie_root(pairs.list.at, pairs.list.len);
    assert_int_equal(json_get_hash(&expected, test, "root"), LOFT_OK);
    if (!hash32_equal(&root, &expected))
        fail_msg("%s: %s", name, hex_string(&arena, bytes_hash(&root)));
    VEC_FREE(&pairs.list);
    cases_run++;
}

static void run_file(void *context, const char *path)
{
    (void)context;
    const struct json *file;
    bytes text = vectors_read(&arena, path);
    if (strstr(path, "nextprev"))
        return; /* walks over keys: test_store.c has it */
    assert_int_equal(json_parse(&file, &arena, text, &JSON_FROM_FILE), LOFT_OK);
    bool is_secure = strstr(path, "ecure") != NULL;
    JSON_FOR_EACH (member, file)
        run_case(member.value, is_secure, (const char *)member.key.at);
}

static void published_roots_are_reached(void **state)
{
    (void)state;
    const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!dir)
        skip();
    char *tests = arena_printf(&arena, "%s/TrieTests", dir);
    assert_int_equal(vectors_each(tests, ".json", run_file, NULL), 6);
    assert_int_equal(cases_run, 25);
}

static void no_pairs_give_the_empty_root(void **state)
{
    (void)state;
    hash32 root = trie_root(NULL, 0);
    assert_true(hash32_equal(&root, &KECCAK_EMPTY_TRIE));
    root = trie_root_of_list(NULL, 0);
    assert_true(hash32_equal(&root, &KECCAK_EMPTY_TRIE));
}

/* rlp(index) as its definition has it. */
static bytes index_key(size_t index)
{
    uint8_t be[9];
    store_be64(be + 1, index);
    size_t from = 1;
    while (from < 9 && be[from] == 0)
        from++;
    if (index > 0 && index < 0x80)
        return arena_copy(&arena, bytes_of(be + from, 1));
    be[from - 1] = (uint8_t)(0x80 + 9 - from);
    return arena_copy(&arena, bytes_of(be + from - 1, 10 - from));
}

static void a_list_is_a_trie_over_its_indices(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {1,   2,   16,  126, 127,  128,
                                    129, 255, 256, 257, 1000, 70000};
    for (size_t c = 0; c < ARRAY_LEN(COUNTS); c++) {
        size_t count = COUNTS[c];
        struct trie_pair *pairs = ARENA_ARRAY(&arena, struct trie_pair, count);
        bytes *values = ARENA_ARRAY(&arena, bytes, count);
        for (size_t i = 0; i < count; i++) {
            char *text = arena_printf(&arena, "%0*zu", (int)(i % 300 + 1), i);
            values[i] = bytes_str(text);
            pairs[i] = (struct trie_pair){index_key(i), values[i]};
        }
        sort(pairs, count);
        hash32 list = trie_root_of_list(values, count);
        hash32 general = trie_root(pairs, count);
        assert_true(hash32_equal(&list, &general));
        arena_reset(&arena);
    }
}

/* Proofs. */

static hash32 prove(bytes **proof, size_t *count,
                    const struct node_leaf *leaves, size_t len, bytes key)
{
    struct nodes nodes;
    struct node_ref ref;
    nodes_init(&nodes, &arena);
    nodes_watch(&nodes, key);
    nodes_build(&nodes, &ref, leaves, len, 0);
    nodes_hash(&nodes);
    node_list list = {0};
    nodes_proof(&nodes, &list, &arena);
    *count = list.len;
    *proof = ARENA_ARRAY(&arena, bytes, list.len);
    memcpy(*proof, list.at, list.len * sizeof *list.at);
    VEC_FREE(&list);
    nodes_fini(&nodes);
    return node_root(&ref);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static int compare_leaves(const void *a, const void *b)
{
    const struct node_leaf *left = a, *right = b;
    return bytes_compare(left->key, right->key);
}

/* Short keys over few letters, so that nodes nest in nodes, paths are long
 * and keys end where others go on. */
static size_t random_leaves(struct node_leaf *out, size_t count, uint64_t *seed)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t key[6];
        size_t len = 1 + next_random(seed) % 6;
        for (size_t k = 0; k < len; k++)
            key[k] = (uint8_t)(next_random(seed) % 3 * 0x11);
        out[i].key = arena_copy(&arena, bytes_of(key, len));
        out[i].value = bytes_str(
            arena_printf(&arena, "%0*d", (int)(1 + next_random(seed) % 40), 7));
    }
    qsort(out, count, sizeof *out, compare_leaves);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !bytes_equal(out[i].key, out[i - 1].key))
            out[kept++] = out[i];
    return kept;
}

static bytes value_of(const struct node_leaf *leaves, size_t count, bytes key)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(leaves[i].key, key))
            return leaves[i].value;
    return BYTES_EMPTY;
}

/* One bit changed anywhere, a node more, fewer, or in another place. */
static void spoiled_proofs_fail(const hash32 *root, bytes key, bytes value,
                                bytes *proof, size_t count, uint64_t *seed)
{
    bytes read;
    size_t which = next_random(seed) % count;
    bytes good = proof[which];
    uint8_t *bad = arena_alloc(&arena, good.len);
    memcpy(bad, good.at, good.len);
    bad[next_random(seed) % good.len] ^= (uint8_t)(1u << next_random(seed) % 8);
    proof[which] = bytes_of(bad, good.len);
    assert_int_equal(trie_verify(&read, root, key, proof, count),
                     LOFT_ERR_REFUSED);
    assert_int_equal(read.len, 0);
    proof[which] = good;
    assert_int_equal(trie_verify(&read, root, key, proof, count - 1),
                     LOFT_ERR_REFUSED);
    bytes *longer = ARENA_ARRAY(&arena, bytes, count + 1);
    memcpy(longer, proof, count * sizeof *proof);
    longer[count] = good;
    assert_int_equal(trie_verify(&read, root, key, longer, count + 1),
                     LOFT_ERR_REFUSED);
    assert_int_equal(trie_verify(&read, root, key, proof, count), LOFT_OK);
    assert_true(bytes_equal(read, value));
}

static void proofs_hold_for_keys_there_and_not_there(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15;
    for (int run = 0; run < 300; run++) {
        struct node_leaf leaves[40];
        size_t count = random_leaves(leaves, 1 + next_random(&seed) % 40,
                                     &seed);
        struct node_leaf others[10];
        size_t more = random_leaves(others, 10, &seed);
        for (size_t i = 0; i < count + more; i++) {
            bytes key = i < count ? leaves[i].key : others[i - count].key;
            bytes *proof, read, value = value_of(leaves, count, key);
            size_t len;
            hash32 root = prove(&proof, &len, leaves, count, key);
            assert_int_equal(trie_verify(&read, &root, key, proof, len),
                             LOFT_OK);
            assert_true(bytes_equal(read, value));
            spoiled_proofs_fail(&root, key, value, proof, len, &seed);
        }
        arena_reset(&arena);
    }
}

static void the_empty_trie_holds_nothing(void **state)
{
    (void)state;
    bytes value, node = bytes_str("\x80");
    assert_int_equal(
        trie_verify(&value, &KECCAK_EMPTY_TRIE, bytes_str("key"), NULL, 0),
        LOFT_OK);
    assert_int_equal(value.len, 0);
    assert_int_equal(
        trie_verify(&value, &KECCAK_EMPTY_TRIE, bytes_str("key"), &node, 1),
        LOFT_ERR_REFUSED);
    assert_int_equal(
        trie_verify(&value, &KECCAK_EMPTY, bytes_str("key"), NULL, 0),
        LOFT_ERR_REFUSED);
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_roots_are_reached),
        cmocka_unit_test(no_pairs_give_the_empty_root),
        cmocka_unit_test(a_list_is_a_trie_over_its_indices),
        cmocka_unit_test(proofs_hold_for_keys_there_and_not_there),
        cmocka_unit_test(the_empty_trie_holds_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
