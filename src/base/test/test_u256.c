/* Against GMP, on numbers whose limbs are mostly all ones, all zeros or a bit
 * next to a boundary: where division's estimates go wrong. */
#include "base/u256.h"

#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ROUNDS 200000

static mpz_t big_a, big_b, big_m, big_out;

static uint64_t random_word(void)
{
    return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
}

static uint64_t random_limb(void)
{
    switch (rand() % 8) {
    case 0:
        return UINT64_MAX;
    case 1:
        return 0;
    case 2:
        return (uint64_t)1 << (rand() % 64);
    case 3:
        return UINT64_MAX << (rand() % 64);
    case 4:
        return UINT64_MAX >> (rand() % 64);
    case 5:
        return (uint64_t)1 << 63;
    default:
        return random_word();
    }
}

static u256 random_u256(void)
{
    u256 out = U256_ZERO;
    int limbs = rand() % 5;
    for (int i = 0; i < limbs; i++)
        out.limb[i] = random_limb();
    return out;
}

/* Now and then close to another number, or to a multiple of it. */
static u256 random_near(u256 other)
{
    switch (rand() % 4) {
    case 0:
        return u256_add(other, u256_from((uint64_t)(rand() % 5)));
    case 1:
        return u256_sub(other, u256_from((uint64_t)(rand() % 5)));
    case 2:
        return u256_sub(u256_mul(other, random_u256()),
                        u256_from((uint64_t)(rand() % 3)));
    default:
        return random_u256();
    }
}

static void to_big(mpz_t out, u256 value)
{
    mpz_import(out, 4, -1, sizeof value.limb[0], 0, 0, value.limb);
}

static u256 from_big(const mpz_t value)
{
    u256 out = U256_ZERO;
    mpz_fdiv_r_2exp(big_out, value, 256);
    mpz_export(out.limb, NULL, -1, sizeof out.limb[0], 0, 0, big_out);
    return out;
}

static void assert_u256(u256 got, u256 expected)
{
    char text[2][U256_DECIMAL_MAX];
    u256_decimal(text[0], got);
    u256_decimal(text[1], expected);
    assert_string_equal(text[0], text[1]);
}

static void assert_is(u256 got, const mpz_t expected)
{
    assert_u256(got, from_big(expected));
}

static void sums_and_products_agree(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        u256 a = random_u256(), b = random_near(a), out;
        to_big(big_a, a);
        to_big(big_b, b);
        int order = mpz_cmp(big_a, big_b);
        assert_int_equal(u256_less(a, b), order < 0);
        assert_int_equal(u256_compare(a, b), (order > 0) - (order < 0));
        assert_int_equal(u256_equal(a, b), order == 0);
        assert_int_equal(u256_sub_overflow(&out, a, b), order < 0);
        mpz_sub(big_m, big_a, big_b);
        assert_is(out, big_m);
        mpz_add(big_m, big_a, big_b);
        assert_int_equal(u256_add_overflow(&out, a, b),
                         mpz_sizeinbase(big_m, 2) > 256);
        assert_is(out, big_m);
        mpz_mul(big_m, big_a, big_b);
        assert_int_equal(u256_mul_overflow(&out, a, b),
                         mpz_sizeinbase(big_m, 2) > 256);
        assert_is(out, big_m);
        assert_is(u256_mul(a, b), big_m);
    }
}

static void quotients_and_remainders_agree(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        u256 b = random_u256(), a = random_near(b);
        if (u256_is_zero(b)) {
            assert_true(u256_is_zero(u256_div(a, b)));
            assert_true(u256_is_zero(u256_mod(a, b)));
            continue;
        }
        to_big(big_a, a);
        to_big(big_b, b);
        struct u256_quotient got = u256_divide(a, b);
        mpz_fdiv_qr(big_m, big_a, big_a, big_b);
        assert_is(got.quotient, big_m);
        assert_is(u256_div(a, b), big_m);
        assert_is(got.remainder, big_a);
        assert_is(u256_mod(a, b), big_a);
    }
}

static void modular_sums_and_products_agree(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        u256 m = random_u256(), a = random_near(m), b = random_near(m);
        if (u256_is_zero(m)) {
            assert_true(u256_is_zero(u256_mulmod(a, b, m)));
            assert_true(u256_is_zero(u256_addmod(a, b, m)));
            continue;
        }
        to_big(big_m, m);
        to_big(big_a, a);
        to_big(big_b, b);
        mpz_mul(big_out, big_a, big_b);
        mpz_add(big_a, big_a, big_b);
        mpz_mod(big_b, big_out, big_m);
        assert_is(u256_mulmod(a, b, m), big_b);
        mpz_mod(big_b, big_a, big_m);
        assert_is(u256_addmod(a, b, m), big_b);
    }
}

static void to_signed_big(mpz_t out, u256 value)
{
    to_big(out, value);
    if (u256_is_negative(value)) {
        mpz_set_ui(big_out, 1);
        mpz_mul_2exp(big_out, big_out, 256);
        mpz_sub(out, out, big_out);
    }
}

static void signed_forms_agree(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        u256 b = random_u256(), a = random_near(b);
        if (rand() & 1)
            b = u256_negate(b);
        if (rand() & 1)
            a = u256_negate(a);
        to_signed_big(big_a, a);
        to_signed_big(big_b, b);
        assert_int_equal(u256_signed_less(a, b), mpz_cmp(big_a, big_b) < 0);
        unsigned shift = (unsigned)(rand() % 300);
        mpz_fdiv_q_2exp(big_m, big_a, shift);
        assert_is(u256_sar(a, shift), big_m);
        if (u256_is_zero(b))
            continue;
        mpz_tdiv_q(big_m, big_a, big_b);
        assert_is(u256_signed_div(a, b), big_m);
        mpz_tdiv_r(big_m, big_a, big_b);
        assert_is(u256_signed_mod(a, b), big_m);
    }
}

