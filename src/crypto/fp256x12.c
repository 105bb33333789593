#include "crypto/fp256x12.h"

void fp256x2_mul_xi(const struct fp256_tower *t, fp256x2 *out, const fp256x2 *a)
{
    fp256x2 product;
    fp256x2_double(t->f, &product, a);
    fp256x2_double(t->f, &product, &product);
    fp256x2_double(t->f, &product, &product);
    fp256x2_add(t->f, &product, &product, a);
    fp256 real;
    fp256_sub(t->f, &real, &product.c0, &a->c1);
    fp256_add(t->f, &out->c1, &product.c1, &a->c0);
    out->c0 = real;
}

static void fp256x6_add(const struct fp256_tower *t, fp256x6 *out,
                        const fp256x6 *a, const fp256x6 *b)
{
    fp256x2_add(t->f, &out->c0, &a->c0, &b->c0);
    fp256x2_add(t->f, &out->c1, &a->c1, &b->c1);
    fp256x2_add(t->f, &out->c2, &a->c2, &b->c2);
}

static void fp256x6_sub(const struct fp256_tower *t, fp256x6 *out,
                        const fp256x6 *a, const fp256x6 *b)
{
    fp256x2_sub(t->f, &out->c0, &a->c0, &b->c0);
    fp256x2_sub(t->f, &out->c1, &a->c1, &b->c1);
    fp256x2_sub(t->f, &out->c2, &a->c2, &b->c2);
}

static void fp256x6_neg(const struct fp256_tower *t, fp256x6 *out,
                        const fp256x6 *a)
{
    fp256x2_neg(t->f, &out->c0, &a->c0);
    fp256x2_neg(t->f, &out->c1, &a->c1);
    fp256x2_neg(t->f, &out->c2, &a->c2);
}

static void fp256x6_mul_v(const struct fp256_tower *t, fp256x6 *out,
                          const fp256x6 *a)
{
    fp256x2 first;
    fp256x2_mul_xi(t, &first, &a->c2);
    out->c2 = a->c1;
    out->c1 = a->c0;
    out->c0 = first;
}

static void fp256x6_scale(const struct fp256_tower *t, fp256x6 *out,
                          const fp256x6 *a, const fp256x2 *by)
{
    fp256x2 scale = *by;
    fp256x2_mul(t->f, &out->c0, &a->c0, &scale);
    fp256x2_mul(t->f, &out->c1, &a->c1, &scale);
    fp256x2_mul(t->f, &out->c2, &a->c2, &scale);
}

/* (a + b)(c + d) - ac - bd = ad + bc, given ac and bd. */
static void fp256x2_cross(const struct fp256_tower *t, fp256x2 *out,
                          const fp256x2 *a, const fp256x2 *b, const fp256x2 *c,
                          const fp256x2 *d, const fp256x2 *ac,
                          const fp256x2 *bd)
{
    fp256x2 left, right;
    fp256x2_add(t->f, &left, a, b);
    fp256x2_add(t->f, &right, c, d);
    fp256x2_mul(t->f, out, &left, &right);
    fp256x2_sub(t->f, out, out, ac);
    fp256x2_sub(t->f, out, out, bd);
}

static void fp256x6_mul(const struct fp256_tower *t, fp256x6 *out,
                        const fp256x6 *a, const fp256x6 *b)
{
    fp256x2 v0, v1, v2, c01, c02, c12;
    fp256x2_mul(t->f, &v0, &a->c0, &b->c0);
    fp256x2_mul(t->f, &v1, &a->c1, &b->c1);
    fp256x2_mul(t->f, &v2, &a->c2, &b->c2);
    fp256x2_cross(t, &c12, &a->c1, &a->c2, &b->c1, &b->c2, &v1, &v2);
    fp256x2_cross(t, &c01, &a->c0, &a->c1, &b->c0, &b->c1, &v0, &v1);
    fp256x2_cross(t, &c02, &a->c0, &a->c2, &b->c0, &b->c2, &v0, &v2);
    fp256x2_mul_xi(t, &c12, &c12);
    fp256x2_add(t->f, &out->c0, &v0, &c12);
    fp256x2_mul_xi(t, &v2, &v2);
    fp256x2_add(t->f, &out->c1, &c01, &v2);
    fp256x2_add(t->f, &out->c2, &c02, &v1);
}

