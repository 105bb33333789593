#include "crypto/bn254_curve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/test/bn254_points.h"

#define FQ (&BN254_FQ)
#define ROUNDS 20

static bool g1_equal(const bn254_g1 *a, const bn254_g1 *b)
{
    if (a->infinite || b->infinite)
        return a->infinite && b->infinite;
    return fp256_equal(&a->x, &b->x) && fp256_equal(&a->y, &b->y);
}

static bn254_g1 g1_times(u256 scalar)
{
    bn254_g1 out, generator = bn254_g1_generator();
    bn254_g1_mul_vartime(&out, &generator, scalar);
    assert_true(bn254_g1_on_curve(&out));
    return out;
}

static bn254_g1 g1_sum(const bn254_g1 *a, const bn254_g1 *b)
{
    bn254_g1 out;
    bn254_g1_add_vartime(&out, a, b);
    assert_true(bn254_g1_on_curve(&out));
    return out;
}

/* By additions in affine coordinates alone. */
static bn254_g1 double_and_add(const bn254_g1 *p, u256 scalar)
{
    bn254_g1 out = {.infinite = true};
    for (unsigned i = 256; i-- > 0;) {
        out = g1_sum(&out, &out);
        if (scalar.limb[i / 64] >> i % 64 & 1)
            out = g1_sum(&out, p);
    }
    return out;
}

static void multiplication_is_repeated_addition(void **state)
{
    u256 order = bn254_order();
    u256 edges[] = {
        U256_ZERO,
        u256_from(1),
        u256_from(2),
        u256_from(UINT64_MAX),
        u256_sub_u64(order, 1),
        order,
        u256_add_u64(order, 1),
        u256_shr(order, 1),
        u256_not(U256_ZERO),
        u256_shl(u256_from(1), 127),
        u256_shl(u256_from(1), 255),
        BN254_GLV.first[0],
        BN254_GLV.second[0],
        BN254_GLV.estimate[1],
    };
    (void)state;
    bn254_g1 p = g1_times(bn254_random_scalar());
    for (size_t i = 0; i < ARRAY_LEN(edges) + ROUNDS; i++) {
        u256 scalar = i < ARRAY_LEN(edges) ? edges[i] : bn254_random_scalar();
        bn254_g1 want = double_and_add(&p, scalar), got;
        bn254_g1_mul_vartime(&got, &p, scalar);
        assert_true(g1_equal(&got, &want));
    }
}

static void g1_is_a_group(void **state)
{
    bn254_g1 zero = {.infinite = true};
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        bn254_g1 a = g1_times(bn254_random_scalar()),
                 b = g1_times(bn254_random_scalar()),
                 c = g1_times(bn254_random_scalar()), minus = a;
        bn254_g1 ab = g1_sum(&a, &b), ba = g1_sum(&b, &a), bc = g1_sum(&b, &c);
        bn254_g1 left = g1_sum(&ab, &c), right = g1_sum(&a, &bc);
        assert_true(g1_equal(&ab, &ba));
        assert_true(g1_equal(&left, &right));
        left = g1_sum(&a, &zero);
        right = g1_sum(&zero, &a);
        assert_true(g1_equal(&left, &a) && g1_equal(&right, &a));
        fp256_neg(FQ, &minus.y, &minus.y);
        left = g1_sum(&a, &minus);
        assert_true(left.infinite);
        left = g1_sum(&ab, &ba);
        bn254_g1_mul_vartime(&right, &ab, u256_from(2));
        assert_true(g1_equal(&left, &right));
    }
    bn254_g1 sum = g1_sum(&zero, &zero);
    assert_true(sum.infinite);
    bn254_g1_mul_vartime(&sum, &zero, bn254_random_scalar());
    assert_true(sum.infinite);
}

/* A point and one beside it. */
static void points_off_the_curve_are_known(void **state)
{
    bn254_g1 p = bn254_g1_generator();
    bn254_g2 q = bn254_g2_generator();
    (void)state;
    assert_true(bn254_g1_on_curve(&p) && bn254_g2_on_curve(&q));
    fp256_add(FQ, &p.y, &p.y, &p.x);
    assert_false(bn254_g1_on_curve(&p));
    fp256x2_double(FQ, &q.y, &q.y);
    assert_false(bn254_g2_on_curve(&q));
}

