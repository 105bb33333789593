#pragma once
/* Additions and subtractions modulo a prime, as limbs.h defines them, in the
 * form that the build's processor runs best: compilers keep no chain of
 * carries in the flags. Every x86-64 processor has what is used here. Limbs
 * are reached through pointers, hence the "memory" clobbers.
 */
#include "crypto/limbs.h"

#if LOFT_X86_64

/* clang-format off */
#define LIMBS_AT(op, x, at, reg) #op " " #at "(%[" #x "]), %[" #reg "]\n"
#define LIMBS_OP(op, from, to) #op " %[" #from "], %[" #to "]\n"

/* An operation of numbers in memory and in registers. */
#define LIMBS_AT_4(first, next, x, r0, r1, r2, r3) \
    LIMBS_AT(first, x, 0, r0) LIMBS_AT(next, x, 8, r1) \
    LIMBS_AT(next, x, 16, r2) LIMBS_AT(next, x, 24, r3)
#define LIMBS_AT_6(first, next, x, r0, r1, r2, r3, r4, r5) \
    LIMBS_AT_4(first, next, x, r0, r1, r2, r3) \
    LIMBS_AT(next, x, 32, r4) LIMBS_AT(next, x, 40, r5)
/* And of numbers in registers. */
#define LIMBS_OP_4(first, next, t0, t1, t2, t3, u0, u1, u2, u3) \
    LIMBS_OP(first, t0, u0) LIMBS_OP(next, t1, u1) \
    LIMBS_OP(next, t2, u2) LIMBS_OP(next, t3, u3)
#define LIMBS_OP_6(first, next, t0, t1, t2, t3, t4, t5, \
                   u0, u1, u2, u3, u4, u5) \
    LIMBS_OP_4(first, next, t0, t1, t2, t3, u0, u1, u2, u3) \
    LIMBS_OP(next, t4, u4) LIMBS_OP(next, t5, u5)

#define LIMBS_OUT_4 \
    [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), \
    [u0] "=&r"(u0), [u1] "=&r"(u1), [u2] "=&r"(u2), [u3] "=&r"(u3)
#define LIMBS_OUT_6 LIMBS_OUT_4, [t4] "=&r"(t4), [t5] "=&r"(t5)

static ALWAYS_INLINE void limbs_add_mod_4(uint64_t *out, const uint64_t *a,
                                          const uint64_t *b, const uint64_t *p)
{
    uint64_t t0, t1, t2, t3, u0, u1, u2, u3;
    __asm__ volatile(
        LIMBS_AT_4(movq, movq, a, t0, t1, t2, t3)
        LIMBS_AT_4(addq, adcq, b, t0, t1, t2, t3)
        LIMBS_OP_4(movq, movq, t0, t1, t2, t3, u0, u1, u2, u3)
        LIMBS_AT_4(subq, sbbq, p, u0, u1, u2, u3)
        LIMBS_OP_4(cmovncq, cmovncq, u0, u1, u2, u3, t0, t1, t2, t3)
        : LIMBS_OUT_4
        : [a] "r"(a), [b] "r"(b), [p] "r"(p)
        : "cc", "memory");
    out[0] = t0;
    out[1] = t1;
    out[2] = t2;
    out[3] = t3;
}

/* Where the difference borrows, adds p, which is taken through a mask. */
static ALWAYS_INLINE void limbs_sub_mod_4(uint64_t *out, const uint64_t *a,
                                          const uint64_t *b, const uint64_t *p)
{
    uint64_t t0, t1, t2, t3, u0, u1, u2, u3;
    __asm__ volatile(
        LIMBS_AT_4(movq, movq, a, t0, t1, t2, t3)
        LIMBS_AT_4(subq, sbbq, b, t0, t1, t2, t3)
        LIMBS_OP(sbbq, u3, u3)
        LIMBS_OP_4(movq, movq, u3, u3, u3, u3, u0, u1, u2, u3)
        LIMBS_AT_4(andq, andq, p, u0, u1, u2, u3)
        LIMBS_OP_4(addq, adcq, u0, u1, u2, u3, t0, t1, t2, t3)
        : LIMBS_OUT_4
        : [a] "r"(a), [b] "r"(b), [p] "r"(p)
        : "cc", "memory");
    out[0] = t0;
    out[1] = t1;
    out[2] = t2;
    out[3] = t3;
}