/* a (c0 + c1 v) */
static void fp256x6_mul_01(const struct fp256_tower *t, fp256x6 *out,
                           const fp256x6 *a, const fp256x2 *c0,
                           const fp256x2 *c1)
{
    fp256x2 v0, v1, c01, a2c0, a2c1;
    fp256x2_mul(t->f, &v0, &a->c0, c0);
    fp256x2_mul(t->f, &v1, &a->c1, c1);
    fp256x2_cross(t, &c01, &a->c0, &a->c1, c0, c1, &v0, &v1);
    fp256x2_mul(t->f, &a2c0, &a->c2, c0);
    fp256x2_mul(t->f, &a2c1, &a->c2, c1);
    fp256x2_mul_xi(t, &a2c1, &a2c1);
    fp256x2_add(t->f, &out->c0, &v0, &a2c1);
    out->c1 = c01;
    fp256x2_add(t->f, &out->c2, &v1, &a2c0);
}

static void fp256x6_inverse(const struct fp256_tower *t, fp256x6 *out,
                            const fp256x6 *a)
{
    fp256x2 c0, c1, c2, x, norm;
    fp256x2_square(t->f, &c0, &a->c0); /* a0^2 - xi a1 a2 */
    fp256x2_mul(t->f, &x, &a->c1, &a->c2);
    fp256x2_mul_xi(t, &x, &x);
    fp256x2_sub(t->f, &c0, &c0, &x);
    fp256x2_square(t->f, &c1, &a->c2); /* xi a2^2 - a0 a1 */
    fp256x2_mul_xi(t, &c1, &c1);
    fp256x2_mul(t->f, &x, &a->c0, &a->c1);
    fp256x2_sub(t->f, &c1, &c1, &x);
    fp256x2_square(t->f, &c2, &a->c1); /* a1^2 - a0 a2 */
    fp256x2_mul(t->f, &x, &a->c0, &a->c2);
    fp256x2_sub(t->f, &c2, &c2, &x);
    fp256x2_mul(t->f, &norm, &a->c1, &c2); /* a0 c0 + xi (a1 c2 + a2 c1) */
    fp256x2_mul(t->f, &x, &a->c2, &c1);
    fp256x2_add(t->f, &norm, &norm, &x);
    fp256x2_mul_xi(t, &norm, &norm);
    fp256x2_mul(t->f, &x, &a->c0, &c0);
    fp256x2_add(t->f, &norm, &norm, &x);
    fp256x2_inverse(t->f, &norm, &norm);
    *out = (fp256x6){c0, c1, c2};
    fp256x6_scale(t, out, out, &norm);
}

fp256x12 fp256x12_one(const struct fp256_tower *t)
{
    fp256x2 zero = fp256x2_zero();
    return (fp256x12){{fp256x2_one(t->f), zero, zero}, {zero, zero, zero}};
}

bool fp256x12_equal(const fp256x12 *a, const fp256x12 *b)
{
    return (fp256x2_difference(&a->c0.c0, &b->c0.c0) |
            fp256x2_difference(&a->c0.c1, &b->c0.c1) |
            fp256x2_difference(&a->c0.c2, &b->c0.c2) |
            fp256x2_difference(&a->c1.c0, &b->c1.c0) |
            fp256x2_difference(&a->c1.c1, &b->c1.c1) |
            fp256x2_difference(&a->c1.c2, &b->c1.c2)) == 0;
}

bool fp256x12_is_one(const struct fp256_tower *t, const fp256x12 *a)
{
    fp256x12 one = fp256x12_one(t);
    return fp256x12_equal(a, &one);
}

