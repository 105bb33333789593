#include "crypto/prime_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gmp.h>

#include "base/cpu.h"
#include "crypto/montgomery.h"
#include "crypto/secret.h"
#include "crypto/test/field_operations.h"

/* GMP is the oracle. Limbs of both widths travel as LIMBS_MAX of them. */
#define RANDOM_ROUNDS 300

typedef void unary(const struct prime_field *, uint64_t *, const uint64_t *);
typedef void binary(const struct prime_field *, uint64_t *, const uint64_t *,
                    const uint64_t *);

static const struct prime_field *const fields[] = {
    &BN254_FQ, &BN254_FR, &BLS12_381_FP, &BLS12_381_FR};

static void to_mpz(mpz_t out, const uint64_t *limbs, unsigned n)
{
    mpz_import(out, n, -1, 8, 0, 0, limbs);
}

static void to_limbs(uint64_t *out, const mpz_t from, unsigned n)
{
    memset(out, 0, n * sizeof *out);
    mpz_export(out, NULL, -1, 8, 0, 0, from);
}

/* x * R mod p, or x / R mod p for a negative sign. */
static void scale(mpz_t out, const struct prime_field *f, const mpz_t x,
                  int sign)
{
    mpz_t p, r;
    mpz_inits(p, r, NULL);
    to_mpz(p, f->p, f->limbs);
    mpz_setbit(r, 64 * f->limbs);
    if (sign < 0)
        assert_true(mpz_invert(r, r, p));
    mpz_mul(out, x, r);
    mpz_mod(out, out, p);
    mpz_clears(p, r, NULL);
}

/* Numbers near the edges, of many ones and zeros, and of any kind. */
static void operand(mpz_t out, const struct prime_field *f, unsigned i)
{
    mpz_t p;
    uint64_t limbs[LIMBS_MAX];
    mpz_init(p);
    to_mpz(p, f->p, f->limbs);
    random_bytes(limbs, sizeof limbs);
    if (i >= 8 && i % 2)
        for (unsigned j = 0; j < f->limbs; j++)
            limbs[j] = limbs[j] & 1 ? UINT64_MAX : limbs[j] & 2 ? 0 : limbs[j];
    to_mpz(out, limbs, f->limbs);
    if (i < 4)
        mpz_set_ui(out, i);
    else if (i < 8)
        mpz_sub_ui(out, p, i - 3);
    mpz_mod(out, out, p);
    mpz_clear(p);
}

static void expect(const struct prime_field *f, const uint64_t *got,
                   const mpz_t want, const char *what)
{
    uint64_t limbs[LIMBS_MAX];
    to_limbs(limbs, want, f->limbs);
    if (memcmp(got, limbs, 8 * f->limbs) != 0)
        fail_msg("%s, %u bits", what, f->bits);
}

struct operands {
    const struct prime_field *f;
    mpz_t p, a, b, want;
    uint64_t in_a[LIMBS_MAX], in_b[LIMBS_MAX];
};

static void check_binary(struct operands *x, binary *op, const char *what)
{
    uint64_t out[LIMBS_MAX];
    mpz_mod(x->want, x->want, x->p);
    scale(x->want, x->f, x->want, 1);
    op(x->f, out, x->in_a, x->in_b);
    expect(x->f, out, x->want, what);
    memcpy(out, x->in_a, sizeof out);
    op(x->f, out, out, x->in_b);
    expect(x->f, out, x->want, what);
    memcpy(out, x->in_b, sizeof out);
    op(x->f, out, x->in_a, out);
    expect(x->f, out, x->want, what);
}

static void check_unary(struct operands *x, unary *op, const char *what)
{
    uint64_t out[LIMBS_MAX];
    mpz_mod(x->want, x->want, x->p);
    scale(x->want, x->f, x->want, 1);
    memcpy(out, x->in_a, sizeof out);
    op(x->f, out, out);
    expect(x->f, out, x->want, what);
}

