#include "crypto/fp256x12.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/bn254_curve.h"
#include "crypto/secret.h"

#define FQ (&BN254_FQ)
#define TOWER (&BN254_TOWER)
#define ROUNDS 20

static fp256 random_fp(void)
{
    fp256 out;
    uint8_t be[32];
    random_bytes(be, sizeof be);
    be[0] &= 0x1f;
    assert_true(fp256_from_bytes(FQ, &out, be));
    return out;
}

static fp256x2 random_fp2(void)
{
    return (fp256x2){random_fp(), random_fp()};
}

static fp256x12 random_element(void)
{
    return (fp256x12){{random_fp2(), random_fp2(), random_fp2()},
                      {random_fp2(), random_fp2(), random_fp2()}};
}

/* The coefficient at w^i, w^2 being v. */
static fp256x2 *coefficient(fp256x12 *a, unsigned i)
{
    fp256x6 *half = i % 2 ? &a->c1 : &a->c0;
    return i / 2 == 0 ? &half->c0 : i / 2 == 1 ? &half->c1 : &half->c2;
}

/* As polynomials in w modulo w^6 - xi. */
static fp256x12 schoolbook(fp256x12 *a, fp256x12 *b)
{
    fp256x12 out;
    memset(&out, 0, sizeof out);
    for (unsigned i = 0; i < 6; i++)
        for (unsigned j = 0; j < 6; j++) {
            fp256x2 x, xi = {.c1 = fp256_one(FQ)};
            fp256_from_u64(FQ, &xi.c0, 9);
            fp256x2_mul(FQ, &x, coefficient(a, i), coefficient(b, j));
            if (i + j >= 6)
                fp256x2_mul(FQ, &x, &x, &xi);
            fp256x2 *at = coefficient(&out, (i + j) % 6);
            fp256x2_add(FQ, at, at, &x);
        }
    return out;
}

static void products_are_those_of_polynomials(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fp256x12 a = random_element(), b = random_element(), got;
        fp256x12 want = schoolbook(&a, &b);
        fp256x12_mul(TOWER, &got, &a, &b);
        assert_true(fp256x12_equal(&got, &want));
        want = schoolbook(&a, &a);
        fp256x12_square(TOWER, &a, &a);
        assert_true(fp256x12_equal(&a, &want));
    }
}

static void sparse_products_are_products(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fp256x12 a = random_element(), b = random_element(), got;
        memset(&b.c0.c1, 0, sizeof b.c0.c1);
        memset(&b.c0.c2, 0, sizeof b.c0.c2);
        memset(&b.c1.c2, 0, sizeof b.c1.c2);
        fp256x12 want = schoolbook(&a, &b);
        fp256x12_mul_013(TOWER, &got, &a, &b.c0.c0, &b.c1.c0, &b.c1.c1);
        assert_true(fp256x12_equal(&got, &want));
    }
}

static void inverses_undo(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fp256x12 a = random_element(), inverse, product;
        fp256x12_inverse(TOWER, &inverse, &a);
        fp256x12_mul(TOWER, &product, &inverse, &a);
        assert_true(fp256x12_is_one(TOWER, &product));
        assert_false(fp256x12_is_one(TOWER, &a));
    }
}

static fp256x12 power_of_p(const fp256x12 *a)
{
    fp256x12 power = fp256x12_one(TOWER);
    for (unsigned bit = 256; bit-- > 0;) {
        fp256x12_square(TOWER, &power, &power);
        if (BN254_FQ.p[bit / 64] >> bit % 64 & 1)
            fp256x12_mul(TOWER, &power, &power, a);
    }
    return power;
}

static void frobenius_is_a_power_of_p(void **state)
{
    fp256x12 a = random_element(), power = a, image;
    (void)state;
    for (unsigned i = 1; i <= 6; i++) {
        power = power_of_p(&power);
        if (i <= 3) {
            fp256x12_frobenius(TOWER, &image, &a, i);
            assert_true(fp256x12_equal(&power, &image));
        }
    }
    fp256x12_conjugate(TOWER, &image, &a);
    assert_true(fp256x12_equal(&power, &image));
}

static void cyclotomic_squares_are_squares(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fp256x12 a = random_element(), square, inverse;
        fp256x12_to_cyclotomic(TOWER, &a, &a);
        fp256x12_square(TOWER, &square, &a);
        fp256x12_conjugate(TOWER, &inverse, &a);
        fp256x12_mul(TOWER, &inverse, &inverse, &a);
        assert_true(fp256x12_is_one(TOWER, &inverse));
        fp256x12_cyclotomic_square(TOWER, &a, &a);
        assert_true(fp256x12_equal(&a, &square));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_those_of_polynomials),
        cmocka_unit_test(sparse_products_are_products),
        cmocka_unit_test(inverses_undo),
        cmocka_unit_test(frobenius_is_a_power_of_p),
        cmocka_unit_test(cyclotomic_squares_are_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