/* a and b make room for what 6 limbs need. */
static ALWAYS_INLINE void limbs_add_mod_6(uint64_t *out, const uint64_t *a,
                                          const uint64_t *b, const uint64_t *p)
{
    uint64_t t0, t1, t2, t3, t4, t5, u0, u1, u2, u3;
    __asm__ volatile(
        LIMBS_AT_6(movq, movq, a, t0, t1, t2, t3, t4, t5)
        LIMBS_AT_6(addq, adcq, b, t0, t1, t2, t3, t4, t5)
        LIMBS_OP_6(movq, movq, t0, t1, t2, t3, t4, t5, u0, u1, u2, u3, a, b)
        LIMBS_AT_6(subq, sbbq, p, u0, u1, u2, u3, a, b)
        LIMBS_OP_6(cmovncq, cmovncq, u0, u1, u2, u3, a, b, t0, t1, t2, t3, t4, t5)
        : LIMBS_OUT_6, [a] "+&r"(a), [b] "+&r"(b)
        : [p] "r"(p)
        : "cc", "memory");
    out[0] = t0;
    out[1] = t1;
    out[2] = t2;
    out[3] = t3;
    out[4] = t4;
    out[5] = t5;
}

static ALWAYS_INLINE void limbs_sub_mod_6(uint64_t *out, const uint64_t *a,
                                          const uint64_t *b, const uint64_t *p)
{
    uint64_t t0, t1, t2, t3, t4, t5, u0, u1, u2, u3;
    __asm__ volatile(
        LIMBS_AT_6(movq, movq, a, t0, t1, t2, t3, t4, t5)
        LIMBS_AT_6(subq, sbbq, b, t0, t1, t2, t3, t4, t5)
        LIMBS_OP(sbbq, b, b)
        LIMBS_OP_6(movq, movq, b, b, b, b, b, b, u0, u1, u2, u3, a, b)
        LIMBS_AT_6(andq, andq, p, u0, u1, u2, u3, a, b)
        LIMBS_OP_6(addq, adcq, u0, u1, u2, u3, a, b, t0, t1, t2, t3, t4, t5)
        : LIMBS_OUT_6, [a] "+&r"(a), [b] "+&r"(b)
        : [p] "r"(p)
        : "cc", "memory");
    out[0] = t0;
    out[1] = t1;
    out[2] = t2;
    out[3] = t3;
    out[4] = t4;
    out[5] = t5;
}

/* wide = a - b, limb by limb; returns a mask, all ones where it borrows. */
#define LIMBS_STEP(op, at) \
    LIMBS_AT(movq, a, at, t) LIMBS_AT(op, b, at, t) \
    "movq %[t], " #at "(%[wide])\n"

static ALWAYS_INLINE uint64_t limbs_sub_8(uint64_t *wide, const uint64_t *a,
                                          const uint64_t *b)
{
    uint64_t t;
    __asm__ volatile(
        LIMBS_STEP(subq, 0) LIMBS_STEP(sbbq, 8)
        LIMBS_STEP(sbbq, 16) LIMBS_STEP(sbbq, 24)
        LIMBS_STEP(sbbq, 32) LIMBS_STEP(sbbq, 40)
        LIMBS_STEP(sbbq, 48) LIMBS_STEP(sbbq, 56)
        LIMBS_OP(sbbq, t, t)
        : [t] "=&r"(t)
        : [wide] "r"(wide), [a] "r"(a), [b] "r"(b)
        : "cc", "memory");
    return t;
}

