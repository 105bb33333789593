#pragma once
/* Unsigned integers of 256 bits: four 64-bit limbs, lowest first, by value.
 *
 * Arithmetic wraps modulo 2^256 as the EVM's does; the signed forms read the
 * top bit as the sign of a two's complement. Dividing by zero gives zero.
 * Nothing here is constant-time: secrets have types of their own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/bytes.h"

typedef struct {
    uint64_t limb[4];
} u256;

__extension__ typedef unsigned __int128 u128;

#define U256_ZERO ((u256){{0, 0, 0, 0}})
#define U256_ONE ((u256){{1, 0, 0, 0}})
#define U256_MAX ((u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})

static ALWAYS_INLINE u256 u256_from(uint64_t value)
{
    return (u256){{value, 0, 0, 0}};
}

static ALWAYS_INLINE bool u256_is_zero(u256 a)
{
    return (a.limb[0] | a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

static ALWAYS_INLINE bool u256_fits_u64(u256 a)
{
    return (a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

/* The value, or UINT64_MAX where it is greater. */
static ALWAYS_INLINE uint64_t u256_clamp_u64(u256 a)
{
    return u256_fits_u64(a) ? a.limb[0] : UINT64_MAX;
}

static ALWAYS_INLINE bool u256_equal(u256 a, u256 b)
{
    return ((a.limb[0] ^ b.limb[0]) | (a.limb[1] ^ b.limb[1]) |
            (a.limb[2] ^ b.limb[2]) | (a.limb[3] ^ b.limb[3])) == 0;
}

/* *out = a + b; true: the sum has overflowed. GCC has no good code for a
 * chain of carries, and adding is what the EVM does most. */
static ALWAYS_INLINE bool u256_add_overflow(u256 *out, u256 a, u256 b)
{
    bool carry;
#if LOFT_X86_64
    __asm__("addq %[b0], %[a0]\n\t"
            "adcq %[b1], %[a1]\n\t"
            "adcq %[b2], %[a2]\n\t"
            "adcq %[b3], %[a3]"
            : [a0] "+&r"(a.limb[0]), [a1] "+&r"(a.limb[1]),
              [a2] "+&r"(a.limb[2]), [a3] "+&r"(a.limb[3]), "=@ccc"(carry)
            : [b0] "rm"(b.limb[0]), [b1] "rm"(b.limb[1]), [b2] "rm"(b.limb[2]),
              [b3] "rm"(b.limb[3]));
    *out = a;
#else
    u128 sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (u128)a.limb[i] + b.limb[i];
        out->limb[i] = (uint64_t)sum;
        sum >>= 64;
    }
    carry = sum != 0;
#endif
    return carry;
}

/* *out = a - b; true: b is greater. */
static ALWAYS_INLINE bool u256_sub_overflow(u256 *out, u256 a, u256 b)
{
    bool borrow;
#if LOFT_X86_64
    __asm__("subq %[b0], %[a0]\n\t"
            "sbbq %[b1], %[a1]\n\t"
            "sbbq %[b2], %[a2]\n\t"
            "sbbq %[b3], %[a3]"
            : [a0] "+&r"(a.limb[0]), [a1] "+&r"(a.limb[1]),
              [a2] "+&r"(a.limb[2]), [a3] "+&r"(a.limb[3]), "=@ccc"(borrow)
            : [b0] "rm"(b.limb[0]), [b1] "rm"(b.limb[1]), [b2] "rm"(b.limb[2]),
              [b3] "rm"(b.limb[3]));
    *out = a;
#else
    borrow = false;
    for (int i = 0; i < 4; i++) {
        u128 diff = (u128)a.limb[i] - b.limb[i] - borrow;
        out->limb[i] = (uint64_t)diff;
        borrow = (uint64_t)(diff >> 64) & 1;
    }
#endif
    return borrow;
}

static ALWAYS_INLINE u256 u256_add(u256 a, u256 b)
{
    u256 out;
    u256_add_overflow(&out, a, b);
    return out;
}

