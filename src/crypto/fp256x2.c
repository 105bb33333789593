#include "crypto/fp256x2.h"

/* Karatsuba: three products of integers, reduced twice. The product of sums
 * is at most 4 p^2, which stays below p * 2^256 as p leaves two
 * bits free. */
void fp256x2_mul(const struct prime_field *f, fp256x2 *out, const fp256x2 *a,
                 const fp256x2 *b)
{
    fp256_wide real, imaginary, cross;
    fp256 a_sum, b_sum;
    fp256_add_unreduced(&a_sum, &a->c0, &a->c1);
    fp256_add_unreduced(&b_sum, &b->c0, &b->c1);
    fp256_mul_wide(&real, &a->c0, &b->c0);
    fp256_mul_wide(&imaginary, &a->c1, &b->c1);
    fp256_mul_wide(&cross, &a_sum, &b_sum);
    fp256_sub_wide(f, &cross, &cross, &real);
    fp256_sub_wide(f, &cross, &cross, &imaginary);
    fp256_sub_wide(f, &real, &real, &imaginary);
    fp256_reduce(f, &out->c0, &real);
    fp256_reduce(f, &out->c1, &cross);
}

/* (c0 + c1)(c0 - c1) + 2 c0 c1 u */
void fp256x2_square(const struct prime_field *f, fp256x2 *out, const fp256x2 *a)
{
    fp256 sum, difference, twice;
    fp256_add_unreduced(&sum, &a->c0, &a->c1);
    fp256_sub(f, &difference, &a->c0, &a->c1);
    fp256_add_unreduced(&twice, &a->c0, &a->c0);
    fp256_mul(f, &out->c1, &a->c1, &twice);
    fp256_mul(f, &out->c0, &difference, &sum);
}

void fp256x2_inverse(const struct prime_field *f, fp256x2 *out,
                     const fp256x2 *a)
{
    fp256 norm, square;
    fp256_square(f, &norm, &a->c0);
    fp256_square(f, &square, &a->c1);
    fp256_add(f, &norm, &norm, &square);
    fp256_inverse(f, &norm, &norm);
    fp256x2_conjugate(f, out, a);
    fp256x2_scale(f, out, out, &norm);
}
