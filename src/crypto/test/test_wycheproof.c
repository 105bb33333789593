/* Project Wycheproof's signatures, made to mislead verifiers. A signature
 * here is two numbers and, to recover the signer, a parity: cases about DER
 * and the ones that need a wider sign than a parity are counted and left
 * out. */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "crypto/kdf.h"
#include "crypto/keccak.h"
#include "crypto/p256.h"
#include "tests/vectors.h"

static const char *folder;
static struct arena arena;

struct verdict {
    uint8_t r[32], s[32];
    const uint8_t *key; /* x, then y */
    hash32 digest;
};

/* False: the text is not a signature of two numbers of 32 bytes. */
typedef bool read_signature(struct verdict *out, bytes sig);
typedef bool verify(const struct verdict *on);

static bytes get_hex(const struct json *object, const char *key)
{
    bytes text, out = BYTES_EMPTY;
    assert_int_equal(json_get_string(&text, object, key), LOFT_OK);
    assert_int_equal(hex_read(&arena, &out, text), LOFT_OK);
    return out;
}

static bool read_fixed(struct verdict *out, bytes sig)
{
    if (sig.len != 64)
        return false;
    memcpy(out->r, sig.at, 32);
    memcpy(out->s, sig.at + 32, 32);
    return true;
}

/* Whether re-encoding gives the same bytes: the encoding is DER. */
static bool is_der(const ECDSA_SIG *parsed, bytes sig)
{
    uint8_t *again = NULL;
    int len = i2d_ECDSA_SIG(parsed, &again);
    bool same = len >= 0 && bytes_equal(bytes_of(again, (size_t)len), sig);
    OPENSSL_free(again);
    return same;
}

static bool read_der(struct verdict *out, bytes sig)
{
    const uint8_t *at = sig.at;
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)sig.len);
    if (!parsed)
        return false;
    const BIGNUM *r = ECDSA_SIG_get0_r(parsed), *s = ECDSA_SIG_get0_s(parsed);
    bool good = is_der(parsed, sig) && !BN_is_negative(r) &&
                !BN_is_negative(s) && BN_bn2binpad(r, out->r, 32) == 32 &&
                BN_bn2binpad(s, out->s, 32) == 32;
    ECDSA_SIG_free(parsed);
    return good;
}

static bool verify_p256(const struct verdict *on)
{
    return p256_verify(on->digest.at, on->r, on->s, on->key, on->key + 32);
}

/* r is the x of the nonce's point modulo the order. One this small may have
 * been at or above the order, which needs a sign that Ethereum lacks. */
static bool may_lack_a_bit(const struct verdict *on)
{
    static const u256 field_less_order = {
        {0x402da1722fc9baee, 0x4551231950b75fc4, 1, 0}};
    return u256_less(u256_load_be(on->r), field_less_order);
}

/* A signature is good for a key if one of its parities recovers it. */
static bool verify_secp256k1(const struct verdict *on)
{
    hash32 hash = keccak256(bytes_of(on->key, 64));
    for (uint8_t parity = 0; parity < 2; parity++) {
        address signer;
        struct ecdsa_signature signature = {u256_load_be(on->r),
                                            u256_load_be(on->s), parity};
        if (ecdsa_recover(&signer, &on->digest, &signature) &&
            memcmp(signer.at, hash.at + 12, 20) == 0)
            return true;
    }
    return false;
}

struct suite {
    const char *file;
    read_signature *read;
    verify *verify;
    size_t run, left_out;
};

static void run_case(struct suite *suite, const struct json *test, bytes point)
{
    struct verdict on;
    bytes result;
    uint64_t id;
    assert_int_equal(json_get_u64(&id, test, "tcId"), LOFT_OK);
    assert_int_equal(json_get_string(&result, test, "result"), LOFT_OK);
    bool valid = bytes_equal(result, bytes_str("valid"));
    if (!suite->read(&on, get_hex(test, "sig"))) {
        assert_false(valid);
        suite->left_out++;
        return;
    }
    on.key = point.at + 1;
    on.digest = sha256(get_hex(test, "msg"));
    bool accepted = suite->verify(&on);
    if (valid && !accepted && suite->verify == verify_secp256k1 &&
        may_lack_a_bit(&on)) {
        suite->left_out++;
        return;
    }
    if (accepted != valid)
        fail_msg("%s: case %u is %s", suite->file, (unsigned)id,
                 valid ? "valid" : "not valid");
    suite->run++;
}