static void check_operations(struct operands *x)
{
    mpz_mul(x->want, x->a, x->b);
    check_binary(x, do_mul, "mul");
    mpz_add(x->want, x->a, x->b);
    check_binary(x, do_add, "add");
    mpz_sub(x->want, x->a, x->b);
    check_binary(x, do_sub, "sub");
    mpz_neg(x->want, x->a);
    check_unary(x, do_neg, "neg");
    mpz_mul_ui(x->want, x->a, 2);
    check_unary(x, do_double, "double");
    mpz_mul(x->want, x->a, x->a);
    check_unary(x, do_square, "square");
    if (mpz_odd_p(x->a))
        mpz_add(x->want, x->a, x->p);
    else
        mpz_set(x->want, x->a);
    mpz_tdiv_q_2exp(x->want, x->want, 1);
    check_unary(x, do_halve, "halve");
    if (!mpz_invert(x->want, x->a, x->p))
        mpz_set_ui(x->want, 0);
    check_unary(x, do_inverse, "inverse");
    uint64_t limbs[LIMBS_MAX];
    do_to_limbs(x->f, limbs, x->in_a);
    expect(x->f, limbs, x->a, "to_limbs");
}

/* Runs on a and b for edges against edges, then for random pairs. */
static void for_operands(const struct prime_field *f,
                         void check(struct operands *))
{
    struct operands x = {.f = f};
    mpz_t scaled;
    mpz_inits(x.p, x.a, x.b, x.want, scaled, NULL);
    to_mpz(x.p, f->p, f->limbs);
    for (unsigned i = 0; i < 64 + RANDOM_ROUNDS; i++) {
        operand(x.a, f, i < 64 ? i % 8 : i);
        operand(x.b, f, i < 64 ? i / 8 : i + i / 2);
        scale(scaled, f, x.a, 1);
        to_limbs(x.in_a, scaled, f->limbs);
        scale(scaled, f, x.b, 1);
        to_limbs(x.in_b, scaled, f->limbs);
        check(&x);
    }
    mpz_clears(x.p, x.a, x.b, x.want, scaled, NULL);
}

static void operations_agree_with_gmp(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        for_operands(fields[i], check_operations);
}

static void check_forms(struct operands *x)
{
    static const struct {
        montgomery_mul *mul[2];
        montgomery_wide *wide[2];
        montgomery_reduce *reduce[2];
    } forms[] = {
        {{montgomery_mul_4_portable, montgomery_mul_6_portable},
         {montgomery_wide_4_portable, montgomery_wide_6_portable},
         {montgomery_reduce_4_portable, montgomery_reduce_6_portable}},
#if LOFT_X86_64
        {{montgomery_mul_4_mulx, montgomery_mul_6_mulx},
         {montgomery_wide_4_mulx, montgomery_wide_6_mulx},
         {montgomery_reduce_4_mulx, montgomery_reduce_6_mulx}},
#endif
    };
    unsigned n = x->f->limbs, six = n == 6;
    bool mulx = cpu_features()->bmi2;
    for (size_t i = 0; i < (mulx ? ARRAY_LEN(forms) : 1); i++) {
        uint64_t out[LIMBS_MAX], wide[2 * LIMBS_MAX];
        to_mpz(x->a, x->in_a, n);
        to_mpz(x->b, x->in_b, n);
        mpz_mul(x->want, x->a, x->b);
        forms[i].wide[six](wide, x->in_a, x->in_b);
        to_mpz(x->a, wide, 2 * n);
        assert_int_equal(mpz_cmp(x->a, x->want), 0);
        scale(x->want, x->f, x->want, -1);
        forms[i].reduce[six](x->f, out, wide);
        expect(x->f, out, x->want, "reduce");
        forms[i].mul[six](x->f, out, x->in_a, x->in_b);
        expect(x->f, out, x->want, "mul");
    }
}

