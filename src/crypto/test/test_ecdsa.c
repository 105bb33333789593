#include "crypto/ecdsa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/digest.h"

static u256 number(const char *hex)
{
    u256 out;
    assert_int_equal(hex_read_u256(&out, bytes_str(hex)), LOFT_OK);
    return out;
}

static secret32 small_key(uint8_t value)
{
    secret32 key = {{0}};
    key.at[31] = value;
    return key;
}

static void assert_address(const address *got, const char *expected_hex)
{
    address expected;
    assert_int_equal(hex_read_exact(expected.at, 20, bytes_str(expected_hex)),
                     LOFT_OK);
    assert_memory_equal(got->at, expected.at, 20);
}

static void addresses_of_known_keys(void **state)
{
    (void)state;
    address got;
    secret32 key = small_key(1);
    assert_int_equal(ecdsa_address(&got, &key), LOFT_OK);
    assert_address(&got, "7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    key = small_key(2);
    assert_int_equal(ecdsa_address(&got, &key), LOFT_OK);
    assert_address(&got, "2b5ad5c4795c026514f8317c7a215e218dccd6cf");
}

static void nonces_are_those_of_rfc6979(void **state)
{
    (void)state;
    struct ecdsa_signature signature;
    secret32 key = small_key(1);
    hash32 digest = sha256(bytes_str("Satoshi Nakamoto"));
    assert_int_equal(ecdsa_sign(&signature, &digest, &key), LOFT_OK);
    assert_true(u256_equal(
        signature.r, number("0x934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a498"
                            "60d7a6ab210ee3d8")));
    assert_true(u256_equal(
        signature.s, number("0x2442ce9d2b916064108014783e923ec36b49743e2ffa1c44"
                            "96f01a512aafd9e5")));
}

static struct ecdsa_signature published_signature(hash32 *digest)
{
    *digest = u256_to_hash(number("0x456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34"
                                  "c2289b4c860fc0b0c64ef3"));
    return (struct ecdsa_signature){
        .r = number("0x9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac80"
                    "38825608"),
        .s = number("0x4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae9"
                    "50852ada"),
        .parity = 1,
    };
}

static void recovers_the_signer_of_a_published_signature(void **state)
{
    (void)state;
    hash32 digest;
    struct ecdsa_signature signature = published_signature(&digest);
    address got;
    assert_true(ecdsa_recover(&got, &digest, &signature));
    assert_address(&got, "7156526fbd7a3c72969b54f64e42c10fbb768c8a");
}

static void high_s_with_the_other_parity_recovers_the_same_signer(void **state)
{
    (void)state;
    hash32 digest;
    struct ecdsa_signature signature = published_signature(&digest);
    signature.s = u256_sub(ECDSA_ORDER, signature.s);
    signature.parity ^= 1;
    address got;
    assert_true(ecdsa_recover(&got, &digest, &signature));
    assert_address(&got, "7156526fbd7a3c72969b54f64e42c10fbb768c8a");
}

static void refuses_r_and_s_out_of_range(void **state)
{
    (void)state;
    const u256 bad[] = {U256_ZERO, ECDSA_ORDER, U256_MAX};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        hash32 digest;
        address got;
        struct ecdsa_signature r = published_signature(&digest), s = r;
        r.r = bad[i];
        s.s = bad[i];
        assert_false(ecdsa_recover(&got, &digest, &r));
        assert_false(ecdsa_recover(&got, &digest, &s));
    }
    hash32 digest;
    address got;
    struct ecdsa_signature parity = published_signature(&digest);
    parity.parity = 2;
    assert_false(ecdsa_recover(&got, &digest, &parity));
}

/* x = 5 has no y on the curve: 5^3 + 7 is not a square modulo p. */
static void refuses_an_r_without_a_point(void **state)
{
    (void)state;
    hash32 digest;
    address got;
    struct ecdsa_signature signature = published_signature(&digest);
    signature.r = u256_from(5);
    assert_false(ecdsa_recover(&got, &digest, &signature));
}

static void signatures_recover_to_the_signers_address_and_are_low(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        secret32 key;
        hash32 digest;
        address signer, expected;
        struct ecdsa_signature signature;
        secret_random(&key);
        random_bytes(digest.at, 32);
        assert_int_equal(ecdsa_sign(&signature, &digest, &key), LOFT_OK);
        assert_int_equal(ecdsa_address(&expected, &key), LOFT_OK);
        assert_true(ecdsa_recover(&signer, &digest, &signature));
        assert_memory_equal(signer.at, expected.at, 20);
        assert_false(u256_less(ECDSA_HALF_ORDER, signature.s));
        digest.at[i % 32] ^= 1;
        if (ecdsa_recover(&signer, &digest, &signature))
            assert_memory_not_equal(signer.at, expected.at, 20);
    }
}

static void refuses_keys_out_of_range(void **state)
{
    (void)state;
    hash32 digest = {{1}};
    struct ecdsa_signature signature;
    address got;
    secret32 key = small_key(0);
    assert_int_equal(ecdsa_sign(&signature, &digest, &key), LOFT_ERR_REFUSED);
    assert_int_equal(ecdsa_address(&got, &key), LOFT_ERR_REFUSED);
    u256_store_be(key.at, ECDSA_ORDER);
    assert_int_equal(ecdsa_sign(&signature, &digest, &key), LOFT_ERR_REFUSED);
    assert_int_equal(ecdsa_address(&got, &key), LOFT_ERR_REFUSED);
    u256_store_be(key.at, u256_sub(ECDSA_ORDER, U256_ONE));
    assert_int_equal(ecdsa_sign(&signature, &digest, &key), LOFT_OK);
}

static void half_order_is_half_of_the_order(void **state)
{
    (void)state;
    u256 twice = u256_add(ECDSA_HALF_ORDER, ECDSA_HALF_ORDER);
    assert_true(u256_equal(u256_add(twice, U256_ONE), ECDSA_ORDER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_known_keys),
        cmocka_unit_test(nonces_are_those_of_rfc6979),
        cmocka_unit_test(recovers_the_signer_of_a_published_signature),
        cmocka_unit_test(high_s_with_the_other_parity_recovers_the_same_signer),
        cmocka_unit_test(refuses_r_and_s_out_of_range),
        cmocka_unit_test(refuses_an_r_without_a_point),
        cmocka_unit_test(signatures_recover_to_the_signers_address_and_are_low),
        cmocka_unit_test(refuses_keys_out_of_range),
        cmocka_unit_test(half_order_is_half_of_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
