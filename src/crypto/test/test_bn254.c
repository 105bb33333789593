#include "crypto/bn254.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/test/bn254_points.h"

#define FQ (&BN254_FQ)

static void write_g1(uint8_t out[BN254_G1_BYTES], const bn254_g1 *p)
{
    fp256_to_bytes(FQ, out, &p->x);
    fp256_to_bytes(FQ, out + 32, &p->y);
}

static void write_g2(uint8_t out[BN254_G2_BYTES], const bn254_g2 *p)
{
    fp256_to_bytes(FQ, out, &p->x.c1);
    fp256_to_bytes(FQ, out + 32, &p->x.c0);
    fp256_to_bytes(FQ, out + 64, &p->y.c1);
    fp256_to_bytes(FQ, out + 96, &p->y.c0);
}

static void write_pair(uint8_t out[BN254_PAIR_BYTES], u256 scalar)
{
    bn254_g1 p = bn254_g1_generator();
    bn254_g2 q = bn254_g2_generator();
    bn254_g1_mul_vartime(&p, &p, scalar);
    write_g1(out, &p);
    write_g2(out + BN254_G1_BYTES, &q);
}

/* Adds the field's modulus to a number: the same coordinate, badly written.
 * False where it does not fit. */
static bool add_modulus(uint8_t at[32])
{
    u256 modulus, sum;
    memcpy(modulus.limb, BN254_FQ.p, sizeof modulus.limb);
    bool over = u256_add_overflow(&sum, u256_load_be(at), modulus);
    u256_store_be(at, sum);
    return !over;
}

static void coordinates_are_below_the_modulus(void **state)
{
    uint8_t out[BN254_G1_BYTES] = {0x55}, before[BN254_G1_BYTES] = {0x55};
    (void)state;
    for (size_t at = 0; at < 2 * BN254_G1_BYTES; at += 32) {
        uint8_t in[2 * BN254_G1_BYTES] = {
            [31] = 1, [63] = 2, [95] = 1, [127] = 2};
        assert_true(bn254_add(out, in));
        memcpy(out, before, sizeof out);
        assert_true(add_modulus(in + at));
        assert_false(bn254_add(out, in));
        assert_memory_equal(out, before, sizeof out);
        if (at < BN254_G1_BYTES)
            assert_false(bn254_mul(out, in));
    }
    for (size_t at = 0; at < BN254_PAIR_BYTES; at += 32) {
        uint8_t pair[BN254_PAIR_BYTES];
        bool is_one;
        write_pair(pair, u256_from(1));
        assert_true(bn254_pairing_check(&is_one, pair, 1));
        assert_true(add_modulus(pair + at));
        assert_false(bn254_pairing_check(&is_one, pair, 1));
    }
}

static void points_off_the_curve_are_refused(void **state)
{
    uint8_t out[BN254_G1_BYTES], pair[BN254_PAIR_BYTES];
    bool is_one;
    (void)state;
    for (size_t at = 31; at < BN254_PAIR_BYTES; at += 32) {
        write_pair(pair, u256_from(5));
        pair[at] ^= 1;
        assert_false(bn254_pairing_check(&is_one, pair, 1));
        if (at < BN254_G1_BYTES)
            assert_false(bn254_mul(out, pair) || bn254_add(out, pair));
    }
}

static void points_outside_the_group_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        uint8_t pair[BN254_PAIR_BYTES];
        bool is_one;
        bn254_g2 q = bn254_g2_on_twist();
        write_pair(pair, u256_from(1));
        write_g2(pair + BN254_G1_BYTES, &q);
        assert_false(bn254_pairing_check(&is_one, pair, 1));
        memset(pair, 0, BN254_G1_BYTES);
        assert_false(bn254_pairing_check(&is_one, pair, 1));
    }
}

/* Pairs that cancel, more than one Miller loop takes. */
static void many_pairs_are_one_product(void **state)
{
    enum { COUNT = 2 * BN254_MILLER_PAIRS_MAX + 3 };
    static uint8_t pairs[COUNT * BN254_PAIR_BYTES];
    u256 sum = U256_ZERO;
    bool is_one;
    (void)state;
    assert_true(bn254_pairing_check(&is_one, NULL, 0));
    assert_true(is_one);
    for (unsigned i = 0; i < COUNT - 1; i++) {
        write_pair(pairs + i * BN254_PAIR_BYTES, u256_from(i + 1));
        sum = u256_add_u64(sum, i + 1);
    }
    uint8_t *last = pairs + (COUNT - 1) * BN254_PAIR_BYTES;
    write_pair(last, u256_sub(bn254_order(), sum));
    assert_true(bn254_pairing_check(&is_one, pairs, COUNT));
    assert_true(is_one);
    assert_true(bn254_pairing_check(&is_one, pairs, COUNT - 1));
    assert_false(is_one);
    last[63] ^= 1;
    assert_false(bn254_pairing_check(&is_one, pairs, COUNT));
}

static void infinity_is_all_zeros(void **state)
{
    uint8_t in[BN254_PAIR_BYTES] = {0}, out[BN254_G1_BYTES];
    static const uint8_t zeros[BN254_G1_BYTES];
    bool is_one;
    (void)state;
    assert_true(bn254_add(out, in));
    assert_memory_equal(out, zeros, sizeof out);
    in[64] = 7;
    assert_true(bn254_mul(out, in));
    assert_memory_equal(out, zeros, sizeof out);
    in[64] = 0;
    assert_true(bn254_pairing_check(&is_one, in, 1));
    assert_true(is_one);
    write_pair(in, u256_from(1));
    u256_store_be(in + BN254_G1_BYTES, bn254_order());
    assert_true(bn254_mul(out, in));
    assert_memory_equal(out, zeros, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates_are_below_the_modulus),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(points_outside_the_group_are_refused),
        cmocka_unit_test(many_pairs_are_one_product),
        cmocka_unit_test(infinity_is_all_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
