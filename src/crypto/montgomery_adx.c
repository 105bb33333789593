/* Montgomery multiplication with MULX and two chains of carries.
 *
 * Every product row adds x * rdx to a window of registers t0 ... tn: low
 * halves along ADCX's chain, high halves along ADOX's. A row that clears t0
 * moves the window up by one, so the next row names the registers rotated by
 * one and the freed t0 is its top.
 *
 * Every register written inside is an early-clobber operand: inputs are read
 * until the last row. Limbs are reached through pointers, hence the "memory"
 * clobbers. Reducing takes registers that have done their work. */
#include "base/attributes.h"
#include "crypto/montgomery.h"
#include "crypto/prime_field.h"

#if LOFT_X86_64

/* clang-format off */
#define REG(name) "%[" #name "]"
#define OP(name, from, to) #name " " REG(from) ", " REG(to) "\n"
#define LOAD(x, at, to) "movq " #at "(" REG(x) "), " REG(to) "\n"
#define STORE(from, x, at) "movq " REG(from) ", " #at "(" REG(x) ")\n"
#define MULX(x, at, lo, hi) \
    "mulxq " #at "(" REG(x) "), " REG(lo) ", " REG(hi) "\n"
#define CLEAR_FLAGS "xorl %k[lo], %k[lo]\n"
#define ZERO_LO "movl $0, %k[lo]\n" /* leaves the flags alone */

/* A product's limb in the middle of a row. */
#define STEP(x, at, t, next) \
    MULX(x, at, lo, hi) OP(adcxq, lo, t) OP(adoxq, hi, next)
/* The last limb of a row whose top register is fresh, or already in use. */
#define END_FRESH(x, at, t, top) \
    MULX(x, at, lo, top) OP(adcxq, lo, t) \
    ZERO_LO OP(adcxq, lo, top) OP(adoxq, lo, top)
#define END_USED(x, at, t, top) \
    STEP(x, at, t, top) ZERO_LO OP(adcxq, lo, top)

/* t0 ... = x * rdx, all registers fresh. */
#define FIRST_4(x, t0, t1, t2, t3, t4) \
    MULX(x, 0, t0, t1) \
    MULX(x, 8, lo, t2) OP(addq, lo, t1) \
    MULX(x, 16, lo, t3) OP(adcq, lo, t2) \
    MULX(x, 24, lo, t4) OP(adcq, lo, t3) \
    "adcq $0, " REG(t4) "\n"
#define FIRST_6(x, t0, t1, t2, t3, t4, t5, t6) \
    MULX(x, 0, t0, t1) \
    MULX(x, 8, lo, t2) OP(addq, lo, t1) \
    MULX(x, 16, lo, t3) OP(adcq, lo, t2) \
    MULX(x, 24, lo, t4) OP(adcq, lo, t3) \
    MULX(x, 32, lo, t5) OP(adcq, lo, t4) \
    MULX(x, 40, lo, t6) OP(adcq, lo, t5) \
    "adcq $0, " REG(t6) "\n"

/* t0 ... += x * rdx, the top register fresh. */
#define NEXT_4(x, t0, t1, t2, t3, t4) \
    CLEAR_FLAGS \
    STEP(x, 0, t0, t1) STEP(x, 8, t1, t2) STEP(x, 16, t2, t3) \
    END_FRESH(x, 24, t3, t4)
#define NEXT_6(x, t0, t1, t2, t3, t4, t5, t6) \
    CLEAR_FLAGS \
    STEP(x, 0, t0, t1) STEP(x, 8, t1, t2) STEP(x, 16, t2, t3) \
    STEP(x, 24, t3, t4) STEP(x, 32, t4, t5) \
    END_FRESH(x, 40, t5, t6)

/* Makes t0 zero: rdx = t0 * -1/p, then t0 ... += p * rdx. Of t0's own sum only
 * the carry counts. */
#define CLEAR(t0, t1) \
    "movq " REG(t0) ", %[rdx]\n" \
    "imulq %[inverse], %[rdx]\n" \
    CLEAR_FLAGS \
    MULX(p, 0, lo, hi) OP(adcxq, t0, lo) OP(adoxq, hi, t1)
#define CLEAR_4(end, t0, t1, t2, t3, t4) \
    CLEAR(t0, t1) STEP(p, 8, t1, t2) STEP(p, 16, t2, t3) \
    end(p, 24, t3, t4)
#define CLEAR_6(end, t0, t1, t2, t3, t4, t5, t6) \
    CLEAR(t0, t1) STEP(p, 8, t1, t2) STEP(p, 16, t2, t3) \
    STEP(p, 24, t3, t4) STEP(p, 32, t4, t5) \
    end(p, 40, t5, t6)

#define WITH(op, x, at, t) #op " " #at "(" REG(x) "), " REG(t) "\n"

