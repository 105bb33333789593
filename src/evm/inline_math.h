#pragma once
/* What the loops compute themselves: division whose operands are mostly short,
 * as contracts have them, in the loop where both fit 64 bits, elsewhere where
 * they do not; and what is better done where the number lies. */
#include "base/u256.h"

static ALWAYS_INLINE bool both_short(const u256 *a, const u256 *b)
{
    return (a->limb[1] | a->limb[2] | a->limb[3] | b->limb[1] | b->limb[2] |
            b->limb[3]) == 0 &&
           b->limb[0] != 0;
}

static ALWAYS_INLINE u256 div_short(const u256 *a, const u256 *b)
{
    if (LIKELY(both_short(a, b)))
        return u256_from(a->limb[0] / b->limb[0]);
    return u256_div(*a, *b);
}

static ALWAYS_INLINE u256 mod_short(const u256 *a, const u256 *b)
{
    if (LIKELY(both_short(a, b)))
        return u256_from(a->limb[0] % b->limb[0]);
    return u256_mod(*a, *b);
}

/* All ones for a negative number of 64 bits, all zeros for another. */
static ALWAYS_INLINE uint64_t sign_of(uint64_t limb)
{
    return (uint64_t)((int64_t)limb >> 63);
}

static ALWAYS_INLINE bool both_short_signed(const u256 *a, const u256 *b)
{
    uint64_t s = sign_of(a->limb[0]), t = sign_of(b->limb[0]);
    return ((a->limb[1] ^ s) | (a->limb[2] ^ s) | (a->limb[3] ^ s) |
            (b->limb[1] ^ t) | (b->limb[2] ^ t) | (b->limb[3] ^ t)) == 0 &&
           b->limb[0] != 0;
}

/* The number whose magnitude and sign are given. */
static ALWAYS_INLINE u256 with_sign(uint64_t magnitude, uint64_t sign)
{
    sign = magnitude ? sign : 0;
    return (u256){{(magnitude ^ sign) - sign, sign, sign, sign}};
}

static ALWAYS_INLINE uint64_t magnitude_of(const u256 *a)
{
    uint64_t sign = sign_of(a->limb[0]);
    return (a->limb[0] ^ sign) - sign;
}

static ALWAYS_INLINE u256 signed_div_short(const u256 *a, const u256 *b)
{
    if (LIKELY(both_short_signed(a, b)))
        return with_sign(magnitude_of(a) / magnitude_of(b),
                         sign_of(a->limb[0] ^ b->limb[0]));
    return u256_signed_div(*a, *b);
}

static ALWAYS_INLINE u256 signed_mod_short(const u256 *a, const u256 *b)
{
    if (LIKELY(both_short_signed(a, b)))
        return with_sign(magnitude_of(a) % magnitude_of(b),
                         sign_of(a->limb[0]));
    return u256_signed_mod(*a, *b);
}

/* index is below 31. */
static ALWAYS_INLINE void sign_extend_in_place(u256 *a, unsigned index)
{
    unsigned limb = index / 8, up = 56 - 8 * (index % 8);
    int64_t low = (int64_t)(a->limb[limb] << up) >> up;
    a->limb[limb] = (uint64_t)low;
    while (++limb < 4)
        a->limb[limb] = (uint64_t)(low >> 63);
}
