#pragma once
/* The field of p^2 elements a + b u with u^2 = -1, over a prime field of 4
 * limbs where p = 3 mod 4.
 *
 * Trust    as prime_field.h: no branch and no address depends on a number.
 *          Operations may write over what they read.
 * Limits   p leaves two bits free.
 */
#include "crypto/prime_field.h"

typedef struct {
    fp256 c0, c1; /* c0 + c1 u */
} fp256x2;

void fp256x2_mul(const struct prime_field *f, fp256x2 *out, const fp256x2 *a,
                 const fp256x2 *b);
void fp256x2_square(const struct prime_field *f, fp256x2 *out,
                    const fp256x2 *a);

/* 1 / a; zero for zero. */
void fp256x2_inverse(const struct prime_field *f, fp256x2 *out,
                     const fp256x2 *a);

static inline fp256x2 fp256x2_zero(void)
{
    return (fp256x2){fp256_zero(), fp256_zero()};
}

static inline fp256x2 fp256x2_one(const struct prime_field *f)
{
    return (fp256x2){fp256_one(f), fp256_zero()};
}

static inline void fp256x2_add(const struct prime_field *f, fp256x2 *out,
                               const fp256x2 *a, const fp256x2 *b)
{
    fp256_add(f, &out->c0, &a->c0, &b->c0);
    fp256_add(f, &out->c1, &a->c1, &b->c1);
}

static inline void fp256x2_sub(const struct prime_field *f, fp256x2 *out,
                               const fp256x2 *a, const fp256x2 *b)
{
    fp256_sub(f, &out->c0, &a->c0, &b->c0);
    fp256_sub(f, &out->c1, &a->c1, &b->c1);
}

static inline void fp256x2_double(const struct prime_field *f, fp256x2 *out,
                                  const fp256x2 *a)
{
    fp256x2_add(f, out, a, a);
}

static inline void fp256x2_halve(const struct prime_field *f, fp256x2 *out,
                                 const fp256x2 *a)
{
    fp256_halve(f, &out->c0, &a->c0);
    fp256_halve(f, &out->c1, &a->c1);
}

static inline void fp256x2_neg(const struct prime_field *f, fp256x2 *out,
                               const fp256x2 *a)
{
    fp256_neg(f, &out->c0, &a->c0);
    fp256_neg(f, &out->c1, &a->c1);
}

/* a ^ p: what Frobenius makes of it. */
static inline void fp256x2_conjugate(const struct prime_field *f, fp256x2 *out,
                                     const fp256x2 *a)
{
    out->c0 = a->c0;
    fp256_neg(f, &out->c1, &a->c1);
}

/* a times an element of the prime field. */
static inline void fp256x2_scale(const struct prime_field *f, fp256x2 *out,
                                 const fp256x2 *a, const fp256 *by)
{
    fp256 scale = *by;
    fp256_mul(f, &out->c0, &a->c0, &scale);
    fp256_mul(f, &out->c1, &a->c1, &scale);
}

/* Zero where a and b are the same. */
static inline uint64_t fp256x2_difference(const fp256x2 *a, const fp256x2 *b)
{
    return limbs_difference(a->c0.limb, b->c0.limb, 4) |
           limbs_difference(a->c1.limb, b->c1.limb, 4);
}

static inline bool fp256x2_equal(const fp256x2 *a, const fp256x2 *b)
{
    return fp256x2_difference(a, b) == 0;
}

static inline bool fp256x2_is_zero(const fp256x2 *a)
{
    fp256x2 zero = fp256x2_zero();
    return fp256x2_equal(a, &zero);
}

static inline void fp256x2_select(fp256x2 *out, bool take_a, const fp256x2 *a,
                                  const fp256x2 *b)
{
    fp256_select(&out->c0, take_a, &a->c0, &b->c0);
    fp256_select(&out->c1, take_a, &a->c1, &b->c1);
}