/* t -= p where that is not negative; u are spare. */
#define REDUCE_4(t0, t1, t2, t3, u0, u1, u2, u3) \
    OP(movq, t0, u0) OP(movq, t1, u1) OP(movq, t2, u2) OP(movq, t3, u3) \
    WITH(subq, p, 0, u0) WITH(sbbq, p, 8, u1) \
    WITH(sbbq, p, 16, u2) WITH(sbbq, p, 24, u3) \
    OP(cmovncq, u0, t0) OP(cmovncq, u1, t1) \
    OP(cmovncq, u2, t2) OP(cmovncq, u3, t3)
#define REDUCE_6(t0, t1, t2, t3, t4, t5, u0, u1, u2, u3, u4, u5) \
    OP(movq, t0, u0) OP(movq, t1, u1) OP(movq, t2, u2) \
    OP(movq, t3, u3) OP(movq, t4, u4) OP(movq, t5, u5) \
    WITH(subq, p, 0, u0) WITH(sbbq, p, 8, u1) WITH(sbbq, p, 16, u2) \
    WITH(sbbq, p, 24, u3) WITH(sbbq, p, 32, u4) WITH(sbbq, p, 40, u5) \
    OP(cmovncq, u0, t0) OP(cmovncq, u1, t1) OP(cmovncq, u2, t2) \
    OP(cmovncq, u3, t3) OP(cmovncq, u4, t4) OP(cmovncq, u5, t5)

#define WINDOW_4 \
    [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), \
    [t4] "=&r"(t4), [lo] "=&r"(lo), [hi] "=&r"(hi), [rdx] "=&d"(rdx)
#define WINDOW_6 WINDOW_4, [t5] "=&r"(t5), [t6] "=&r"(t6)

void montgomery_mul_4_adx(const struct prime_field *f, uint64_t *out,
                          const uint64_t *a, const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, lo, hi, rdx;
    __asm__ volatile(
        LOAD(b, 0, rdx)
        FIRST_4(a, t0, t1, t2, t3, t4)
        CLEAR_4(END_USED, t0, t1, t2, t3, t4)
        LOAD(b, 8, rdx)
        NEXT_4(a, t1, t2, t3, t4, t0)
        CLEAR_4(END_USED, t1, t2, t3, t4, t0)
        LOAD(b, 16, rdx)
        NEXT_4(a, t2, t3, t4, t0, t1)
        CLEAR_4(END_USED, t2, t3, t4, t0, t1)
        LOAD(b, 24, rdx)
        NEXT_4(a, t3, t4, t0, t1, t2)
        CLEAR_4(END_USED, t3, t4, t0, t1, t2)
        REDUCE_4(t4, t0, t1, t2,
                 t3, lo, hi, rdx)
        : WINDOW_4
        : [a] "r"(a), [b] "r"(b), [p] "r"(f->p),
          [inverse] "m"(f->negative_inverse)
        : "cc", "memory");
    out[0] = t4;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
}

void montgomery_wide_4_adx(uint64_t *wide, const uint64_t *a,
                           const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, lo, hi, rdx;
    __asm__ volatile(
        LOAD(b, 0, rdx)
        FIRST_4(a, t0, t1, t2, t3, t4)
        STORE(t0, wide, 0)
        LOAD(b, 8, rdx)
        NEXT_4(a, t1, t2, t3, t4, t0)
        STORE(t1, wide, 8)
        LOAD(b, 16, rdx)
        NEXT_4(a, t2, t3, t4, t0, t1)
        STORE(t2, wide, 16)
        LOAD(b, 24, rdx)
        NEXT_4(a, t3, t4, t0, t1, t2)
        STORE(t3, wide, 24)
        STORE(t4, wide, 32)
        STORE(t0, wide, 40)
        STORE(t1, wide, 48)
        STORE(t2, wide, 56)
        : WINDOW_4
        : [wide] "r"(wide), [a] "r"(a), [b] "r"(b)
        : "cc", "memory");
}

void montgomery_reduce_4_adx(const struct prime_field *f, uint64_t *out,
                             const uint64_t *wide)
{
    uint64_t t0, t1, t2, t3, t4, lo, hi, rdx;
    __asm__ volatile(
        LOAD(wide, 0, t0)
        LOAD(wide, 8, t1)
        LOAD(wide, 16, t2)
        LOAD(wide, 24, t3)
        CLEAR_4(END_FRESH, t0, t1, t2, t3, t4)
        CLEAR_4(END_FRESH, t1, t2, t3, t4, t0)
        CLEAR_4(END_FRESH, t2, t3, t4, t0, t1)
        CLEAR_4(END_FRESH, t3, t4, t0, t1, t2)
        WITH(addq, wide, 32, t4)
        WITH(adcq, wide, 40, t0)
        WITH(adcq, wide, 48, t1)
        WITH(adcq, wide, 56, t2)
        REDUCE_4(t4, t0, t1, t2,
                 t3, lo, hi, rdx)
        : WINDOW_4
        : [wide] "r"(wide), [p] "r"(f->p), [inverse] "m"(f->negative_inverse)
        : "cc", "memory");
    out[0] = t4;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
}