static void run_group(struct suite *suite, const struct json *group)
{
    bytes point = get_hex(json_get(group, "publicKey"), "uncompressed");
    const struct json *tests = json_get(group, "tests");
    assert_int_equal(point.len, 65);
    for (size_t i = 0; i < json_len(tests); i++)
        run_case(suite, json_at(tests, i), point);
}

static void run_suite(struct suite *suite)
{
    if (!folder)
        skip();
    char *path = arena_printf(&arena, "%s/wycheproof/%s", folder, suite->file);
    const struct json *root = vectors_json(&arena, path);
    const struct json *groups = json_get(root, "testGroups");
    for (size_t i = 0; i < json_len(groups); i++)
        run_group(suite, json_at(groups, i));
    printf("%s: %zu run, %zu left out\n", suite->file, suite->run,
           suite->left_out);
    assert_true(suite->run > 100);
    arena_reset(&arena);
}

static void secp256k1_signatures_of_fixed_width(void **state)
{
    (void)state;
    run_suite(&(struct suite){.file = "ecdsa_secp256k1_sha256_p1363_test.json",
                              .read = read_fixed,
                              .verify = verify_secp256k1});
}

static void secp256k1_signatures_in_der(void **state)
{
    (void)state;
    run_suite(&(struct suite){.file = "ecdsa_secp256k1_sha256_test.json",
                              .read = read_der,
                              .verify = verify_secp256k1});
}

static void p256_signatures_in_der(void **state)
{
    (void)state;
    run_suite(&(struct suite){.file = "ecdsa_secp256r1_sha256_test.json",
                              .read = read_der,
                              .verify = verify_p256});
}

static bool run_hkdf(const struct json *test)
{
    uint8_t out[HKDF_SHA256_BYTES_MAX];
    uint64_t size;
    secret32 key;
    bytes result, expected = get_hex(test, "okm");
    assert_int_equal(json_get_u64(&size, test, "size"), LOFT_OK);
    assert_int_equal(json_get_string(&result, test, "result"), LOFT_OK);
    if (!bytes_equal(result, bytes_str("valid"))) {
        assert_true(size > sizeof out);
        return false;
    }
    assert_int_equal(expected.len, size);
    hkdf_sha256_extract(&key, get_hex(test, "salt"), get_hex(test, "ikm"));
    hkdf_sha256_expand(out, size, &key, get_hex(test, "info"));
    assert_memory_equal(out, expected.at, size);
    return true;
}

static void hkdf_with_sha256(void **state)
{
    (void)state;
    unsigned run = 0;
    if (!folder)
        skip();
    const struct json *root = vectors_json(
        &arena,
        arena_printf(&arena, "%s/wycheproof/hkdf_sha256_test.json", folder));
    const struct json *groups = json_get(root, "testGroups");
    for (size_t i = 0; i < json_len(groups); i++) {
        const struct json *tests = json_get(json_at(groups, i), "tests");
        for (size_t j = 0; j < json_len(tests); j++)
            run += run_hkdf(json_at(tests, j));
    }
    printf("hkdf_sha256_test.json: %u run\n", run);
    assert_true(run > 50);
    arena_reset(&arena);
}

int main(void)
{
    folder = vectors_unpack("wycheproof.tar.xz");
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secp256k1_signatures_of_fixed_width),
        cmocka_unit_test(secp256k1_signatures_in_der),
        cmocka_unit_test(p256_signatures_in_der),
        cmocka_unit_test(hkdf_with_sha256),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
