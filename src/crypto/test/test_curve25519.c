#include "crypto/curve25519.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/json.h"
#include "tests/vectors.h"

static const char *folder;
static struct arena arena;

static bytes get_hex(const struct json *object, const char *key)
{
    bytes text, out = BYTES_EMPTY;
    assert_int_equal(json_get_string(&text, object, key), LOFT_OK);
    assert_int_equal(hex_read(&arena, &out, text), LOFT_OK);
    return out;
}

static bool is_valid(const struct json *test)
{
    bytes result;
    assert_int_equal(json_get_string(&result, test, "result"), LOFT_OK);
    return bytes_equal(result, bytes_str("valid"));
}

typedef void run_case(const struct json *group, const struct json *test);

static void run_file(const char *name, run_case *run, size_t expected)
{
    size_t count = 0;
    if (!folder)
        skip();
    const struct json *root = vectors_json(
        &arena, arena_printf(&arena, "%s/wycheproof/%s", folder, name));
    const struct json *groups = json_get(root, "testGroups");
    for (size_t i = 0; i < json_len(groups); i++) {
        const struct json *tests = json_get(json_at(groups, i), "tests");
        for (size_t j = 0; j < json_len(tests); j++, count++)
            run(json_at(groups, i), json_at(tests, j));
    }
    printf("%s: %zu run\n", name, count);
    assert_true(count >= expected);
    arena_reset(&arena);
}

/* "acceptable" cases differ in one thing: whether the secret is zero. */
static void run_x25519(const struct json *group, const struct json *test)
{
    (void)group;
    secret32 key, shared;
    static const hash32 zero;
    bytes private = get_hex(test, "private"), public = get_hex(test, "public");
    bytes expected = get_hex(test, "shared");
    assert_int_equal(private.len, 32);
    assert_int_equal(public.len, 32);
    memcpy(key.at, private.at, 32);
    bool refused = bytes_equal(expected, bytes_hash(&zero));
    assert_int_equal(x25519(&shared, &key, public.at),
                     refused ? LOFT_ERR_REFUSED : LOFT_OK);
    assert_memory_equal(shared.at, expected.at, 32);
}

static void wycheproof_x25519(void **state)
{
    (void)state;
    run_file("x25519_test.json", run_x25519, 500);
}

static void run_ed25519(const struct json *group, const struct json *test)
{
    bytes key = get_hex(json_get(group, "publicKey"), "pk");
    bytes signature = get_hex(test, "sig");
    assert_int_equal(key.len, 32);
    if (signature.len != 64) {
        assert_false(is_valid(test));
        return;
    }
    assert_int_equal(ed25519_verify(signature.at, get_hex(test, "msg"), key.at),
                     is_valid(test));
}

static void wycheproof_ed25519(void **state)
{
    (void)state;
    run_file("ed25519_test.json", run_ed25519, 150);
}

static void assert_hex(const uint8_t *got, size_t len, const char *hex)
{
    uint8_t expected[64];
    assert_int_equal(hex_read_exact(expected, len, bytes_str(hex)), LOFT_OK);
    assert_memory_equal(got, expected, len);
}

/* Each side reaches the same secret from its own key and the other's. */
static void x25519_agrees(void **state)
{
    (void)state;
    secret32 alice, bob, shared, again;
    uint8_t alice_public[32], bob_public[32];
    secret_random(&alice);
    secret_random(&bob);
    x25519_public(alice_public, &alice);
    x25519_public(bob_public, &bob);
    assert_int_equal(x25519(&shared, &alice, bob_public), LOFT_OK);
    assert_int_equal(x25519(&again, &bob, alice_public), LOFT_OK);
    assert_true(secret_equal(&shared, &again));
}

/* RFC 8032, 7.1, test 1. */
static void ed25519_known_signatures(void **state)
{
    (void)state;
    secret32 seed;
    uint8_t key[32], signature[64];
    assert_int_equal(
        hex_read_exact(seed.at, 32,
                       bytes_str("9d61b19deffd5a60ba844af492ec2cc4"
                                 "4449c5697b326919703bac031cae7f60")),
        LOFT_OK);
    ed25519_public(key, &seed);
    assert_hex(key, 32,
               "d75a980182b10ab7d54bfed3c964073a"
               "0ee172f3daa62325af021a68f707511a");
    ed25519_sign(signature, BYTES_EMPTY, &seed);
    assert_hex(
        signature, 64,
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    assert_true(ed25519_verify(signature, BYTES_EMPTY, key));
    assert_false(ed25519_verify(signature, bytes_str("x"), key));
    signature[63] ^= 1;
    assert_false(ed25519_verify(signature, BYTES_EMPTY, key));
}

int main(void)
{
    folder = vectors_unpack("wycheproof.tar.xz");
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x25519_agrees),
        cmocka_unit_test(ed25519_known_signatures),
        cmocka_unit_test(wycheproof_x25519),
        cmocka_unit_test(wycheproof_ed25519),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
