#pragma once
/* Integers modulo BLS12-381's p: crypto/prime_field.h with the field filled
 * in, and what points and their encodings need besides. Outputs may be inputs
 * too. Time does not depend on values but for what a function's bool says.
 */
#include "crypto/bls12_types.h"

static inline void fp_mul(fp *out, const fp *a, const fp *b)
{
    fp384_mul(&BLS12_381_FP, out, a, b);
}

static inline void fp_sqr(fp *out, const fp *a)
{
    fp384_square(&BLS12_381_FP, out, a);
}

static inline void fp_add(fp *out, const fp *a, const fp *b)
{
    fp384_add(&BLS12_381_FP, out, a, b);
}

static inline void fp_sub(fp *out, const fp *a, const fp *b)
{
    fp384_sub(&BLS12_381_FP, out, a, b);
}

static inline void fp_neg(fp *out, const fp *a)
{
    fp384_neg(&BLS12_381_FP, out, a);
}

static inline void fp_double(fp *out, const fp *a)
{
    fp384_double(&BLS12_381_FP, out, a);
}

static inline void fp_half(fp *out, const fp *a)
{
    fp384_halve(&BLS12_381_FP, out, a);
}

/* a + b without reduction: below 2 p, for fp_mul_wide() and as the second
 * factor of fp_mul() alone. */
static inline void fp_add_loose(fp *out, const fp *a, const fp *b)
{
    limbs_add(out->limb, a->limb, b->limb, ARRAY_LEN(a->limb));
}

static inline void fp_mul_wide(fp_wide *out, const fp *a, const fp *b)
{
    fp384_mul_wide(out, a, b);
}

static inline void fp_sub_wide(fp_wide *out, const fp_wide *a, const fp_wide *b)
{
    fp384_sub_wide(&BLS12_381_FP, out, a, b);
}

static inline void fp_reduce(fp *out, const fp_wide *a)
{
    fp384_reduce(&BLS12_381_FP, out, a);
}

static inline bool fp_is_zero(const fp *a)
{
    return fp384_is_zero(a);
}

static inline bool fp_equal(const fp *a, const fp *b)
{
    return fp384_equal(a, b);
}

/* out = a where pick is set. */
static inline void fp_pick(fp *out, const fp *a, bool pick)
{
    fp384_select(out, pick, a, out);
}

/* Zero for zero. */
static inline void fp_inverse(fp *out, const fp *a)
{
    fp384_inverse(&BLS12_381_FP, out, a);
}

/* False: a is no square, and *out not a root of it. */
MUST_USE static inline bool fp_sqrt(fp *out, const fp *a)
{
    return fp384_sqrt(&BLS12_381_FP, out, a);
}

/* a^((p - 3) / 4): 1 / sqrt(a) up to sign, where a is a square. */
void fp_inverse_sqrt(fp *out, const fp *a);

/* RFC 9380, 4.1: the number's lowest bit. */
bool fp_sign(const fp *a);

/* Is a above (p - 1) / 2? */
bool fp_is_larger_half(const fp *a);

/* Big endian. False: not below p. */
MUST_USE static inline bool fp_load(fp *out, const uint8_t be[BLS12_FP_LEN])
{
    return fp384_from_bytes(&BLS12_381_FP, out, be);
}

static inline void fp_store(uint8_t be[BLS12_FP_LEN], const fp *a)
{
    fp384_to_bytes(&BLS12_381_FP, be, a);
}

/* RFC 9380, 5.2: 64 bytes, big endian, taken modulo p. */
void fp_load_wide(fp *out, const uint8_t be[64]);
