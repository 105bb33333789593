#include "crypto/bls_signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/bls12_constants.h"

static secret32 secret_of(const char *hex)
{
    secret32 out;
    assert_int_equal(hex_read_exact(out.at, sizeof out.at, bytes_str(hex)),
                     LOFT_OK);
    return out;
}

static secret32 nth_secret(uint8_t n)
{
    secret32 out = {{0}};
    memset(out.at + 1, n + 1, sizeof out.at - 1);
    return out;
}

static const uint8_t zeros[32];

/* The consensus specifications' first cases of "sign". */
static void signature_is_the_published_one(void **state)
{
    static const char key_text[] =
        "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20f"
        "d6e10c1b77654d067c0618f6e5a7f79a";
    static const char signature_text[] =
        "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6"
        "076334f91e2366c96e9ab279fb5158090352ea1c5b0c9274504f4f0e7053af24"
        "802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55";
    secret32 secret = secret_of(
        "263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3");
    bls_key key, key_expected;
    bls_signature is, expected;
    (void)state;
    assert_int_equal(hex_read_exact(key_expected.at, sizeof key_expected.at,
                                    bytes_str(key_text)),
                     LOFT_OK);
    assert_int_equal(hex_read_exact(expected.at, sizeof expected.at,
                                    bytes_str(signature_text)),
                     LOFT_OK);
    bls_public_key(&key, &secret);
    assert_memory_equal(key.at, key_expected.at, sizeof key.at);
    bls_sign(&is, &secret, bytes_of(zeros, sizeof zeros));
    assert_memory_equal(is.at, expected.at, sizeof is.at);
    assert_true(bls_verify(&key, bytes_of(zeros, sizeof zeros), &is));
}

static void another_key_message_or_signature_does_not_verify(void **state)
{
    secret32 one = nth_secret(1), two = nth_secret(2);
    bls_key key, other;
    bls_signature signature;
    bytes message = bytes_str("message");
    (void)state;
    bls_public_key(&key, &one);
    bls_public_key(&other, &two);
    bls_sign(&signature, &one, message);
    assert_true(bls_verify(&key, message, &signature));
    assert_false(bls_verify(&other, message, &signature));
    assert_false(bls_verify(&key, bytes_str("massage"), &signature));
    bls_sign(&signature, &two, message);
    assert_false(bls_verify(&key, message, &signature));
    for (size_t i = 0; i < sizeof signature.at; i += 7) {
        bls_sign(&signature, &one, message);
        signature.at[i] ^= 1;
        assert_false(bls_verify(&key, message, &signature));
    }
}

static void infinite_keys_verify_nothing(void **state)
{
    bls_key key = {{0xc0}};
    bls_signature signature = {{0xc0}};
    bytes message = bytes_str("message");
    (void)state;
    assert_false(bls_key_is_valid(&key));
    assert_false(bls_verify(&key, message, &signature));
    assert_false(bls_fast_aggregate_verify(&key, 1, message, &signature));
    assert_false(bls_aggregate_verify(&key, &message, 1, &signature));
    secret32 secret = nth_secret(1);
    bls_public_key(&key, &secret);
    assert_true(bls_key_is_valid(&key));
    assert_false(bls_verify(&key, message, &signature));
}

/* Two keys whose sum is infinity, each valid alone. */
static void keys_that_cancel_verify_nothing(void **state)
{
    bls_key keys[2];
    bls_signature signature = {{0xc0}};
    secret32 secret = nth_secret(1);
    (void)state;
    bls_public_key(&keys[0], &secret);
    keys[1] = keys[0];
    keys[1].at[0] ^= 0x20;
    assert_true(bls_key_is_valid(&keys[1]));
    assert_false(
        bls_fast_aggregate_verify(keys, 2, bytes_str("message"), &signature));
}

#define COUNT 5