/* Karatsuba's end: out = v0 + v1 v + ((a0 + a1)(b0 + b1) - v0 - v1) w, the
 * product of sums being in out->c1. */
static void fp256x12_combine(const struct fp256_tower *t, fp256x12 *out,
                             const fp256x6 *v0, fp256x6 *v1)
{
    fp256x6_sub(t, &out->c1, &out->c1, v0);
    fp256x6_sub(t, &out->c1, &out->c1, v1);
    fp256x6_mul_v(t, v1, v1);
    fp256x6_add(t, &out->c0, v0, v1);
}

void fp256x12_mul(const struct fp256_tower *t, fp256x12 *out, const fp256x12 *a,
                  const fp256x12 *b)
{
    fp256x6 v0, v1, a_sum, b_sum;
    fp256x6_mul(t, &v0, &a->c0, &b->c0);
    fp256x6_mul(t, &v1, &a->c1, &b->c1);
    fp256x6_add(t, &a_sum, &a->c0, &a->c1);
    fp256x6_add(t, &b_sum, &b->c0, &b->c1);
    fp256x6_mul(t, &out->c1, &a_sum, &b_sum);
    fp256x12_combine(t, out, &v0, &v1);
}

/* (a0 + a1)(a0 + v a1) - a0 a1 - v a0 a1, and 2 a0 a1 w. */
void fp256x12_square(const struct fp256_tower *t, fp256x12 *out,
                     const fp256x12 *a)
{
    fp256x6 product, sum, other;
    fp256x6_mul(t, &product, &a->c0, &a->c1);
    fp256x6_add(t, &sum, &a->c0, &a->c1);
    fp256x6_mul_v(t, &other, &a->c1);
    fp256x6_add(t, &other, &other, &a->c0);
    fp256x6_mul(t, &sum, &sum, &other);
    fp256x6_sub(t, &sum, &sum, &product);
    fp256x6_mul_v(t, &other, &product);
    fp256x6_sub(t, &out->c0, &sum, &other);
    fp256x6_add(t, &out->c1, &product, &product);
}

void fp256x12_mul_013(const struct fp256_tower *t, fp256x12 *out,
                      const fp256x12 *a, const fp256x2 *c0, const fp256x2 *c1,
                      const fp256x2 *c3)
{
    fp256x6 v0, v1, sum;
    fp256x2 c01;
    fp256x6_scale(t, &v0, &a->c0, c0);
    fp256x6_mul_01(t, &v1, &a->c1, c1, c3);
    fp256x6_add(t, &sum, &a->c0, &a->c1);
    fp256x2_add(t->f, &c01, c0, c1);
    fp256x6_mul_01(t, &out->c1, &sum, &c01, c3);
    fp256x12_combine(t, out, &v0, &v1);
}

void fp256x12_conjugate(const struct fp256_tower *t, fp256x12 *out,
                        const fp256x12 *a)
{
    out->c0 = a->c0;
    fp256x6_neg(t, &out->c1, &a->c1);
}

/* (a0 - a1 w) / (a0^2 - v a1^2) */
void fp256x12_inverse(const struct fp256_tower *t, fp256x12 *out,
                      const fp256x12 *a)
{
    fp256x6 norm, x;
    fp256x6_mul(t, &norm, &a->c0, &a->c0);
    fp256x6_mul(t, &x, &a->c1, &a->c1);
    fp256x6_mul_v(t, &x, &x);
    fp256x6_sub(t, &norm, &norm, &x);
    fp256x6_inverse(t, &norm, &norm);
    fp256x6_mul(t, &out->c0, &a->c0, &norm);
    fp256x6_mul(t, &out->c1, &a->c1, &norm);
    fp256x6_neg(t, &out->c1, &out->c1);
}

static void fp256x2_frobenius(const struct fp256_tower *t, fp256x2 *out,
                              const fp256x2 *a, unsigned power, unsigned w)
{
    if (power % 2)
        fp256x2_conjugate(t->f, out, a);
    else
        *out = *a;
    if (w > 0)
        fp256x2_mul(t->f, out, out, &t->frobenius[power - 1][w]);
}

