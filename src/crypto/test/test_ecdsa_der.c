#include "crypto/ecdsa_der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/json.h"
#include "crypto/digest.h"
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

static void run_group(const struct json *group, size_t *count)
{
    uint8_t key[ECDSA_KEY_BYTES];
    bytes point = get_hex(json_get(group, "publicKey"), "uncompressed");
    const struct json *tests = json_get(group, "tests");
    assert_int_equal(point.len, 65);
    key[0] = 2 | (point.at[64] & 1);
    memcpy(key + 1, point.at + 1, 32);
    for (size_t i = 0; i < json_len(tests); i++, (*count)++) {
        const struct json *test = json_at(tests, i);
        hash32 digest = sha256(get_hex(test, "msg"));
        bytes result;
        assert_int_equal(json_get_string(&result, test, "result"), LOFT_OK);
        assert_int_equal(ecdsa_verify_der(get_hex(test, "sig"), &digest, key),
                         bytes_equal(result, bytes_str("valid")));
    }
}

/* The cases for verifiers that want a low s. */
static void wycheproof_cases(void **state)
{
    (void)state;
    size_t count = 0;
    if (!folder)
        skip();
    const struct json *root = vectors_json(
        &arena, arena_printf(&arena, "%s/wycheproof/%s", folder,
                             "ecdsa_secp256k1_sha256_bitcoin_test.json"));
    const struct json *groups = json_get(root, "testGroups");
    for (size_t i = 0; i < json_len(groups); i++)
        run_group(json_at(groups, i), &count);
    printf("%zu run\n", count);
    assert_true(count >= 400);
    arena_reset(&arena);
}

static void what_is_signed_verifies(void **state)
{
    (void)state;
    secret32 key = {.at = {[31] = 7}};
    uint8_t public[ECDSA_KEY_BYTES], der[ECDSA_DER_BYTES_MAX];
    size_t len;
    hash32 digest = sha256(bytes_str("message")), other = digest;
    other.at[0] ^= 1;
    assert_int_equal(ecdsa_public_key(public, &key), LOFT_OK);
    assert_true(ecdsa_key_is_valid(public));
    assert_int_equal(ecdsa_sign_der(der, &len, &digest, &key), LOFT_OK);
    assert_true(ecdsa_verify_der(bytes_of(der, len), &digest, public));
    assert_false(ecdsa_verify_der(bytes_of(der, len), &other, public));
    assert_false(ecdsa_verify_der(bytes_of(der, len - 1), &digest, public));
}

static void zero_is_no_key(void **state)
{
    (void)state;
    static const secret32 zero;
    static const uint8_t no_point[ECDSA_KEY_BYTES];
    uint8_t public[ECDSA_KEY_BYTES], der[ECDSA_DER_BYTES_MAX];
    size_t len;
    hash32 digest = sha256(BYTES_EMPTY);
    assert_int_equal(ecdsa_public_key(public, &zero), LOFT_ERR_REFUSED);
    assert_int_equal(ecdsa_sign_der(der, &len, &digest, &zero),
                     LOFT_ERR_REFUSED);
    assert_false(ecdsa_key_is_valid(no_point));
}

int main(void)
{
    folder = vectors_unpack("wycheproof.tar.xz");
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(zero_is_no_key),
        cmocka_unit_test(wycheproof_cases),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
