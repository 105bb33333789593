#pragma once
/* The quadratic extension of crypto/bls12_fp.h: c0 + c1 u with u^2 = -1.
 * Names, aliasing and timing are as there, but for functions that give bool. */
#include "crypto/bls12_fp.h"

static inline void fp2_add(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_add(&out->c0, &a->c0, &b->c0);
    fp_add(&out->c1, &a->c1, &b->c1);
}

static inline void fp2_sub(fp2 *out, const fp2 *a, const fp2 *b)
{
    fp_sub(&out->c0, &a->c0, &b->c0);
    fp_sub(&out->c1, &a->c1, &b->c1);
}

static inline void fp2_neg(fp2 *out, const fp2 *a)
{
    fp_neg(&out->c0, &a->c0);
    fp_neg(&out->c1, &a->c1);
}

static inline void fp2_double(fp2 *out, const fp2 *a)
{
    fp2_add(out, a, a);
}

static inline void fp2_half(fp2 *out, const fp2 *a)
{
    fp_half(&out->c0, &a->c0);
    fp_half(&out->c1, &a->c1);
}

static inline void fp2_conjugate(fp2 *out, const fp2 *a)
{
    out->c0 = a->c0;
    fp_neg(&out->c1, &a->c1);
}

static inline void fp2_mul_fp(fp2 *out, const fp2 *a, const fp *b)
{
    fp_mul(&out->c0, &a->c0, b);
    fp_mul(&out->c1, &a->c1, b);
}

/* Times 1 + u. */
static inline void fp2_mul_xi(fp2 *out, const fp2 *a)
{
    fp difference;
    fp_sub(&difference, &a->c0, &a->c1);
    fp_add(&out->c1, &a->c0, &a->c1);
    out->c0 = difference;
}

static inline bool fp2_is_zero(const fp2 *a)
{
    return fp_is_zero(&a->c0) && fp_is_zero(&a->c1);
}

static inline bool fp2_equal(const fp2 *a, const fp2 *b)
{
    return fp_equal(&a->c0, &b->c0) && fp_equal(&a->c1, &b->c1);
}

static inline void fp2_pick(fp2 *out, const fp2 *a, bool pick)
{
    fp_pick(&out->c0, &a->c0, pick);
    fp_pick(&out->c1, &a->c1, pick);
}

void fp2_mul(fp2 *out, const fp2 *a, const fp2 *b);
void fp2_sqr(fp2 *out, const fp2 *a);
void fp2_inverse(fp2 *out, const fp2 *a);
bool fp2_sqrt(fp2 *out, const fp2 *a);

/* A root of a / v, for v not zero; or, where there is none (false), of
 * z a / v. z is no square, and z_root squared is minus z's norm. */
bool fp2_sqrt_ratio(fp2 *out, const fp2 *a, const fp2 *v, const fp2 *z,
                    const fp *z_root);

bool fp2_sign(const fp2 *a);

/* The ZCash form's order: by c1, then by c0. */
bool fp2_is_larger_half(const fp2 *a);
