#include "crypto/bls12_curve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_encoding.h"
#include "crypto/digest.h"

static u256 scalar(uint64_t seed)
{
    uint8_t at[8];
    store_le64(at, seed);
    hash32 hash = sha256(bytes_of(at, sizeof at));
    return u256_from_hash(&hash);
}

/* By doubling and adding alone. */
static g1 g1_slow(const g1_affine *point, u256 k)
{
    g1 sum = {0};
    for (int i = 255; i >= 0; i--) {
        g1_double(&sum, &sum);
        if (k.limb[i / 64] >> (i % 64) & 1)
            g1_add_affine(&sum, &sum, point);
    }
    return sum;
}

static g2 g2_slow(const g2_affine *point, u256 k)
{
    g2 sum = {0};
    for (int i = 255; i >= 0; i--) {
        g2_double(&sum, &sum);
        if (k.limb[i / 64] >> (i % 64) & 1)
            g2_add_affine(&sum, &sum, point);
    }
    return sum;
}

static void generators_have_the_order(void **state)
{
    (void)state;
    assert_true(g1_on_curve(&BLS12_G1) && g1_in_subgroup(&BLS12_G1));
    assert_true(g2_on_curve(&BLS12_G2) && g2_in_subgroup(&BLS12_G2));
    g1 p = g1_slow(&BLS12_G1, BLS12_ORDER);
    g2 q = g2_slow(&BLS12_G2, BLS12_ORDER);
    assert_true(g1_is_infinity(&p) && g2_is_infinity(&q));
    assert_true(g2_on_curve(&BLS12_TAU_G2) && g2_in_subgroup(&BLS12_TAU_G2));
}

/* What splitting and recoding of scalars may stumble over. */
static size_t edge_scalars(u256 out[24])
{
    size_t count = 0;
    u256 x = u256_from(BLS12_X);
    u256 bases[] = {U256_ZERO,
                    BLS12_ORDER,
                    BLS12_X_SQUARED,
                    x,
                    u256_mul(BLS12_X_SQUARED, x),
                    u256_not(U256_ZERO),
                    u256_shl(u256_from(1), 127)};
    for (size_t i = 0; i < ARRAY_LEN(bases); i++)
        for (uint64_t j = 0; j < 3; j++)
            out[count++] = u256_sub_u64(u256_add_u64(bases[i], j), 1);
    return count;
}

static void a_product_is_what_doubling_and_adding_gives(void **state)
{
    u256 scalars[24 + 40];
    size_t count = edge_scalars(scalars);
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++)
        scalars[count++] = scalar(seed);
    for (size_t i = 0; i < count; i++) {
        g1 p, p_slow = g1_slow(&BLS12_G1, scalars[i]);
        g2 q, q_slow = g2_slow(&BLS12_G2, scalars[i]);
        g1_msm(&p, &BLS12_G1, &scalars[i], 1);
        g2_msm(&q, &BLS12_G2, &scalars[i], 1);
        assert_true(g1_equal(&p, &p_slow));
        assert_true(g2_equal(&q, &q_slow));
    }
}

/* Points k G whose k is known: the sum is then a single product. Some are
 * infinite, some equal, some opposite. */
static u256 known_factor(size_t index)
{
    if (index % 7 == 3)
        return U256_ZERO;
    u256 k = u256_mod(scalar(1000 + index / 2), BLS12_ORDER);
    return index % 5 == 1 ? u256_sub(BLS12_ORDER, k) : k;
}

static u256 sum_of_products(const u256 *scalars, size_t count)
{
    u256 sum = U256_ZERO;
    for (size_t i = 0; i < count; i++) {
        u256 product = u256_mulmod(known_factor(i), scalars[i], BLS12_ORDER);
        sum = u256_addmod(sum, product, BLS12_ORDER);
    }
    return sum;
}

static const size_t counts[] = {1, 2, 3, 31, 32, 33, 64, 100, 300};
#define COUNT_MAX 300

static void sums_of_many_products_add_up_in_g1(void **state)
{
    static g1_affine points[COUNT_MAX];
    static u256 scalars[COUNT_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_MAX; i++) {
        g1 point = g1_slow(&BLS12_G1, known_factor(i));
        g1_to_affine(&points[i], &point);
        scalars[i] = scalar(i / 3);
    }
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        g1 is, want = g1_slow(&BLS12_G1, sum_of_products(scalars, counts[i]));
        g1_msm(&is, points, scalars, counts[i]);
        assert_true(g1_equal(&is, &want));
    }
}

static void sums_of_many_products_add_up_in_g2(void **state)
{
    static g2_affine points[COUNT_MAX];
    static u256 scalars[COUNT_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_MAX; i++) {
        g2 point = g2_slow(&BLS12_G2, known_factor(i));
        g2_to_affine(&points[i], &point);
        scalars[i] = scalar(i / 3);
    }
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        g2 is, want = g2_slow(&BLS12_G2, sum_of_products(scalars, counts[i]));
        g2_msm(&is, points, scalars, counts[i]);
        assert_true(g2_equal(&is, &want));
    }
}

static void no_terms_sum_to_infinity(void **state)
{
    g1 p;
    g2 q;
    (void)state;
    g1_msm(&p, NULL, NULL, 0);
    g2_msm(&q, NULL, NULL, 0);
    assert_true(g1_is_infinity(&p) && g2_is_infinity(&q));
}