static void check_sums(struct operands *x)
{
    unsigned n = x->f->limbs;
    const uint64_t *p = x->f->p, *a = x->in_a, *b = x->in_b;
    uint64_t out[LIMBS_MAX], want[LIMBS_MAX];
    uint64_t wide_a[2 * LIMBS_MAX], wide_b[2 * LIMBS_MAX];
    uint64_t got[2 * LIMBS_MAX], wanted[2 * LIMBS_MAX];
    limbs_add_mod_portable(want, a, b, p, n);
    limbs_add_mod(out, a, b, p, n);
    assert_memory_equal(out, want, 8 * n);
    limbs_sub_mod_portable(want, a, b, p, n);
    limbs_sub_mod(out, a, b, p, n);
    assert_memory_equal(out, want, 8 * n);
    random_bytes(wide_a, 8 * n);
    random_bytes(wide_b, 8 * n);
    memcpy(wide_a + n, a, 8 * n);
    memcpy(wide_b + n, b, 8 * n);
    limbs_sub_wide_portable(wanted, wide_a, wide_b, p, n);
    limbs_sub_wide(got, wide_a, wide_b, p, n);
    assert_memory_equal(got, wanted, 16 * n);
    limbs_sub_wide(got, got, got, p, n);
    for (unsigned i = 0; i < 2 * n; i++)
        assert_int_equal(got[i], 0);
}

static void sums_agree_with_their_portable_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        for_operands(fields[i], check_sums);
}

/* Any b below R, against a of p - 1 and below. */
static void check_unreduced(struct operands *x)
{
    random_bytes(x->in_b, sizeof x->in_b);
    check_forms(x);
    memset(x->in_b, 0xff, sizeof x->in_b);
    check_forms(x);
}

static void every_form_of_multiplication_agrees_with_gmp(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        for_operands(fields[i], check_forms);
        for_operands(fields[i], check_unreduced);
    }
}

/* The greatest that may be reduced: p * R - 1. */
static void reduction_takes_all_below_p_times_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const struct prime_field *f = fields[i];
        uint64_t wide[2 * LIMBS_MAX], out[LIMBS_MAX];
        mpz_t x;
        mpz_init(x);
        memset(wide, 0xff, 8 * f->limbs);
        memcpy(wide + f->limbs, f->p, 8 * f->limbs);
        wide[f->limbs] -= 1;
        to_mpz(x, wide, 2 * f->limbs);
        scale(x, f, x, -1);
        do_reduce(f, out, wide);
        expect(f, out, x, "reduce");
        mpz_clear(x);
    }
}

static void check_bytes(struct operands *x)
{
    uint8_t in[8 * LIMBS_MAX] = {0}, out[8 * LIMBS_MAX];
    uint64_t got[LIMBS_MAX];
    size_t size = 8 * x->f->limbs;
    size_t used = (mpz_sizeinbase(x->a, 2) + 7) / 8;
    if (mpz_sgn(x->a))
        mpz_export(in + size - used, NULL, 1, 1, 0, 0, x->a);
    assert_true(do_from_bytes(x->f, got, in));
    assert_memory_equal(got, x->in_a, size);
    do_to_bytes(x->f, out, got);
    assert_memory_equal(out, in, size);
}

static void check_refused(const struct prime_field *f, const mpz_t x)
{
    uint8_t in[8 * LIMBS_MAX] = {0};
    uint64_t got[LIMBS_MAX] = {1}, zero[LIMBS_MAX] = {0};
    size_t size = 8 * f->limbs, used = (mpz_sizeinbase(x, 2) + 7) / 8;
    mpz_export(in + size - used, NULL, 1, 1, 0, 0, x);
    assert_false(do_from_bytes(f, got, in));
    assert_memory_equal(got, zero, size);
}