/* The one quotient that does not fit: the EVM wraps it. */
static void least_by_minus_one_wraps(void **state)
{
    (void)state;
    u256 least = u256_shl(U256_ONE, 255);
    assert_u256(u256_signed_div(least, U256_MAX), least);
    assert_true(u256_is_zero(u256_signed_mod(least, U256_MAX)));
}

static void shifts_agree_at_every_distance(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 260; shift++) {
        for (int i = 0; i < 50; i++) {
            u256 a = random_u256();
            to_big(big_a, a);
            mpz_mul_2exp(big_m, big_a, shift);
            assert_is(u256_shl(a, shift), big_m);
            mpz_fdiv_q_2exp(big_m, big_a, shift);
            assert_is(u256_shr(a, shift), big_m);
        }
    }
    assert_true(u256_is_zero(u256_shl(U256_MAX, UINT64_MAX)));
    assert_true(u256_is_zero(u256_shr(U256_MAX, (uint64_t)1 << 32)));
    assert_u256(u256_sar(U256_MAX, UINT64_MAX), U256_MAX);
}

static void powers_agree(void **state)
{
    (void)state;
    mpz_t modulus;
    mpz_init_set_ui(modulus, 1);
    mpz_mul_2exp(modulus, modulus, 256);
    for (int i = 0; i < ROUNDS / 100; i++) {
        u256 a = rand() % 8 ? random_u256() : u256_from(2);
        u256 b = random_u256();
        to_big(big_a, a);
        to_big(big_b, b);
        mpz_powm(big_m, big_a, big_b, modulus);
        assert_is(u256_exp(a, b), big_m);
    }
    mpz_clear(modulus);
}

static void sign_extend_copies_the_top_bit_of_the_byte(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS / 10; i++) {
        u256 a = random_u256();
        uint64_t index = (uint64_t)(rand() % 40);
        u256 expected = a;
        if (index < 31) {
            unsigned up = 248 - 8 * (unsigned)index;
            expected = u256_sar(u256_shl(a, up), up);
        }
        assert_u256(u256_sign_extend(a, index), expected);
    }
    assert_u256(u256_sign_extend(U256_MAX, UINT64_MAX), U256_MAX);
}

static void bits_are_counted(void **state)
{
    (void)state;
    assert_int_equal(u256_bits(U256_ZERO), 0);
    for (unsigned i = 0; i < 256; i++) {
        u256 power = u256_shl(U256_ONE, i);
        assert_int_equal(u256_bits(power), i + 1);
        assert_int_equal(u256_bits(u256_sub(power, U256_ONE)), i);
    }
}

static void bytes_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS / 100; i++) {
        uint8_t be[32];
        u256 a = random_u256();
        u256_store_be(be, a);
        to_big(big_a, a);
        mpz_import(big_b, 32, 1, 1, 0, 0, be);
        assert_int_equal(mpz_cmp(big_a, big_b), 0);
        assert_u256(u256_load_be(be), a);
        size_t skip = (256 - u256_bits(a)) / 8;
        assert_u256(u256_load_short(bytes_of(be + skip, 32 - skip)), a);
        address who = u256_to_address(a);
        assert_memory_equal(who.at, be + 12, 20);
        assert_u256(u256_from_address(&who), u256_shr(u256_shl(a, 96), 96));
    }
}

static void decimals_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS / 10; i++) {
        char text[U256_DECIMAL_MAX], *expected;
        u256 back, a = random_u256();
        size_t len = u256_decimal(text, a);
        to_big(big_a, a);
        expected = mpz_get_str(NULL, 10, big_a);
        assert_string_equal(text, expected);
        assert_int_equal(len, strlen(expected));
        free(expected);
        assert_true(u256_read_decimal(&back, bytes_str(text)));
        assert_u256(back, a);
    }
}

static void decimals_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "0x1",
        "1e3",
        "1.0",
        "/",
        ":",
        /* 2^256 */
        "11579208923731619542357098500868790785326998466564056403945758400791"
        "3129639936",
        "99999999999999999999999999999999999999999999999999999999999999999999"
        "9999999999",
        /* 79 digits */
        "00000000000000000000000000000000000000000000000000000000000000000000"
        "00000000001",
    };
    u256 out;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(u256_read_decimal(&out, bytes_str(bad[i])));
    assert_true(u256_read_decimal(
        &out, bytes_str("1157920892373161954235709850086879078532699846656405"
                        "64039457584007913129639935")));
    assert_u256(out, U256_MAX);
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    mpz_inits(big_a, big_b, big_m, big_out, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products_agree),
        cmocka_unit_test(quotients_and_remainders_agree),
        cmocka_unit_test(modular_sums_and_products_agree),
        cmocka_unit_test(signed_forms_agree),
        cmocka_unit_test(least_by_minus_one_wraps),
        cmocka_unit_test(shifts_agree_at_every_distance),
        cmocka_unit_test(powers_agree),
        cmocka_unit_test(sign_extend_copies_the_top_bit_of_the_byte),
        cmocka_unit_test(bits_are_counted),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(decimals_come_back),
        cmocka_unit_test(decimals_that_are_none_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mpz_clears(big_a, big_b, big_m, big_out, NULL);
    return failed;
}