static ALWAYS_INLINE uint64_t limbs_sub_12(uint64_t *wide, const uint64_t *a,
                                           const uint64_t *b)
{
    uint64_t t;
    __asm__ volatile(
        LIMBS_STEP(subq, 0) LIMBS_STEP(sbbq, 8)
        LIMBS_STEP(sbbq, 16) LIMBS_STEP(sbbq, 24)
        LIMBS_STEP(sbbq, 32) LIMBS_STEP(sbbq, 40)
        LIMBS_STEP(sbbq, 48) LIMBS_STEP(sbbq, 56)
        LIMBS_STEP(sbbq, 64) LIMBS_STEP(sbbq, 72)
        LIMBS_STEP(sbbq, 80) LIMBS_STEP(sbbq, 88)
        LIMBS_OP(sbbq, t, t)
        : [t] "=&r"(t)
        : [wide] "r"(wide), [a] "r"(a), [b] "r"(b)
        : "cc", "memory");
    return t;
}

/* high += p, through a mask. */
static ALWAYS_INLINE void limbs_raise_4(uint64_t *high, uint64_t mask,
                                        const uint64_t *p)
{
    uint64_t t0 = p[0] & mask, t1 = p[1] & mask, t2 = p[2] & mask,
             t3 = p[3] & mask;
    __asm__ volatile(
        "addq %[t0], 0(%[high])\n"
        "adcq %[t1], 8(%[high])\n"
        "adcq %[t2], 16(%[high])\n"
        "adcq %[t3], 24(%[high])\n"
        :
        : [high] "r"(high), [t0] "r"(t0), [t1] "r"(t1), [t2] "r"(t2),
          [t3] "r"(t3)
        : "cc", "memory");
}

static ALWAYS_INLINE void limbs_raise_6(uint64_t *high, uint64_t mask,
                                        const uint64_t *p)
{
    uint64_t t0 = p[0] & mask, t1 = p[1] & mask, t2 = p[2] & mask,
             t3 = p[3] & mask, t4 = p[4] & mask, t5 = p[5] & mask;
    __asm__ volatile(
        "addq %[t0], 0(%[high])\n"
        "adcq %[t1], 8(%[high])\n"
        "adcq %[t2], 16(%[high])\n"
        "adcq %[t3], 24(%[high])\n"
        "adcq %[t4], 32(%[high])\n"
        "adcq %[t5], 40(%[high])\n"
        :
        : [high] "r"(high), [t0] "r"(t0), [t1] "r"(t1), [t2] "r"(t2),
          [t3] "r"(t3), [t4] "r"(t4), [t5] "r"(t5)
        : "cc", "memory");
}
/* clang-format on */

static ALWAYS_INLINE void limbs_add_mod(uint64_t *out, const uint64_t *a,
                                        const uint64_t *b, const uint64_t *p,
                                        unsigned n)
{
    if (n == 4)
        limbs_add_mod_4(out, a, b, p);
    else
        limbs_add_mod_6(out, a, b, p);
}

static ALWAYS_INLINE void limbs_sub_mod(uint64_t *out, const uint64_t *a,
                                        const uint64_t *b, const uint64_t *p,
                                        unsigned n)
{
    if (n == 4)
        limbs_sub_mod_4(out, a, b, p);
    else
        limbs_sub_mod_6(out, a, b, p);
}

static ALWAYS_INLINE void limbs_sub_wide(uint64_t *wide, const uint64_t *a,
                                         const uint64_t *b, const uint64_t *p,
                                         unsigned n)
{
    if (n == 4)
        limbs_raise_4(wide + 4, limbs_sub_8(wide, a, b), p);
    else
        limbs_raise_6(wide + 6, limbs_sub_12(wide, a, b), p);
}

#else
#define limbs_add_mod limbs_add_mod_portable
#define limbs_sub_mod limbs_sub_mod_portable
#define limbs_sub_wide limbs_sub_wide_portable
#endif
