#include "crypto/kdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static void assert_hex(const uint8_t *got, size_t len, const char *hex)
{
    uint8_t expected[KDF_OUTPUT_BYTES_MAX];
    assert_int_equal(hex_read_exact(expected, len, bytes_str(hex)), LOFT_OK);
    assert_memory_equal(got, expected, len);
}

/* RFC 7914, 12. */
static void scrypt_known_answers(void **state)
{
    (void)state;
    uint8_t out[64];
    struct kdf_scrypt least = {.cost = 16, .block = 1, .lanes = 1};
    assert_int_equal(kdf_scrypt(out, 64, BYTES_EMPTY, BYTES_EMPTY, &least),
                     LOFT_OK);
    assert_hex(out, 64,
               "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede2144"
               "2fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d189"
               "06");
    struct kdf_scrypt more = {.cost = 1024, .block = 8, .lanes = 16};
    assert_int_equal(
        kdf_scrypt(out, 64, bytes_str("password"), bytes_str("NaCl"), &more),
        LOFT_OK);
    assert_hex(out, 64,
               "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b37316"
               "22eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc06"
               "40");
}

/* RFC 7914, 11. */
static void pbkdf2_sha256_known_answer(void **state)
{
    (void)state;
    uint8_t out[64];
    assert_int_equal(
        kdf_pbkdf2_sha256(out, 64, bytes_str("passwd"), bytes_str("salt"), 1),
        LOFT_OK);
    assert_hex(
        out, 64,
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

static void pbkdf2_of_one_round_is_an_hmac(void **state)
{
    (void)state;
    static const uint8_t salt_and_index[] = {'s', 'a', 'l', 't', 0, 0, 0, 1};
    uint8_t key[64], mac[64];
    assert_int_equal(
        kdf_pbkdf2_sha512(key, 64, bytes_str("word"), bytes_str("salt"), 1),
        LOFT_OK);
    hmac_sha512(mac, bytes_str("word"),
                bytes_of(salt_and_index, sizeof salt_and_index));
    assert_memory_equal(key, mac, 64);
}

/* RFC 4231, 4.3. */
static void hmac_sha512_known_answer(void **state)
{
    (void)state;
    uint8_t mac[64];
    hmac_sha512(mac, bytes_str("Jefe"),
                bytes_str("what do ya want for nothing?"));
    assert_hex(mac, 64,
               "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea25055"
               "49758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce7"
               "37");
}

static void scrypt_refuses_what_it_should_not_run(void **state)
{
    (void)state;
    static const struct {
        struct kdf_scrypt params;
        loft_err expected;
    } cases[] = {
        {{0, 8, 1}, LOFT_ERR_FORMAT},
        {{1, 8, 1}, LOFT_ERR_FORMAT},
        {{1000, 8, 1}, LOFT_ERR_FORMAT},
        {{1024, 0, 1}, LOFT_ERR_FORMAT},
        {{1024, 8, 0}, LOFT_ERR_FORMAT},
        {{(uint64_t)1 << 20, 8, 1}, LOFT_ERR_LIMIT},
        {{(uint64_t)1 << 63, UINT32_MAX, UINT32_MAX}, LOFT_ERR_LIMIT},
        {{2, UINT32_MAX, 1}, LOFT_ERR_LIMIT},
        {{1024, 8, UINT32_MAX}, LOFT_ERR_LIMIT},
    };
    uint8_t out[32];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(
            kdf_scrypt(out, 32, BYTES_EMPTY, BYTES_EMPTY, &cases[i].params),
            cases[i].expected);
}

static void scrypt_runs_at_its_memory_limit(void **state)
{
    (void)state;
    uint8_t out[32];
    struct kdf_scrypt most = {.cost = 16, .lanes = 1};
    most.block = (uint32_t)(KDF_SCRYPT_BYTES_MAX / 128 / 19);
    assert_int_equal(kdf_scrypt(out, 32, bytes_str("a"), bytes_str("b"), &most),
                     LOFT_OK);
    most.block++;
    assert_int_equal(kdf_scrypt(out, 32, bytes_str("a"), bytes_str("b"), &most),
                     LOFT_ERR_LIMIT);
}

static void pbkdf2_refuses_no_rounds_and_too_many(void **state)
{
    (void)state;
    uint8_t out[32];
    assert_int_equal(kdf_pbkdf2_sha256(out, 32, BYTES_EMPTY, BYTES_EMPTY, 0),
                     LOFT_ERR_FORMAT);
    assert_int_equal(kdf_pbkdf2_sha512(out, 32, BYTES_EMPTY, BYTES_EMPTY,
                                       KDF_PBKDF2_ROUNDS_MAX + 1),
                     LOFT_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrypt_known_answers),
        cmocka_unit_test(pbkdf2_sha256_known_answer),
        cmocka_unit_test(pbkdf2_of_one_round_is_an_hmac),
        cmocka_unit_test(hmac_sha512_known_answer),
        cmocka_unit_test(scrypt_refuses_what_it_should_not_run),
        cmocka_unit_test(scrypt_runs_at_its_memory_limit),
        cmocka_unit_test(pbkdf2_refuses_no_rounds_and_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