static ALWAYS_INLINE u256 u256_sub(u256 a, u256 b)
{
    u256 out;
    u256_sub_overflow(&out, a, b);
    return out;
}

static ALWAYS_INLINE bool u256_less(u256 a, u256 b)
{
#if LOFT_X86_64
    bool borrow;
    __asm__(
        "cmpq %[b0], %[a0]\n\t"
        "sbbq %[b1], %[a1]\n\t"
        "sbbq %[b2], %[a2]\n\t"
        "sbbq %[b3], %[a3]"
        : [a1] "+&r"(a.limb[1]), [a2] "+&r"(a.limb[2]), [a3] "+&r"(a.limb[3]),
          "=@ccc"(borrow)
        : [a0] "r"(a.limb[0]), [b0] "rm"(b.limb[0]), [b1] "rm"(b.limb[1]),
          [b2] "rm"(b.limb[2]), [b3] "rm"(b.limb[3]));
    return borrow;
#else
    u256 ignored;
    return u256_sub_overflow(&ignored, a, b);
#endif
}

static ALWAYS_INLINE int u256_compare(u256 a, u256 b)
{
    return (int)u256_less(b, a) - (int)u256_less(a, b);
}

static ALWAYS_INLINE bool u256_is_negative(u256 a)
{
    return a.limb[3] >> 63;
}

static ALWAYS_INLINE bool u256_signed_less(u256 a, u256 b)
{
    bool negative = u256_is_negative(a);
    return negative != u256_is_negative(b) ? negative : u256_less(a, b);
}

static ALWAYS_INLINE u256 u256_not(u256 a)
{
    return (u256){{~a.limb[0], ~a.limb[1], ~a.limb[2], ~a.limb[3]}};
}

static ALWAYS_INLINE u256 u256_negate(u256 a)
{
    return u256_sub(U256_ZERO, a);
}

static ALWAYS_INLINE u256 u256_and(u256 a, u256 b)
{
    return (u256){{a.limb[0] & b.limb[0], a.limb[1] & b.limb[1],
                   a.limb[2] & b.limb[2], a.limb[3] & b.limb[3]}};
}

static ALWAYS_INLINE u256 u256_or(u256 a, u256 b)
{
    return (u256){{a.limb[0] | b.limb[0], a.limb[1] | b.limb[1],
                   a.limb[2] | b.limb[2], a.limb[3] | b.limb[3]}};
}

static ALWAYS_INLINE u256 u256_xor(u256 a, u256 b)
{
    return (u256){{a.limb[0] ^ b.limb[0], a.limb[1] ^ b.limb[1],
                   a.limb[2] ^ b.limb[2], a.limb[3] ^ b.limb[3]}};
}

static ALWAYS_INLINE u256 u256_mul(u256 a, u256 b)
{
    u128 t = (u128)a.limb[0] * b.limb[0];
    uint64_t r0 = (uint64_t)t;
    t = (u128)a.limb[0] * b.limb[1] + (uint64_t)(t >> 64);
    uint64_t r1 = (uint64_t)t;
    t = (u128)a.limb[0] * b.limb[2] + (uint64_t)(t >> 64);
    uint64_t r2 = (uint64_t)t;
    uint64_t r3 = a.limb[0] * b.limb[3] + (uint64_t)(t >> 64);

    t = (u128)a.limb[1] * b.limb[0] + r1;
    r1 = (uint64_t)t;
    t = (u128)a.limb[1] * b.limb[1] + r2 + (uint64_t)(t >> 64);
    r2 = (uint64_t)t;
    r3 += a.limb[1] * b.limb[2] + (uint64_t)(t >> 64);

    t = (u128)a.limb[2] * b.limb[0] + r2;
    r2 = (uint64_t)t;
    r3 += a.limb[2] * b.limb[1] + (uint64_t)(t >> 64);

    r3 += a.limb[3] * b.limb[0];
    return (u256){{r0, r1, r2, r3}};
}

/* *out = a * b; true: the product has overflowed. */
bool u256_mul_overflow(u256 *out, u256 a, u256 b);