static void bytes_are_read_only_when_below_p(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const struct prime_field *f = fields[i];
        for_operands(f, check_bytes);
        mpz_t x;
        mpz_init(x);
        to_mpz(x, f->p, f->limbs);
        check_refused(f, x);
        mpz_add_ui(x, x, 1);
        check_refused(f, x);
        mpz_set_ui(x, 0);
        mpz_setbit(x, 64 * f->limbs);
        mpz_sub_ui(x, x, 1);
        check_refused(f, x);
        mpz_clear(x);
    }
}

static void check_roots(struct operands *x)
{
    assert_int_equal(do_legendre(x->f, x->in_a), mpz_legendre(x->a, x->p));
    if ((x->f->p[0] & 3) != 3)
        return;
    uint64_t root[LIMBS_MAX], square[LIMBS_MAX];
    bool is = do_sqrt(x->f, root, x->in_a);
    assert_int_equal(is, mpz_legendre(x->a, x->p) >= 0);
    do_square(x->f, square, root);
    if (!is)
        do_neg(x->f, square, square);
    assert_memory_equal(square, x->in_a, 8 * x->f->limbs);
}

static void squares_have_roots_and_others_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        for_operands(fields[i], check_roots);
}

static void check_power(struct operands *x)
{
    uint64_t exponent[LIMBS_MAX], out[LIMBS_MAX];
    to_limbs(exponent, x->b, x->f->limbs);
    mpz_powm(x->want, x->a, x->b, x->p);
    scale(x->want, x->f, x->want, 1);
    do_pow(x->f, out, x->in_a, exponent);
    expect(x->f, out, x->want, "pow");
}

static void powers_agree_with_gmp(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        for_operands(fields[i], check_power);
}

#define MANY 9

static void inverses_of_many_are_those_of_each(void **state)
{
    fp384 many[MANY], scratch[MANY], each[MANY];
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        fp384_from_u64(&BLS12_381_FP, &many[i], i % 4 ? 1000 + i : 0);
        fp384_inverse(&BLS12_381_FP, &each[i], &many[i]);
    }
    fp384_inverse_many(&BLS12_381_FP, many, scratch, MANY);
    assert_memory_equal(many, each, sizeof many);
    fp384_inverse_many(&BLS12_381_FP, many, scratch, 0);

    fp256 small[2] = {{{0}}, fp256_one(&BN254_FR)}, room[2];
    fp256_inverse_many(&BN254_FR, small, room, 2);
    assert_true(fp256_is_zero(&small[0]));
    fp256 one = fp256_one(&BN254_FR);
    assert_true(fp256_equal(&small[1], &one));
    assert_false(fp256_is_zero(&one));
}

static void roots_of_unity_have_their_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const struct prime_field *f = fields[i];
        uint64_t x[LIMBS_MAX], one_less[LIMBS_MAX] = {0};
        do_neg(f, one_less, f->one);
        memcpy(x, f->root_of_unity, sizeof x);
        for (unsigned j = 1; j < f->two_adicity; j++)
            do_square(f, x, x);
        assert_memory_equal(x, one_less, 8 * f->limbs);
        assert_int_equal(do_legendre(f, f->generator), -1);
    }
}

static void selection_takes_either(void **state)
{
    fp256 a = fp256_one(&BN254_FQ), b, out;
    (void)state;
    fp256_double(&BN254_FQ, &b, &a);
    fp256_select(&out, true, &a, &b);
    assert_true(fp256_equal(&out, &a));
    fp256_select(&out, false, &a, &b);
    assert_true(fp256_equal(&out, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_agree_with_gmp),
        cmocka_unit_test(every_form_of_multiplication_agrees_with_gmp),
        cmocka_unit_test(sums_agree_with_their_portable_form),
        cmocka_unit_test(reduction_takes_all_below_p_times_r),
        cmocka_unit_test(bytes_are_read_only_when_below_p),
        cmocka_unit_test(squares_have_roots_and_others_do_not),
        cmocka_unit_test(powers_agree_with_gmp),
        cmocka_unit_test(inverses_of_many_are_those_of_each),
        cmocka_unit_test(roots_of_unity_have_their_order),
        cmocka_unit_test(selection_takes_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
