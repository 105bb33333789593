#include "crypto/bn254_fq12.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/bn254_curve.h"
#include "crypto/secret.h"

#define FQ (&BN254_FQ)
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

static fq12 random_element(void)
{
    return (fq12){{random_fp2(), random_fp2(), random_fp2()},
                  {random_fp2(), random_fp2(), random_fp2()}};
}

/* The coefficient at w^i, w^2 being v. */
static fp256x2 *coefficient(fq12 *a, unsigned i)
{
    fq6 *half = i % 2 ? &a->c1 : &a->c0;
    return i / 2 == 0 ? &half->c0 : i / 2 == 1 ? &half->c1 : &half->c2;
}

/* As polynomials in w modulo w^6 - xi. */
static fq12 schoolbook(fq12 *a, fq12 *b)
{
    fq12 out;
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
        fq12 a = random_element(), b = random_element(), got;
        fq12 want = schoolbook(&a, &b);
        fq12_mul(&got, &a, &b);
        assert_memory_equal(&got, &want, sizeof(fq12));
        want = schoolbook(&a, &a);
        fq12_sqr(&a, &a);
        assert_memory_equal(&a, &want, sizeof(fq12));
    }
}

static void sparse_products_are_products(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fq12 a = random_element(), b = random_element(), got;
        memset(&b.c0.c1, 0, sizeof b.c0.c1);
        memset(&b.c0.c2, 0, sizeof b.c0.c2);
        memset(&b.c1.c2, 0, sizeof b.c1.c2);
        fq12 want = schoolbook(&a, &b);
        fq12_mul_013(&got, &a, &b.c0.c0, &b.c1.c0, &b.c1.c1);
        assert_memory_equal(&got, &want, sizeof(fq12));
    }
}

static void inverses_undo(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fq12 a = random_element(), inverse, product;
        fq12_inverse(&inverse, &a);
        fq12_mul(&product, &inverse, &a);
        assert_true(fq12_is_one(&product));
        assert_false(fq12_is_one(&a));
    }
}

static fq12 power_of_p(const fq12 *a)
{
    fq12 power = fq12_one();
    for (unsigned bit = 256; bit-- > 0;) {
        fq12_sqr(&power, &power);
        if (BN254_FQ.p[bit / 64] >> bit % 64 & 1)
            fq12_mul(&power, &power, a);
    }
    return power;
}

static void frobenius_is_a_power_of_p(void **state)
{
    fq12 a = random_element(), power = a, image;
    (void)state;
    for (unsigned i = 1; i <= 6; i++) {
        power = power_of_p(&power);
        if (i <= 3) {
            fq12_frobenius(&image, &a, i);
            assert_memory_equal(&power, &image, sizeof(fq12));
        }
    }
    fq12_conjugate(&image, &a);
    assert_memory_equal(&power, &image, sizeof(fq12));
}

static void cyclotomic_squares_are_squares(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        fq12 a = random_element(), square, inverse;
        fq12_to_cyclotomic(&a, &a);
        fq12_sqr(&square, &a);
        fq12_conjugate(&inverse, &a);
        fq12_mul(&inverse, &inverse, &a);
        assert_true(fq12_is_one(&inverse));
        fq12_cyclotomic_sqr(&a, &a);
        assert_memory_equal(&a, &square, sizeof(fq12));
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