static void additions_know_equal_opposite_and_infinite_points(void **state)
{
    g1 p, twice, sum, minus, none = {0};
    g1_affine minus_affine, infinity = {0};
    (void)state;
    g1_from_affine(&p, &BLS12_G1);
    g1_double(&p, &p); /* with a z that is not one */
    g1_double(&twice, &p);
    g1_add(&sum, &p, &p);
    assert_true(g1_equal(&sum, &twice));
    g1_neg(&minus, &p);
    g1_add(&sum, &p, &minus);
    assert_true(g1_is_infinity(&sum));
    g1_to_affine(&minus_affine, &minus);
    g1_add_affine(&sum, &p, &minus_affine);
    assert_true(g1_is_infinity(&sum));
    g1_affine_neg(&minus_affine, &minus_affine);
    g1_add_affine(&sum, &p, &minus_affine);
    assert_true(g1_equal(&sum, &twice));
    g1_add(&sum, &none, &p);
    assert_true(g1_equal(&sum, &p));
    g1_add_affine(&sum, &p, &infinity);
    assert_true(g1_equal(&sum, &p));
    g1_double(&sum, &none);
    assert_true(g1_is_infinity(&sum));
    g1_to_affine(&infinity, &none);
    assert_true(g1_affine_is_infinity(&infinity));
}

/* A point of the curve, hardly ever one of the subgroup. */
static bool g1_by_x(g1_affine *out, uint64_t x)
{
    fp square;
    fp384_from_u64(&BLS12_381_FP, &out->x, x);
    fp_sqr(&square, &out->x);
    fp_mul(&square, &square, &out->x);
    fp_add(&square, &square, &BLS12_B);
    return fp_sqrt(&out->y, &square);
}

static bool g2_by_x(g2_affine *out, uint64_t x)
{
    fp2 square;
    fp384_from_u64(&BLS12_381_FP, &out->x.c0, x);
    fp384_from_u64(&BLS12_381_FP, &out->x.c1, x * x);
    fp2_sqr(&square, &out->x);
    fp2_mul(&square, &square, &out->x);
    fp2_add(&square, &square, &BLS12_B2);
    return fp2_sqrt(&out->y, &square);
}

static void subgroup_checks_agree_with_the_definition(void **state)
{
    size_t g1_seen = 0, g2_seen = 0;
    (void)state;
    for (uint64_t x = 0; x < 40; x++) {
        g1_affine p;
        g2_affine q;
        if (g1_by_x(&p, x)) {
            g1 product = g1_slow(&p, BLS12_ORDER);
            assert_true(g1_on_curve(&p));
            assert_int_equal(g1_in_subgroup(&p), g1_is_infinity(&product));
            g1_seen++;
        }
        if (g2_by_x(&q, x)) {
            g2 product = g2_slow(&q, BLS12_ORDER);
            assert_true(g2_on_curve(&q));
            assert_int_equal(g2_in_subgroup(&q), g2_is_infinity(&product));
            g2_seen++;
        }
    }
    assert_true(g1_seen > 5 && g2_seen > 5);
}

/* Times the order, a point of the curve keeps only what is outside of the
 * subgroup; among such points are those of small order. */
static void points_of_the_cofactor_are_outside_the_subgroup(void **state)
{
    (void)state;
    for (uint64_t x = 0; x < 40; x++) {
        g1_affine p;
        if (!g1_by_x(&p, x))
            continue;
        g1 product = g1_slow(&p, BLS12_ORDER);
        if (g1_is_infinity(&product))
            continue;
        g1_to_affine(&p, &product);
        assert_false(g1_in_subgroup(&p));
        g1 cleared;
        g1_clear_cofactor(&cleared, &product);
        g1_to_affine(&p, &cleared);
        assert_true(g1_in_subgroup(&p));
    }
}

/* (0, 2) has order 3: sums of its multiples are all exceptional cases. */
static void a_point_of_order_three_is_handled(void **state)
{
    g1_affine p;
    g1 product;
    (void)state;
    assert_true(g1_by_x(&p, 0));
    product = g1_slow(&p, u256_from(3));
    assert_true(g1_is_infinity(&product));
    assert_false(g1_in_subgroup(&p));
}

static void infinity_is_on_the_curve_and_in_the_subgroup(void **state)
{
    g1_affine p = {0};
    g2_affine q = {0};
    (void)state;
    assert_true(g1_on_curve(&p) && g1_in_subgroup(&p));
    assert_true(g2_on_curve(&q) && g2_in_subgroup(&q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generators_have_the_order),
        cmocka_unit_test(a_product_is_what_doubling_and_adding_gives),
        cmocka_unit_test(sums_of_many_products_add_up_in_g1),
        cmocka_unit_test(sums_of_many_products_add_up_in_g2),
        cmocka_unit_test(no_terms_sum_to_infinity),
        cmocka_unit_test(additions_know_equal_opposite_and_infinite_points),
        cmocka_unit_test(subgroup_checks_agree_with_the_definition),
        cmocka_unit_test(points_of_the_cofactor_are_outside_the_subgroup),
        cmocka_unit_test(a_point_of_order_three_is_handled),
        cmocka_unit_test(infinity_is_on_the_curve_and_in_the_subgroup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
