#include "crypto/bls12_fp12.h"

#include "crypto/bls12_constants.h"

static void fp6_add(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2_add(&out->c0, &a->c0, &b->c0);
    fp2_add(&out->c1, &a->c1, &b->c1);
    fp2_add(&out->c2, &a->c2, &b->c2);
}

static void fp6_sub(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2_sub(&out->c0, &a->c0, &b->c0);
    fp2_sub(&out->c1, &a->c1, &b->c1);
    fp2_sub(&out->c2, &a->c2, &b->c2);
}

static void fp6_neg(fp6 *out, const fp6 *a)
{
    fp2_neg(&out->c0, &a->c0);
    fp2_neg(&out->c1, &a->c1);
    fp2_neg(&out->c2, &a->c2);
}

/* Times v. */
static void fp6_mul_v(fp6 *out, const fp6 *a)
{
    fp2 top;
    fp2_mul_xi(&top, &a->c2);
    out->c2 = a->c1;
    out->c1 = a->c0;
    out->c0 = top;
}

/* a0 b1 + a1 b0 from its square-like sum and the two products. */
static void cross_product(fp2 *out, const fp2 *a0, const fp2 *a1, const fp2 *b0,
                          const fp2 *b1, const fp2 *p0, const fp2 *p1)
{
    fp2 sum_a, sum_b;
    fp2_add(&sum_a, a0, a1);
    fp2_add(&sum_b, b0, b1);
    fp2_mul(out, &sum_a, &sum_b);
    fp2_sub(out, out, p0);
    fp2_sub(out, out, p1);
}

static void fp6_mul(fp6 *out, const fp6 *a, const fp6 *b)
{
    fp2 p0, p1, p2, c01, c02, c12;
    fp2_mul(&p0, &a->c0, &b->c0);
    fp2_mul(&p1, &a->c1, &b->c1);
    fp2_mul(&p2, &a->c2, &b->c2);
    cross_product(&c01, &a->c0, &a->c1, &b->c0, &b->c1, &p0, &p1);
    cross_product(&c02, &a->c0, &a->c2, &b->c0, &b->c2, &p0, &p2);
    cross_product(&c12, &a->c1, &a->c2, &b->c1, &b->c2, &p1, &p2);
    fp2_mul_xi(&c12, &c12);
    fp2_add(&out->c0, &p0, &c12);
    fp2_mul_xi(&p2, &p2);
    fp2_add(&out->c1, &c01, &p2);
    fp2_add(&out->c2, &c02, &p1);
}

/* Times b0 + b1 v. */
static void fp6_mul_01(fp6 *out, const fp6 *a, const fp2 *b0, const fp2 *b1)
{
    fp2 p0, p1, c01, high, low;
    fp2_mul(&p0, &a->c0, b0);
    fp2_mul(&p1, &a->c1, b1);
    cross_product(&c01, &a->c0, &a->c1, b0, b1, &p0, &p1);
    fp2_mul(&high, &a->c2, b0);
    fp2_mul(&low, &a->c2, b1);
    fp2_mul_xi(&low, &low);
    fp2_add(&out->c0, &p0, &low);
    out->c1 = c01;
    fp2_add(&out->c2, &p1, &high);
}

/* Times b1 v. */
static void fp6_mul_1(fp6 *out, const fp6 *a, const fp2 *b1)
{
    fp2 top;
    fp2_mul(&top, &a->c2, b1);
    fp2_mul(&out->c2, &a->c1, b1);
    fp2_mul(&out->c1, &a->c0, b1);
    fp2_mul_xi(&out->c0, &top);
}

/* Adjugate over norm: c0^2 - xi c1 c2, xi c2^2 - c0 c1, c1^2 - c0 c2. */
static void fp6_inverse(fp6 *out, const fp6 *a)
{
    fp2 n, t;
    fp6 adjugate;
    fp2_sqr(&adjugate.c0, &a->c0);
    fp2_mul(&t, &a->c1, &a->c2);
    fp2_mul_xi(&t, &t);
    fp2_sub(&adjugate.c0, &adjugate.c0, &t);
    fp2_sqr(&adjugate.c1, &a->c2);
    fp2_mul_xi(&adjugate.c1, &adjugate.c1);
    fp2_mul(&t, &a->c0, &a->c1);
    fp2_sub(&adjugate.c1, &adjugate.c1, &t);
    fp2_sqr(&adjugate.c2, &a->c1);
    fp2_mul(&t, &a->c0, &a->c2);
    fp2_sub(&adjugate.c2, &adjugate.c2, &t);

    fp2_mul(&n, &a->c1, &adjugate.c2);
    fp2_mul(&t, &a->c2, &adjugate.c1);
    fp2_add(&n, &n, &t);
    fp2_mul_xi(&n, &n);
    fp2_mul(&t, &a->c0, &adjugate.c0);
    fp2_add(&n, &n, &t);
    fp2_inverse(&n, &n);
    fp2_mul(&out->c0, &adjugate.c0, &n);
    fp2_mul(&out->c1, &adjugate.c1, &n);
    fp2_mul(&out->c2, &adjugate.c2, &n);
}

void fp12_set_one(fp12 *out)
{
    *out = (fp12){.c0.c0 = FP2_ONE};
}

void fp12_mul(fp12 *out, const fp12 *a, const fp12 *b)
{
    fp6 p0, p1, sum_a, sum_b;
    fp6_mul(&p0, &a->c0, &b->c0);
    fp6_mul(&p1, &a->c1, &b->c1);
    fp6_add(&sum_a, &a->c0, &a->c1);
    fp6_add(&sum_b, &b->c0, &b->c1);
    fp6_mul(&out->c1, &sum_a, &sum_b);
    fp6_sub(&out->c1, &out->c1, &p0);
    fp6_sub(&out->c1, &out->c1, &p1);
    fp6_mul_v(&p1, &p1);
    fp6_add(&out->c0, &p0, &p1);
}