static ALWAYS_INLINE uint64_t u64_leading_zeros(uint64_t a)
{
    return a ? (uint64_t)__builtin_clzll(a) : 64;
}

/* How many bits above the highest that is set: 256 for zero. */
static ALWAYS_INLINE uint64_t u256_leading_zeros(u256 a)
{
    uint64_t low = a.limb[1] ? 128 + u64_leading_zeros(a.limb[1])
                             : 192 + u64_leading_zeros(a.limb[0]);
    uint64_t high = a.limb[3] ? u64_leading_zeros(a.limb[3])
                              : 64 + u64_leading_zeros(a.limb[2]);
    return a.limb[2] | a.limb[3] ? high : low;
}

/* How many bits the value needs: 0 for zero. */
static ALWAYS_INLINE unsigned u256_bits(u256 a)
{
    return 256 - (unsigned)u256_leading_zeros(a);
}

/* The low limb of (high, low) >> shift, shift < 64. */
static ALWAYS_INLINE uint64_t u256_funnel(uint64_t high, uint64_t low,
                                          unsigned shift)
{
#if LOFT_X86_64
    __asm__("shrdq %b[shift], %[high], %[low]"
            : [low] "+r"(low)
            : [high] "r"(high), [shift] "c"(shift)
            : "cc");
    return low;
#else
    return low >> shift | high << 1 << (63 - shift);
#endif
}

/* Limbs 0 to 3 of at[0..4] >> shift, shift < 64. */
static ALWAYS_INLINE u256 u256_window(const uint64_t *at, unsigned shift)
{
    return (u256){
        {u256_funnel(at[1], at[0], shift), u256_funnel(at[2], at[1], shift),
         u256_funnel(at[3], at[2], shift), u256_funnel(at[4], at[3], shift)}};
}

/* Shifts by 256 or more give zero. */
static ALWAYS_INLINE u256 u256_shr(u256 a, uint64_t shift)
{
    if (shift >= 256)
        return U256_ZERO;
    const uint64_t wide[8] = {a.limb[0], a.limb[1], a.limb[2], a.limb[3]};
    return u256_window(wide + shift / 64, (unsigned)shift % 64);
}

static ALWAYS_INLINE u256 u256_shl(u256 a, uint64_t shift)
{
    if (shift >= 256)
        return U256_ZERO;
    const uint64_t wide[9] = {0,         0,         0,         0, a.limb[0],
                              a.limb[1], a.limb[2], a.limb[3], 0};
    unsigned down = 256 - (unsigned)shift;
    return u256_window(wide + down / 64, down % 64);
}

/* With the second number below 2^64. */

static ALWAYS_INLINE u256 u256_add_u64(u256 a, uint64_t b)
{
    return u256_add(a, u256_from(b));
}

static ALWAYS_INLINE u256 u256_sub_u64(u256 a, uint64_t b)
{
    return u256_sub(a, u256_from(b));
}

static ALWAYS_INLINE u256 u256_mul_u64(u256 a, uint64_t b)
{
    u256 out;
    u128 t = (u128)a.limb[0] * b;
    out.limb[0] = (uint64_t)t;
    t = (u128)a.limb[1] * b + (uint64_t)(t >> 64);
    out.limb[1] = (uint64_t)t;
    t = (u128)a.limb[2] * b + (uint64_t)(t >> 64);
    out.limb[2] = (uint64_t)t;
    out.limb[3] = a.limb[3] * b + (uint64_t)(t >> 64);
    return out;
}