static bool in_group_by_order(const bn254_g2 *p)
{
    bn254_g2 out;
    bn254_g2_mul_vartime(&out, p, bn254_order());
    return out.infinite;
}

/* 2 p - r, with which any point of the twist gets into the group. */
static u256 cofactor(void)
{
    u256 p;
    memcpy(p.limb, BN254_FQ.p, sizeof p.limb);
    return u256_sub(u256_add(p, p), bn254_order());
}

static void the_group_test_agrees_with_the_order(void **state)
{
    bn254_g2 zero = {.infinite = true}, q = bn254_g2_generator(), out;
    (void)state;
    assert_true(bn254_g2_in_group_vartime(&zero));
    assert_true(bn254_g2_in_group_vartime(&q) && in_group_by_order(&q));
    for (int i = 0; i < ROUNDS; i++) {
        q = bn254_g2_on_twist();
        assert_false(in_group_by_order(&q));
        assert_false(bn254_g2_in_group_vartime(&q));
        bn254_g2_mul_vartime(&out, &q, cofactor());
        assert_true(bn254_g2_on_curve(&out));
        assert_true(in_group_by_order(&out) && !out.infinite);
        assert_true(bn254_g2_in_group_vartime(&out));
        /* What is in the cofactor's part alone. */
        bn254_g2_mul_vartime(&out, &q, bn254_order());
        assert_false(bn254_g2_in_group_vartime(&out));
    }
}

static fq12 pairing(const bn254_g1 *p, const bn254_g2 *q, size_t count)
{
    fq12 out;
    bn254_miller_vartime(&out, p, q, count);
    bn254_final_exponentiation(&out, &out);
    return out;
}

static fq12 power(const fq12 *a, u256 exponent)
{
    fq12 out = fq12_one();
    for (unsigned i = 256; i-- > 0;) {
        fq12_sqr(&out, &out);
        if (exponent.limb[i / 64] >> i % 64 & 1)
            fq12_mul(&out, &out, a);
    }
    return out;
}

static void the_pairing_is_bilinear(void **state)
{
    bn254_g1 p = bn254_g1_generator(), ap;
    bn254_g2 q = bn254_g2_generator(), aq;
    fq12 one = pairing(&p, &q, 1);
    (void)state;
    assert_false(fq12_is_one(&one));
    fq12 to_order = power(&one, bn254_order());
    assert_true(fq12_is_one(&to_order));
    for (int i = 0; i < ROUNDS; i++) {
        u256 a = bn254_random_scalar(), b = bn254_random_scalar();
        bn254_g1_mul_vartime(&ap, &p, a);
        bn254_g2_mul_vartime(&aq, &q, a);
        fq12 want = power(&one, a), left = pairing(&ap, &q, 1),
             right = pairing(&p, &aq, 1);
        assert_memory_equal(&left, &want, sizeof(fq12));
        assert_memory_equal(&right, &want, sizeof(fq12));
        bn254_g2_mul_vartime(&aq, &q, b);
        left = pairing(&ap, &aq, 1);
        want = power(&want, b);
        assert_memory_equal(&left, &want, sizeof(fq12));
    }
}

static void products_of_pairings_share_their_loop(void **state)
{
    bn254_g1 p[BN254_MILLER_PAIRS_MAX];
    bn254_g2 q[BN254_MILLER_PAIRS_MAX], generator = bn254_g2_generator();
    fq12 product = fq12_one();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        p[i] = g1_times(bn254_random_scalar());
        bn254_g2_mul_vartime(&q[i], &generator, bn254_random_scalar());
        p[i].infinite = i == 3;
        q[i].infinite = i == 5;
        fq12 each = pairing(&p[i], &q[i], 1);
        assert_int_equal(fq12_is_one(&each), i == 3 || i == 5);
        fq12_mul(&product, &product, &each);
        fq12 shared = pairing(p, q, i + 1);
        assert_memory_equal(&shared, &product, sizeof(fq12));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplication_is_repeated_addition),
        cmocka_unit_test(g1_is_a_group),
        cmocka_unit_test(points_off_the_curve_are_known),
        cmocka_unit_test(the_group_test_agrees_with_the_order),
        cmocka_unit_test(the_pairing_is_bilinear),
        cmocka_unit_test(products_of_pairings_share_their_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