void fp256x12_frobenius(const struct fp256_tower *t, fp256x12 *out,
                        const fp256x12 *a, unsigned power)
{
    fp256x2_frobenius(t, &out->c0.c0, &a->c0.c0, power, 0);
    fp256x2_frobenius(t, &out->c1.c0, &a->c1.c0, power, 1);
    fp256x2_frobenius(t, &out->c0.c1, &a->c0.c1, power, 2);
    fp256x2_frobenius(t, &out->c1.c1, &a->c1.c1, power, 3);
    fp256x2_frobenius(t, &out->c0.c2, &a->c0.c2, power, 4);
    fp256x2_frobenius(t, &out->c1.c2, &a->c1.c2, power, 5);
}

/* (a + b s)^2 with s^2 = xi, in the field of p^4 elements. */
static void fp256x2_square_pair(const struct fp256_tower *t, fp256x2 *real,
                                fp256x2 *cross, const fp256x2 *a,
                                const fp256x2 *b)
{
    fp256x2 aa, bb, sum;
    fp256x2_square(t->f, &aa, a);
    fp256x2_square(t->f, &bb, b);
    fp256x2_add(t->f, &sum, a, b);
    fp256x2_square(t->f, &sum, &sum);
    fp256x2_sub(t->f, &sum, &sum, &aa);
    fp256x2_sub(t->f, cross, &sum, &bb);
    fp256x2_mul_xi(t, &bb, &bb);
    fp256x2_add(t->f, real, &aa, &bb);
}

/* 3 square - 2 a, or 3 square + 2 a. */
static void fp256x2_triple_less(const struct fp256_tower *t, fp256x2 *out,
                                const fp256x2 *square, const fp256x2 *a)
{
    fp256x2 x;
    fp256x2_sub(t->f, &x, square, a);
    fp256x2_double(t->f, &x, &x);
    fp256x2_add(t->f, out, &x, square);
}

static void fp256x2_triple_more(const struct fp256_tower *t, fp256x2 *out,
                                const fp256x2 *square, const fp256x2 *a)
{
    fp256x2 x;
    fp256x2_add(t->f, &x, square, a);
    fp256x2_double(t->f, &x, &x);
    fp256x2_add(t->f, out, &x, square);
}

/* Granger and Scott: three squares of pairs. */
void fp256x12_cyclotomic_square(const struct fp256_tower *t, fp256x12 *out,
                                const fp256x12 *a)
{
    fp256x2 r0, x0, r1, x1, r2, x2;
    fp256x2_square_pair(t, &r0, &x0, &a->c0.c0, &a->c1.c1);
    fp256x2_square_pair(t, &r1, &x1, &a->c1.c0, &a->c0.c2);
    fp256x2_square_pair(t, &r2, &x2, &a->c0.c1, &a->c1.c2);
    fp256x2_mul_xi(t, &x2, &x2);
    fp256x2_triple_less(t, &out->c0.c0, &r0, &a->c0.c0);
    fp256x2_triple_less(t, &out->c0.c1, &r1, &a->c0.c1);
    fp256x2_triple_less(t, &out->c0.c2, &r2, &a->c0.c2);
    fp256x2_triple_more(t, &out->c1.c0, &x2, &a->c1.c0);
    fp256x2_triple_more(t, &out->c1.c1, &x0, &a->c1.c1);
    fp256x2_triple_more(t, &out->c1.c2, &x1, &a->c1.c2);
}

void fp256x12_to_cyclotomic(const struct fp256_tower *t, fp256x12 *out,
                            const fp256x12 *a)
{
    fp256x12 inverse, x;
    fp256x12_inverse(t, &inverse, a);
    fp256x12_conjugate(t, &x, a);
    fp256x12_mul(t, &inverse, &x, &inverse);
    fp256x12_frobenius(t, &x, &inverse, 2);
    fp256x12_mul(t, out, &x, &inverse);
}
