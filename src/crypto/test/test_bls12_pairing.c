#include "crypto/bls12_pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"

static g1_affine g1_times(u256 k)
{
    g1 point;
    g1_affine out;
    g1_msm(&point, &BLS12_G1, &k, 1);
    g1_to_affine(&out, &point);
    return out;
}

static g2_affine g2_times(u256 k)
{
    g2 point;
    g2_affine out;
    g2_msm(&point, &BLS12_G2, &k, 1);
    g2_to_affine(&out, &point);
    return out;
}

static const u256 a = {{0x123456789abcdef, 7, 99, 0x1111}};
static const u256 b = {{0xfedcba987654321, 5, 3, 0x2222}};

static void pairing_is_bilinear(void **state)
{
    u256 minus_ab = u256_sub(BLS12_ORDER, u256_mulmod(a, b, BLS12_ORDER));
    g1_affine p[2] = {g1_times(a), BLS12_G1};
    g2_affine q[2] = {g2_times(b), g2_times(minus_ab)};
    (void)state;
    assert_true(bls12_pairing_is_one(p, q, 2));
    q[1] = g2_times(u256_add_u64(minus_ab, 1));
    assert_false(bls12_pairing_is_one(p, q, 2));
}

static void products_of_many_pairings_are_found(void **state)
{
    enum { COUNT = 9 };
    g1_affine p[COUNT];
    g2_affine q[COUNT];
    u256 sum = U256_ZERO;
    (void)state;
    for (uint64_t i = 0; i + 1 < COUNT; i++) {
        u256 left = u256_add_u64(a, i), right = u256_add_u64(b, i * i);
        p[i] = g1_times(left);
        q[i] = g2_times(right);
        sum = u256_addmod(sum, u256_mulmod(left, right, BLS12_ORDER),
                          BLS12_ORDER);
    }
    p[COUNT - 1] = g1_times(u256_sub(BLS12_ORDER, sum));
    q[COUNT - 1] = BLS12_G2;
    assert_true(bls12_pairing_is_one(p, q, COUNT));
    assert_false(bls12_pairing_is_one(p, q, COUNT - 1));
}

static void pairing_is_not_degenerate(void **state)
{
    (void)state;
    assert_false(bls12_pairing_is_one(&BLS12_G1, &BLS12_G2, 1));
}

static void infinity_pairs_to_one(void **state)
{
    g1_affine p[2] = {[0] = BLS12_G1};
    g2_affine q[2] = {[1] = BLS12_G2};
    (void)state;
    assert_true(bls12_pairing_is_one(p, q, 2));
    assert_true(bls12_pairing_is_one(p, q, 1));
    assert_true(bls12_pairing_is_one(p, q, 0));
}

static void equal_pairs_and_opposite_ones_cancel(void **state)
{
    g1_affine p[2] = {g1_times(a), g1_times(a)};
    g2_affine q[2] = {g2_times(b), g2_times(b)};
    (void)state;
    assert_false(bls12_pairing_is_one(p, q, 2));
    g2_affine_neg(&q[1], &q[1]);
    assert_true(bls12_pairing_is_one(p, q, 2));
}

static void lines_stand_for_their_point(void **state)
{
    static struct bls12_lines of_b, of_one;
    u256 minus_ab = u256_sub(BLS12_ORDER, u256_mulmod(a, b, BLS12_ORDER));
    g1_affine p[3] = {g1_times(a), g1_times(minus_ab)};
    g2_affine q = g2_times(b);
    const struct bls12_lines *lines[3] = {&of_b, &of_one, &of_b};
    (void)state;
    bls12_lines_make(&of_b, &q);
    bls12_lines_make(&of_one, &BLS12_G2);
    assert_true(bls12_pairing_is_one_by_lines(p, lines, 2));
    assert_false(bls12_pairing_is_one_by_lines(p, lines, 1));
    assert_true(bls12_pairing_is_one_by_lines(p, lines, 3));
    lines[1] = &of_b;
    assert_false(bls12_pairing_is_one_by_lines(p, lines, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairing_is_bilinear),
        cmocka_unit_test(products_of_many_pairings_are_found),
        cmocka_unit_test(pairing_is_not_degenerate),
        cmocka_unit_test(infinity_pairs_to_one),
        cmocka_unit_test(equal_pairs_and_opposite_ones_cancel),
        cmocka_unit_test(lines_stand_for_their_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