static void aggregates_verify_against_all_keys(void **state)
{
    bls_key keys[COUNT];
    bls_signature parts[COUNT], same[COUNT], sum;
    bytes messages[COUNT];
    static const uint8_t text[COUNT] = {1, 2, 3, 4, 5};
    (void)state;
    for (uint8_t i = 0; i < COUNT; i++) {
        secret32 secret = nth_secret(i);
        messages[i] = bytes_of(text, i + 1);
        bls_public_key(&keys[i], &secret);
        bls_sign(&parts[i], &secret, messages[i]);
        bls_sign(&same[i], &secret, messages[0]);
    }
    assert_true(bls_aggregate(&sum, parts, COUNT));
    assert_true(bls_aggregate_verify(keys, messages, COUNT, &sum));
    assert_false(bls_aggregate_verify(keys, messages, COUNT - 1, &sum));
    assert_false(bls_fast_aggregate_verify(keys, COUNT, messages[0], &sum));
    assert_true(bls_aggregate(&sum, same, COUNT));
    assert_true(bls_fast_aggregate_verify(keys, COUNT, messages[0], &sum));
    assert_false(bls_fast_aggregate_verify(keys, COUNT - 1, messages[0], &sum));
    assert_false(bls_aggregate_verify(keys, messages, COUNT, &sum));
}

static void nothing_aggregates_to_nothing(void **state)
{
    bls_signature sum = {{0xc0}};
    (void)state;
    assert_false(bls_aggregate(&sum, NULL, 0));
    sum = (bls_signature){{0xc0}};
    assert_false(bls_aggregate_verify(NULL, NULL, 0, &sum));
    assert_false(bls_fast_aggregate_verify(NULL, 0, BYTES_EMPTY, &sum));
}

static void a_malformed_part_spoils_the_aggregate(void **state)
{
    bls_signature parts[2], sum;
    secret32 secret = nth_secret(0);
    (void)state;
    bls_sign(&parts[0], &secret, BYTES_EMPTY);
    parts[1] = parts[0];
    assert_true(bls_aggregate(&sum, parts, 2));
    memset(parts[1].at, 0xff, sizeof parts[1].at);
    assert_false(bls_aggregate(&sum, parts, 2));
}

static void a_proof_is_no_signature_of_the_key(void **state)
{
    secret32 secret = nth_secret(3), other = nth_secret(4);
    bls_key key, other_key;
    bls_signature proof, signature;
    (void)state;
    bls_public_key(&key, &secret);
    bls_public_key(&other_key, &other);
    bls_prove(&proof, &secret);
    bls_sign(&signature, &secret, bytes_of(key.at, sizeof key.at));
    assert_true(bls_verify_proof(&key, &proof));
    assert_false(bls_verify_proof(&other_key, &proof));
    assert_false(bls_verify_proof(&key, &signature));
    assert_false(bls_verify(&key, bytes_of(key.at, sizeof key.at), &proof));
}

static void secrets_are_from_one_to_below_the_order(void **state)
{
    secret32 secret = {{0}};
    (void)state;
    assert_false(bls_secret_is_valid(&secret));
    secret.at[31] = 1;
    assert_true(bls_secret_is_valid(&secret));
    u256_store_be(secret.at, BLS12_ORDER);
    assert_false(bls_secret_is_valid(&secret));
    secret.at[31]--;
    assert_true(bls_secret_is_valid(&secret));
    memset(secret.at, 0xff, sizeof secret.at);
    assert_false(bls_secret_is_valid(&secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_is_the_published_one),
        cmocka_unit_test(another_key_message_or_signature_does_not_verify),
        cmocka_unit_test(infinite_keys_verify_nothing),
        cmocka_unit_test(keys_that_cancel_verify_nothing),
        cmocka_unit_test(aggregates_verify_against_all_keys),
        cmocka_unit_test(nothing_aggregates_to_nothing),
        cmocka_unit_test(a_malformed_part_spoils_the_aggregate),
        cmocka_unit_test(a_proof_is_no_signature_of_the_key),
        cmocka_unit_test(secrets_are_from_one_to_below_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
