#include "crypto/bn254_fq12.h"

#define FQ (&BN254_FQ)

/* fp256x2.h with the field filled in. */
#define FQ2_BINARY(name, of)                                      \
    static inline void fq2_##name(fp256x2 *out, const fp256x2 *a, \
                                  const fp256x2 *b)               \
    {                                                             \
        fp256x2_##of(FQ, out, a, b);                              \
    }
#define FQ2_UNARY(name, of)                                       \
    static inline void fq2_##name(fp256x2 *out, const fp256x2 *a) \
    {                                                             \
        fp256x2_##of(FQ, out, a);                                 \
    }
FQ2_BINARY(mul, mul)
FQ2_BINARY(add, add)
FQ2_BINARY(sub, sub)
FQ2_UNARY(sqr, square)
FQ2_UNARY(neg, neg)
FQ2_UNARY(double, double)
FQ2_UNARY(inverse, inverse)
FQ2_UNARY(conjugate, conjugate)

static inline fp256x2 fq2_one(void)
{
    return fp256x2_one(FQ);
}

static inline bool fq2_equal(const fp256x2 *a, const fp256x2 *b)
{
    return fp256x2_equal(a, b);
}

/* Times 9 + u. */
static void fq2_mul_xi(fp256x2 *out, const fp256x2 *a)
{
    fp256x2 nine;
    fp256 real;
    fq2_double(&nine, a);
    fq2_double(&nine, &nine);
    fq2_double(&nine, &nine);
    fq2_add(&nine, &nine, a);
    fp256_sub(FQ, &real, &nine.c0, &a->c1);
    fp256_add(FQ, &out->c1, &nine.c1, &a->c0);
    out->c0 = real;
}

#define E2 fp256x2
#define E2_(name) fq2_##name
#define E6 fq6
#define E12 fq12
#define E12_(name) fq12_##name
#include "crypto/tower.inc"

static void fq6_scale(fq6 *out, const fq6 *a, const fp256x2 *by)
{
    fq2_mul(&out->c0, &a->c0, by);
    fq2_mul(&out->c1, &a->c1, by);
    fq2_mul(&out->c2, &a->c2, by);
}

void fq12_mul_013(fq12 *out, const fq12 *a, const fp256x2 *c0,
                  const fp256x2 *c1, const fp256x2 *c3)
{
    fq6 p0, p1, sum;
    fp256x2 c01;
    fq6_scale(&p0, &a->c0, c0);
    e6_mul_01(&p1, &a->c1, c1, c3);
    e6_add(&sum, &a->c0, &a->c1);
    fq2_add(&c01, c0, c1);
    e6_mul_01(&out->c1, &sum, &c01, c3);
    e12_combine(out, &p0, &p1);
}

void fq12_frobenius(fq12 *out, const fq12 *a, unsigned power)
{
    e12_frobenius(out, a, BN254_FROBENIUS[power - 1], power % 2);
}

void fq12_to_cyclotomic(fq12 *out, const fq12 *a)
{
    fq12 inverse, x;
    fq12_inverse(&inverse, a);
    fq12_conjugate(&x, a);
    fq12_mul(&inverse, &x, &inverse);
    fq12_frobenius(&x, &inverse, 2);
    fq12_mul(out, &x, &inverse);
}