/* (c0 + c1) (c0 + v c1) - c0 c1 - v c0 c1 + 2 c0 c1 w */
void fp12_sqr(fp12 *out, const fp12 *a)
{
    fp6 product, sum, other;
    fp6_mul(&product, &a->c0, &a->c1);
    fp6_add(&sum, &a->c0, &a->c1);
    fp6_mul_v(&other, &a->c1);
    fp6_add(&other, &other, &a->c0);
    fp6_mul(&out->c0, &sum, &other);
    fp6_sub(&out->c0, &out->c0, &product);
    fp6_add(&out->c1, &product, &product);
    fp6_mul_v(&product, &product);
    fp6_sub(&out->c0, &out->c0, &product);
}

void fp12_inverse(fp12 *out, const fp12 *a)
{
    fp6 n, square;
    fp6_mul(&n, &a->c0, &a->c0);
    fp6_mul(&square, &a->c1, &a->c1);
    fp6_mul_v(&square, &square);
    fp6_sub(&n, &n, &square);
    fp6_inverse(&n, &n);
    fp6_mul(&out->c0, &a->c0, &n);
    fp6_mul(&out->c1, &a->c1, &n);
    fp6_neg(&out->c1, &out->c1);
}

void fp12_mul_line(fp12 *out, const fp12 *a, const fp2 line[3])
{
    fp6 p0, p1, sum;
    fp2 both;
    fp6_mul_01(&p0, &a->c0, &line[0], &line[1]);
    fp6_mul_1(&p1, &a->c1, &line[2]);
    fp6_add(&sum, &a->c0, &a->c1);
    fp2_add(&both, &line[1], &line[2]);
    fp6_mul_01(&out->c1, &sum, &line[0], &both);
    fp6_sub(&out->c1, &out->c1, &p0);
    fp6_sub(&out->c1, &out->c1, &p1);
    fp6_mul_v(&p1, &p1);
    fp6_add(&out->c0, &p0, &p1);
}

void fp12_conjugate(fp12 *out, const fp12 *a)
{
    out->c0 = a->c0;
    fp6_neg(&out->c1, &a->c1);
}

/* The coefficient of w^i, as v = w^2. */
static const fp2 *coefficient(const fp12 *a, int i)
{
    const fp6 *half = i % 2 ? &a->c1 : &a->c0;
    const fp2 *const parts[] = {&half->c0, &half->c1, &half->c2};
    return parts[i / 2];
}

static fp2 *coefficient_of(fp12 *a, int i)
{
    return (fp2 *)coefficient(a, i);
}

void fp12_frobenius(fp12 *out, const fp12 *a)
{
    for (int i = 0; i < 6; i++) {
        fp2 *to = coefficient_of(out, i);
        fp2_conjugate(to, coefficient(a, i));
        fp2_mul(to, to, &BLS12_FROBENIUS[i]);
    }
}

void fp12_frobenius_2(fp12 *out, const fp12 *a)
{
    for (int i = 0; i < 6; i++)
        fp2_mul_fp(coefficient_of(out, i), coefficient(a, i),
                   &BLS12_FROBENIUS_2[i]);
}

/* (a + b y)^2 with y^2 = xi: the squares of the three parts over fp4. */
static void fp4_sqr(fp2 *out0, fp2 *out1, const fp2 *a, const fp2 *b)
{
    fp2 square_a, square_b, sum;
    fp2_sqr(&square_a, a);
    fp2_sqr(&square_b, b);
    fp2_add(&sum, a, b);
    fp2_sqr(&sum, &sum);
    fp2_sub(&sum, &sum, &square_a);
    fp2_sub(out1, &sum, &square_b);
    fp2_mul_xi(&square_b, &square_b);
    fp2_add(out0, &square_a, &square_b);
}

/* 3 square - 2 part and 3 square + 2 part. */
static void thrice_less(fp2 *out, const fp2 *square, const fp2 *part)
{
    fp2 difference;
    fp2_sub(&difference, square, part);
    fp2_double(&difference, &difference);
    fp2_add(out, &difference, square);
}

static void thrice_more(fp2 *out, const fp2 *square, const fp2 *part)
{
    fp2 sum;
    fp2_add(&sum, square, part);
    fp2_double(&sum, &sum);
    fp2_add(out, &sum, square);
}

/* Granger and Scott, "Faster squaring in the cyclotomic subgroup of sixth
 * degree extensions" (2010), section 3.2: three squarings over fp4. */
void fp12_cyclotomic_sqr(fp12 *out, const fp12 *a)
{
    fp2 a0, a1, b0, b1, c0, c1;
    fp4_sqr(&a0, &a1, &a->c0.c0, &a->c1.c1);
    fp4_sqr(&b0, &b1, &a->c1.c0, &a->c0.c2);
    fp4_sqr(&c0, &c1, &a->c0.c1, &a->c1.c2);
    thrice_less(&out->c0.c0, &a0, &a->c0.c0);
    thrice_more(&out->c1.c1, &a1, &a->c1.c1);
    fp2_mul_xi(&c1, &c1);
    thrice_more(&out->c1.c0, &c1, &a->c1.c0);
    thrice_less(&out->c0.c2, &c0, &a->c0.c2);
    thrice_less(&out->c0.c1, &b0, &a->c0.c1);
    thrice_more(&out->c1.c2, &b1, &a->c1.c2);
}

bool fp12_is_one(const fp12 *a)
{
    bool is = fp2_equal(&a->c0.c0, &FP2_ONE);
    for (int i = 1; i < 6; i++)
        is &= fp2_is_zero(coefficient(a, i));
    return is;
}
