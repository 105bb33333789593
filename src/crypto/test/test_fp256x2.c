#include "crypto/fp256x2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/secret.h"

#define FQ (&BN254_FQ)
#define ROUNDS 200

static void random_element(fp256 *out)
{
    uint8_t be[32];
    random_bytes(be, sizeof be);
    be[0] &= 0x1f;
    assert_true(fp256_from_bytes(FQ, out, be));
}

/* Zero, one and p - 1 come often. */
static fp256x2 element(unsigned i)
{
    fp256 edges[4] = {fp256_zero(), fp256_one(FQ)};
    fp256_neg(FQ, &edges[2], &edges[1]);
    random_element(&edges[3]);
    return (fp256x2){edges[i % 4], edges[i / 4 % 4]};
}

static void products_follow_their_definition(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        fp256x2 a = element(i % 16), b = element(i / 16), got, want;
        fp256 x;
        fp256_mul(FQ, &want.c0, &a.c0, &b.c0);
        fp256_mul(FQ, &x, &a.c1, &b.c1);
        fp256_sub(FQ, &want.c0, &want.c0, &x);
        fp256_mul(FQ, &want.c1, &a.c0, &b.c1);
        fp256_mul(FQ, &x, &a.c1, &b.c0);
        fp256_add(FQ, &want.c1, &want.c1, &x);
        fp256x2_mul(FQ, &got, &a, &b);
        assert_true(fp256x2_equal(&got, &want));
        got = a;
        fp256x2_mul(FQ, &got, &got, &b);
        assert_true(fp256x2_equal(&got, &want));
        got = b;
        fp256x2_mul(FQ, &got, &a, &got);
        assert_true(fp256x2_equal(&got, &want));
    }
}

static void squares_are_products_with_themselves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        fp256x2 a = element(i), square, product;
        fp256x2_mul(FQ, &product, &a, &a);
        fp256x2_square(FQ, &square, &a);
        assert_true(fp256x2_equal(&square, &product));
        fp256x2_square(FQ, &a, &a);
        assert_true(fp256x2_equal(&a, &product));
    }
}

static void inverses_undo_and_zero_has_none(void **state)
{
    (void)state;
    fp256x2 one = fp256x2_one(FQ);
    for (unsigned i = 0; i < ROUNDS; i++) {
        fp256x2 a = element(i), inverse, product;
        fp256x2_inverse(FQ, &inverse, &a);
        fp256x2_mul(FQ, &product, &inverse, &a);
        if (fp256x2_is_zero(&a))
            assert_true(fp256x2_is_zero(&inverse));
        else
            assert_true(fp256x2_equal(&product, &one));
    }
}

static void halves_doubles_and_differences_undo_each_other(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        fp256x2 a = element(i), b = element(i / 16), c;
        fp256x2_double(FQ, &c, &a);
        fp256x2_halve(FQ, &c, &c);
        assert_true(fp256x2_equal(&c, &a));
        fp256x2_add(FQ, &c, &a, &b);
        fp256x2_sub(FQ, &c, &c, &b);
        assert_true(fp256x2_equal(&c, &a));
        fp256x2_neg(FQ, &c, &a);
        fp256x2_add(FQ, &c, &c, &a);
        assert_true(fp256x2_is_zero(&c));
    }
}

/* a ^ p, and with it that conjugation is Frobenius. */
static void conjugates_are_powers_of_p(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        fp256x2 a = element(i), power = fp256x2_one(FQ), conjugate;
        for (unsigned bit = 256; bit-- > 0;) {
            fp256x2_square(FQ, &power, &power);
            if (BN254_FQ.p[bit / 64] >> bit % 64 & 1)
                fp256x2_mul(FQ, &power, &power, &a);
        }
        fp256x2_conjugate(FQ, &conjugate, &a);
        assert_true(fp256x2_equal(&power, &conjugate));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_follow_their_definition),
        cmocka_unit_test(squares_are_products_with_themselves),
        cmocka_unit_test(inverses_undo_and_zero_has_none),
        cmocka_unit_test(halves_doubles_and_differences_undo_each_other),
        cmocka_unit_test(conjugates_are_powers_of_p),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