static ALWAYS_INLINE bool u256_equal_u64(u256 a, uint64_t b)
{
    return ((a.limb[0] ^ b) | a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

static ALWAYS_INLINE bool u256_less_u64(u256 a, uint64_t b)
{
    return u256_fits_u64(a) && a.limb[0] < b;
}

static ALWAYS_INLINE bool u256_greater_u64(u256 a, uint64_t b)
{
    return !u256_fits_u64(a) || a.limb[0] > b;
}

/* Shifts by 64 * limbs + bits, bits below 64; limbs known when compiled. */

static ALWAYS_INLINE u256 u256_shl_limbs(u256 a, int limbs, unsigned bits)
{
    u256 out = U256_ZERO;
    for (int i = limbs; i < 4; i++) {
        out.limb[i] = a.limb[i - limbs] << bits;
        if (i > limbs) /* a shift by 64 - bits, which may be 64 */
            out.limb[i] |= a.limb[i - limbs - 1] >> 1 >> (63 - bits);
    }
    return out;
}

static ALWAYS_INLINE u256 u256_shr_limbs(u256 a, int limbs, unsigned bits)
{
    u256 out = U256_ZERO;
    for (int i = 0; i + limbs < 4; i++) {
        out.limb[i] = a.limb[i + limbs] >> bits;
        if (i + limbs < 3)
            out.limb[i] |= a.limb[i + limbs + 1] << 1 << (63 - bits);
    }
    return out;
}

/* Shifts right and fills with the sign. */
u256 u256_sar(u256 a, uint64_t shift);

/* Reads bit 8 * (index + 1) - 1 as the sign and extends it upwards; an index
 * of 31 or more changes nothing. */
u256 u256_sign_extend(u256 a, uint64_t index);

/* The byte at index, the highest being 0; zero from index 32 on. */
static ALWAYS_INLINE u256 u256_byte(u256 a, uint64_t index)
{
    if (index >= 32)
        return U256_ZERO;
    unsigned up = 31 - (unsigned)index;
    return u256_from(a.limb[up / 8] >> (up % 8 * 8) & 0xff);
}

struct u256_quotient {
    u256 quotient, remainder;
};

struct u256_quotient u256_divide(u256 a, u256 b);
u256 u256_div(u256 a, u256 b);
u256 u256_mod(u256 a, u256 b);
u256 u256_signed_div(u256 a, u256 b);
u256 u256_signed_mod(u256 a, u256 b); /* has the sign of a */
u256 u256_addmod(u256 a, u256 b, u256 modulus);
u256 u256_mulmod(u256 a, u256 b, u256 modulus);
u256 u256_exp(u256 base, u256 exponent);

static ALWAYS_INLINE u256 u256_load_be(const uint8_t at[32])
{
    return (u256){{load_be64(at + 24), load_be64(at + 16), load_be64(at + 8),
                   load_be64(at)}};
}

static ALWAYS_INLINE void u256_store_be(uint8_t at[32], u256 value)
{
    store_be64(at, value.limb[3]);
    store_be64(at + 8, value.limb[2]);
    store_be64(at + 16, value.limb[1]);
    store_be64(at + 24, value.limb[0]);
}

/* At most 32 bytes, big endian; fewer are the low ones. */
static inline u256 u256_load_short(bytes from)
{
    uint8_t be[32] = {0};
    if (from.len)
        memcpy(be + 32 - from.len, from.at, from.len);
    return u256_load_be(be);
}

static inline hash32 u256_to_hash(u256 value)
{
    hash32 out;
    u256_store_be(out.at, value);
    return out;
}

static inline u256 u256_from_hash(const hash32 *hash)
{
    return u256_load_be(hash->at);
}

static ALWAYS_INLINE u256 u256_from_address(const address *who)
{
    return (u256){{load_be64(who->at + 12), load_be64(who->at + 4),
                   load_be32(who->at), 0}};
}

/* The low 20 bytes. */
static inline address u256_to_address(u256 value)
{
    address out;
    store_be32(out.at, (uint32_t)value.limb[2]);
    store_be64(out.at + 4, value.limb[1]);
    store_be64(out.at + 12, value.limb[0]);
    return out;
}

/* Decimal digits as a C string. */
#define U256_DECIMAL_MAX 79
size_t u256_decimal(char out[U256_DECIMAL_MAX], u256 value);

/* Reads 1 to 78 decimal digits; false: something else, or too great. */
MUST_USE bool u256_read_decimal(u256 *out, bytes text);
