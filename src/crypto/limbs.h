#pragma once
/* Sums and differences of numbers of several 64-bit limbs, lowest first, under
 * prime_field.h. The count is a constant where speed matters.
 *
 * Limits   a modulus leaves the highest bit of its highest limb free.
 * Trust    no branch and no address depends on a number. Any operation may
 *          write over what it reads.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

#define LIMBS_MAX 6

__extension__ typedef unsigned __int128 limb_pair;

/* out = a + b; returns the carry. */
static ALWAYS_INLINE uint64_t limbs_add(uint64_t *out, const uint64_t *a,
                                        const uint64_t *b, unsigned n)
{
    uint64_t carry = 0;
    UNROLL
    for (unsigned i = 0; i < n; i++) {
        limb_pair sum = (limb_pair)a[i] + b[i] + carry;
        out[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return carry;
}

/* out = a - b; returns the borrow, 0 or 1. */
static ALWAYS_INLINE uint64_t limbs_sub(uint64_t *out, const uint64_t *a,
                                        const uint64_t *b, unsigned n)
{
    uint64_t borrow = 0;
    UNROLL
    for (unsigned i = 0; i < n; i++) {
        limb_pair difference = (limb_pair)a[i] - b[i] - borrow;
        out[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

/* out = mask ? a : b, for a mask of all ones or all zeros. A compiler that saw
 * where the mask comes from would choose between addresses or by a branch. */
static ALWAYS_INLINE void limbs_select(uint64_t *out, uint64_t mask,
                                       const uint64_t *a, const uint64_t *b,
                                       unsigned n)
{
    __asm__("" : "+r"(mask));
    UNROLL
    for (unsigned i = 0; i < n; i++)
        out[i] = (a[i] & mask) | (b[i] & ~mask);
}

/* All ones where x is zero, else zero. */
static ALWAYS_INLINE uint64_t limb_zero_mask(uint64_t x)
{
    return (uint64_t)((int64_t)(~x & (x - 1)) >> 63);
}

/* Zero where a and b are the same. */
static ALWAYS_INLINE uint64_t limbs_difference(const uint64_t *a,
                                               const uint64_t *b, unsigned n)
{
    uint64_t any = 0;
    UNROLL
    for (unsigned i = 0; i < n; i++)
        any |= a[i] ^ b[i];
    return any;
}

/* out = a - p where a >= p, else a; for a < 2 * p. */
static ALWAYS_INLINE void limbs_reduce_once(uint64_t *out, const uint64_t *a,
                                            const uint64_t *p, unsigned n)
{
    uint64_t less[LIMBS_MAX];
    uint64_t borrow = limbs_sub(less, a, p, n);
    limbs_select(out, 0 - borrow, a, less, n);
}

/* out = a + b mod p, for a and b below p. */
static ALWAYS_INLINE void limbs_add_mod_portable(uint64_t *out,
                                                 const uint64_t *a,
                                                 const uint64_t *b,
                                                 const uint64_t *p, unsigned n)
{
    uint64_t sum[LIMBS_MAX];
    limbs_add(sum, a, b, n);
    limbs_reduce_once(out, sum, p, n);
}

/* out = a - b mod p, for a and b below p. */
static ALWAYS_INLINE void limbs_sub_mod_portable(uint64_t *out,
                                                 const uint64_t *a,
                                                 const uint64_t *b,
                                                 const uint64_t *p, unsigned n)
{
    uint64_t difference[LIMBS_MAX], raised[LIMBS_MAX];
    uint64_t borrow = limbs_sub(difference, a, b, n);
    limbs_add(raised, difference, p, n);
    limbs_select(out, 0 - borrow, raised, difference, n);
}

/* wide = a - b mod p * 2^(64 * n), for a and b below that, of 2 * n limbs. */
static ALWAYS_INLINE void limbs_sub_wide_portable(uint64_t *wide,
                                                  const uint64_t *a,
                                                  const uint64_t *b,
                                                  const uint64_t *p, unsigned n)
{
    uint64_t borrow = limbs_sub(wide, a, b, 2 * n), carry = 0;
    UNROLL
    for (unsigned i = 0; i < n; i++) {
        limb_pair sum = (limb_pair)wide[n + i] + (p[i] & (0 - borrow)) + carry;
        wide[n + i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}
