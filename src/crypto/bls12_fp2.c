#include "crypto/bls12_fp2.h"

#include "crypto/bls12_constants.h"

/* Karatsuba: three products, but reduced only twice. */
void fp2_mul(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_wide low, high, cross;
    fp sum_a, sum_b;
    fp_add_loose(&sum_a, &a->c0, &a->c1);
    fp_add_loose(&sum_b, &b->c0, &b->c1);
    fp_mul_wide(&cross, &sum_a, &sum_b);
    fp_mul_wide(&low, &a->c0, &b->c0);
    fp_mul_wide(&high, &a->c1, &b->c1);
    fp_sub_wide(&cross, &cross, &low);
    fp_sub_wide(&cross, &cross, &high);
    fp_sub_wide(&low, &low, &high);
    fp_reduce(&out->c0, &low);
    fp_reduce(&out->c1, &cross);
}

/* (c0 + c1) (c0 - c1) + 2 c0 c1 u */
void fp2_sqr(fp2 *out, const fp2 *a)
{
    fp sum, difference, twice;
    fp_add_loose(&sum, &a->c0, &a->c1);
    fp_sub(&difference, &a->c0, &a->c1);
    fp_add_loose(&twice, &a->c0, &a->c0);
    fp_mul(&out->c1, &a->c1, &twice);
    fp_mul(&out->c0, &difference, &sum);
}

static void norm(fp *out, const fp2 *a)
{
    fp square;
    fp_sqr(&square, &a->c1);
    fp_sqr(out, &a->c0);
    fp_add(out, out, &square);
}

void fp2_inverse(fp2 *out, const fp2 *a)
{
    fp n;
    norm(&n, a);
    fp_inverse(&n, &n);
    fp2_conjugate(out, a);
    fp2_mul_fp(out, out, &n);
}

/* The root of a, whose norm has the root s. With t = (c0 + s) / 2 and
 * i = t^((p - 3) / 4), (t i)^2 is t or -t. In the first case t i + (c1 i / 2) u
 * is a's root; in the second -c1 i / 2 + t i u. Where t vanishes so does c1,
 * and c0 = -s takes its place. */
static void root_by_norm(fp2 *out, const fp2 *a, const fp *s)
{
    fp t, inverse, x, y, square;
    fp_add(&t, &a->c0, s);
    fp_half(&t, &t);
    fp_pick(&t, &a->c0, fp_is_zero(&t));
    fp_inverse_sqrt(&inverse, &t);
    fp_mul(&x, &t, &inverse);
    fp_half(&y, &a->c1);
    fp_mul(&y, &y, &inverse);
    fp_sqr(&square, &x);
    bool direct = fp_equal(&square, &t);
    fp_neg(&out->c0, &y);
    out->c1 = x;
    fp_pick(&out->c0, &x, direct);
    fp_pick(&out->c1, &y, direct);
}

/* A number is a square where its norm is. */
bool fp2_sqrt(fp2 *out, const fp2 *a)
{
    fp s;
    norm(&s, a);
    if (!fp_sqrt(&s, &s))
        return false;
    root_by_norm(out, a, &s);
    return true;
}

/* With U and V the norms and i = (U V)^((p - 3) / 4), i^2 U V is 1 or -1.
 * So 1 / V is i^2 U up to that sign, and U i a root of the quotient's norm
 * U / V, or of minus it; in that case z_root turns it into a root of the norm
 * of z times the quotient. A divided by V is times v's conjugate. */
bool fp2_sqrt_ratio(fp2 *out, const fp2 *a, const fp2 *v, const fp2 *z,
                    const fp *z_root)
{
    fp norm_a, norm_v, i, s, inverse, sign, other;
    fp2 quotient, raised;
    norm(&norm_a, a);
    norm(&norm_v, v);
    fp_mul(&i, &norm_a, &norm_v);
    fp_inverse_sqrt(&i, &i);
    fp_mul(&s, &norm_a, &i);
    fp_mul(&inverse, &s, &i);
    fp_mul(&sign, &inverse, &norm_v);
    bool is_square = fp_equal(&sign, &FP_ONE) || fp_is_zero(&norm_a);
    fp_neg(&other, &inverse);
    fp_pick(&inverse, &other, !is_square);
    fp_mul(&other, &s, z_root);
    fp_pick(&s, &other, !is_square);
    fp2_conjugate(&quotient, v);
    fp2_mul(&quotient, &quotient, a);
    fp2_mul_fp(&quotient, &quotient, &inverse);
    fp2_mul(&raised, &quotient, z);
    fp2_pick(&quotient, &raised, !is_square);
    root_by_norm(out, &quotient, &s);
    return is_square;
}

/* RFC 9380, 4.1: "sgn0" of the first part that is not zero. */
bool fp2_sign(const fp2 *a)
{
    return fp_is_zero(&a->c0) ? fp_sign(&a->c1) : fp_sign(&a->c0);
}

bool fp2_is_larger_half(const fp2 *a)
{
    return fp_is_zero(&a->c1) ? fp_is_larger_half(&a->c0)
                              : fp_is_larger_half(&a->c1);
}