void montgomery_mul_6_adx(const struct prime_field *f, uint64_t *out,
                          const uint64_t *a, const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, lo, hi, rdx;
    __asm__ volatile(
        LOAD(b, 0, rdx)
        FIRST_6(a, t0, t1, t2, t3, t4, t5, t6)
        CLEAR_6(END_USED, t0, t1, t2, t3, t4, t5, t6)
        LOAD(b, 8, rdx)
        NEXT_6(a, t1, t2, t3, t4, t5, t6, t0)
        CLEAR_6(END_USED, t1, t2, t3, t4, t5, t6, t0)
        LOAD(b, 16, rdx)
        NEXT_6(a, t2, t3, t4, t5, t6, t0, t1)
        CLEAR_6(END_USED, t2, t3, t4, t5, t6, t0, t1)
        LOAD(b, 24, rdx)
        NEXT_6(a, t3, t4, t5, t6, t0, t1, t2)
        CLEAR_6(END_USED, t3, t4, t5, t6, t0, t1, t2)
        LOAD(b, 32, rdx)
        NEXT_6(a, t4, t5, t6, t0, t1, t2, t3)
        CLEAR_6(END_USED, t4, t5, t6, t0, t1, t2, t3)
        LOAD(b, 40, rdx)
        NEXT_6(a, t5, t6, t0, t1, t2, t3, t4)
        CLEAR_6(END_USED, t5, t6, t0, t1, t2, t3, t4)
        REDUCE_6(t6, t0, t1, t2, t3, t4,
                 t5, lo, hi, rdx, a, b)
        : WINDOW_6, [a] "+&r"(a), [b] "+&r"(b)
        : [p] "r"(f->p), [inverse] "m"(f->negative_inverse)
        : "cc", "memory");
    out[0] = t6;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
    out[4] = t3;
    out[5] = t4;
}

void montgomery_wide_6_adx(uint64_t *wide, const uint64_t *a,
                           const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, lo, hi, rdx;
    __asm__ volatile(
        LOAD(b, 0, rdx)
        FIRST_6(a, t0, t1, t2, t3, t4, t5, t6)
        STORE(t0, wide, 0)
        LOAD(b, 8, rdx)
        NEXT_6(a, t1, t2, t3, t4, t5, t6, t0)
        STORE(t1, wide, 8)
        LOAD(b, 16, rdx)
        NEXT_6(a, t2, t3, t4, t5, t6, t0, t1)
        STORE(t2, wide, 16)
        LOAD(b, 24, rdx)
        NEXT_6(a, t3, t4, t5, t6, t0, t1, t2)
        STORE(t3, wide, 24)
        LOAD(b, 32, rdx)
        NEXT_6(a, t4, t5, t6, t0, t1, t2, t3)
        STORE(t4, wide, 32)
        LOAD(b, 40, rdx)
        NEXT_6(a, t5, t6, t0, t1, t2, t3, t4)
        STORE(t5, wide, 40)
        STORE(t6, wide, 48)
        STORE(t0, wide, 56)
        STORE(t1, wide, 64)
        STORE(t2, wide, 72)
        STORE(t3, wide, 80)
        STORE(t4, wide, 88)
        : WINDOW_6
        : [wide] "r"(wide), [a] "r"(a), [b] "r"(b)
        : "cc", "memory");
}

void montgomery_reduce_6_adx(const struct prime_field *f, uint64_t *out,
                             const uint64_t *wide)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, lo, hi, rdx, u5;
    __asm__ volatile(
        LOAD(wide, 0, t0)
        LOAD(wide, 8, t1)
        LOAD(wide, 16, t2)
        LOAD(wide, 24, t3)
        LOAD(wide, 32, t4)
        LOAD(wide, 40, t5)
        CLEAR_6(END_FRESH, t0, t1, t2, t3, t4, t5, t6)
        CLEAR_6(END_FRESH, t1, t2, t3, t4, t5, t6, t0)
        CLEAR_6(END_FRESH, t2, t3, t4, t5, t6, t0, t1)
        CLEAR_6(END_FRESH, t3, t4, t5, t6, t0, t1, t2)
        CLEAR_6(END_FRESH, t4, t5, t6, t0, t1, t2, t3)
        CLEAR_6(END_FRESH, t5, t6, t0, t1, t2, t3, t4)
        WITH(addq, wide, 48, t6)
        WITH(adcq, wide, 56, t0)
        WITH(adcq, wide, 64, t1)
        WITH(adcq, wide, 72, t2)
        WITH(adcq, wide, 80, t3)
        WITH(adcq, wide, 88, t4)
        REDUCE_6(t6, t0, t1, t2, t3, t4,
                 t5, lo, hi, rdx, wide, u5)
        : WINDOW_6, [wide] "+&r"(wide), [u5] "=&r"(u5)
        : [p] "r"(f->p), [inverse] "m"(f->negative_inverse)
        : "cc", "memory");
    out[0] = t6;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
    out[4] = t3;
    out[5] = t4;
}
/* clang-format on */
#endif
