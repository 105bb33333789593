/* Montgomery multiplication with MULX, which leaves the flags to additions.
 *
 * A row is x * rdx, added to a window of registers t0 ... tn: first the high
 * halves of its products to the low ones of the next, then the sums to the
 * window, each along a chain of carries of its own. Additions that take in a
 * carry are what processors have the fewest units for: the form with ADCX and
 * ADOX, in which every addition is one, is slower by an eighth. A row that
 * clears t0 moves the window up by one, so the next row names the registers
 * rotated by one and the freed t0 is its top.
 *
 * Rows of 6 limbs are done in two halves of 3: no more registers are left.
 *
 * Every register written inside is an early-clobber operand: inputs are read
 * until the last row. Limbs are reached through pointers, hence the "memory"
 * clobbers. */
#include "base/attributes.h"
#include "crypto/montgomery.h"
#include "crypto/prime_field.h"

#if LOFT_X86_64

/* The prime is what its description begins with. */
_Static_assert(offsetof(struct prime_field, p) == 0, "p is reached through f");
#define INVERSE offsetof(struct prime_field, negative_inverse)

/* clang-format off */
#define REG(name) "%[" #name "]"
#define OP(name, from, to) #name " " REG(from) ", " REG(to) "\n"
#define LOAD(x, at, to) "movq " #at "(" REG(x) "), " REG(to) "\n"
#define STORE(from, x, at) "movq " REG(from) ", " #at "(" REG(x) ")\n"
#define MULX(x, at, lo, hi) \
    "mulxq " #at "(" REG(x) "), " REG(lo) ", " REG(hi) "\n"

/* t0 ... = x * rdx, all registers fresh. */
#define PRODUCT_4(x, t0, t1, t2, t3, t4) \
    MULX(x, 0, t0, h) \
    MULX(x, 8, t1, t4) OP(addq, h, t1) \
    MULX(x, 16, t2, h) OP(adcq, t4, t2) \
    MULX(x, 24, t3, t4) OP(adcq, h, t3) \
    "adcq $0, " REG(t4) "\n"
#define PRODUCT_6(x, t0, t1, t2, t3, t4, t5, t6) \
    MULX(x, 0, t0, h) \
    MULX(x, 8, t1, t6) OP(addq, h, t1) \
    MULX(x, 16, t2, h) OP(adcq, t6, t2) \
    MULX(x, 24, t3, t6) OP(adcq, h, t3) \
    MULX(x, 32, t4, h) OP(adcq, t6, t4) \
    MULX(x, 40, t5, t6) OP(adcq, h, t5) \
    "adcq $0, " REG(t6) "\n"

/* Three limbs of x * rdx in u0 ... u2 and h, g spare; the upper three with h
 * added, in u0 ... u2 and top. */
#define LOWER_3(x, g) \
    MULX(x, 0, u0, h) \
    MULX(x, 8, u1, g) OP(addq, h, u1) \
    MULX(x, 16, u2, h) OP(adcq, g, u2) \
    "adcq $0, " REG(h) "\n"
#define UPPER_3(x, top) \
    MULX(x, 24, u0, top) OP(addq, h, u0) \
    MULX(x, 32, u1, h) OP(adcq, top, u1) \
    MULX(x, 40, u2, top) OP(adcq, h, u2) \
    "adcq $0, " REG(top) "\n"

/* t0 ... += x * rdx, the top register fresh. */
#define NEXT_4(x, t0, t1, t2, t3, t4) \
    PRODUCT_4(x, u0, u1, u2, u3, t4) \
    OP(addq, u0, t0) OP(adcq, u1, t1) OP(adcq, u2, t2) OP(adcq, u3, t3) \
    "adcq $0, " REG(t4) "\n"
#define NEXT_6(x, t0, t1, t2, t3, t4, t5, t6) \
    LOWER_3(x, t6) \
    OP(addq, u0, t0) OP(adcq, u1, t1) OP(adcq, u2, t2) \
    "adcq $0, " REG(h) "\n" \
    UPPER_3(x, t6) \
    OP(addq, u0, t3) OP(adcq, u1, t4) OP(adcq, u2, t5) \
    "adcq $0, " REG(t6) "\n"

/* rdx = t0 * -1/p: so many times p make t0 zero. */
#define FACTOR(t0) \
    "movq " REG(t0) ", %[rdx]\n" \
    "imulq %c[inverse](%[p]), %[rdx]\n"

/* Adds p * rdx, making t0 zero, of which only the carry counts: there is one
 * unless t0 was zero before, and that is what NEG says. */
#define CLEAR_4(t0, t1, t2, t3, t4) \
    FACTOR(t0) \
    PRODUCT_4(p, u0, u1, u2, u3, u0) \
    "negq " REG(t0) "\n" \
    OP(adcq, u1, t1) OP(adcq, u2, t2) OP(adcq, u3, t3) OP(adcq, u0, t4)
#define CLEAR_FRESH_4(t0, t1, t2, t3, t4) \
    FACTOR(t0) \
    PRODUCT_4(p, u0, u1, u2, u3, t4) \
    "negq " REG(t0) "\n" \
    OP(adcq, u1, t1) OP(adcq, u2, t2) OP(adcq, u3, t3) \
    "adcq $0, " REG(t4) "\n"
#define CLEAR_LOWER_3(t0, t1, t2) \
    FACTOR(t0) \
    LOWER_3(p, u0) \
    "negq " REG(t0) "\n" \
    OP(adcq, u1, t1) OP(adcq, u2, t2) \
    "adcq $0, " REG(h) "\n"
#define CLEAR_6(t0, t1, t2, t3, t4, t5, t6) \
    CLEAR_LOWER_3(t0, t1, t2) \
    UPPER_3(p, t0) \
    OP(addq, u0, t3) OP(adcq, u1, t4) OP(adcq, u2, t5) OP(adcq, t0, t6)
#define CLEAR_FRESH_6(t0, t1, t2, t3, t4, t5, t6) \
    CLEAR_LOWER_3(t0, t1, t2) \
    UPPER_3(p, t6) \
    OP(addq, u0, t3) OP(adcq, u1, t4) OP(adcq, u2, t5) \
    "adcq $0, " REG(t6) "\n"

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
    [t4] "=&r"(t4), [u0] "=&r"(u0), [u1] "=&r"(u1), [u2] "=&r"(u2), \
    [u3] "=&r"(u3), [h] "=&r"(h), [rdx] "=&d"(rdx)

void montgomery_mul_4_mulx(const struct prime_field *f, uint64_t *out,
                           const uint64_t *a, const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, u0, u1, u2, u3, h, rdx;
    __asm__ volatile(
        LOAD(b, 0, rdx)
        PRODUCT_4(a, t0, t1, t2, t3, t4)
        CLEAR_4(t0, t1, t2, t3, t4)
        LOAD(b, 8, rdx)
        NEXT_4(a, t1, t2, t3, t4, t0)
        CLEAR_4(t1, t2, t3, t4, t0)
        LOAD(b, 16, rdx)
        NEXT_4(a, t2, t3, t4, t0, t1)
        CLEAR_4(t2, t3, t4, t0, t1)
        LOAD(b, 24, rdx)
        NEXT_4(a, t3, t4, t0, t1, t2)
        CLEAR_4(t3, t4, t0, t1, t2)
        REDUCE_4(t4, t0, t1, t2, u0, u1, u2, u3)
        : WINDOW_4
        : [a] "r"(a), [b] "r"(b), [p] "r"(f), [inverse] "i"(INVERSE)
        : "cc", "memory");
    out[0] = t4;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
}

void montgomery_wide_4_mulx(uint64_t *wide, const uint64_t *a,
                            const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, u0, u1, u2, u3, h, rdx;
    __asm__ volatile(
        LOAD(b, 0, rdx)
        PRODUCT_4(a, t0, t1, t2, t3, t4)
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

void montgomery_reduce_4_mulx(const struct prime_field *f, uint64_t *out,
                              const uint64_t *wide)
{
    uint64_t t0, t1, t2, t3, t4, u0, u1, u2, u3, h, rdx;
    __asm__ volatile(
        LOAD(wide, 0, t0)
        LOAD(wide, 8, t1)
        LOAD(wide, 16, t2)
        LOAD(wide, 24, t3)
        CLEAR_FRESH_4(t0, t1, t2, t3, t4)
        CLEAR_FRESH_4(t1, t2, t3, t4, t0)
        CLEAR_FRESH_4(t2, t3, t4, t0, t1)
        CLEAR_FRESH_4(t3, t4, t0, t1, t2)
        WITH(addq, wide, 32, t4)
        WITH(adcq, wide, 40, t0)
        WITH(adcq, wide, 48, t1)
        WITH(adcq, wide, 56, t2)
        REDUCE_4(t4, t0, t1, t2, u0, u1, u2, u3)
        : WINDOW_4
        : [wide] "r"(wide), [p] "r"(f), [inverse] "i"(INVERSE)
        : "cc", "memory");
    out[0] = t4;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
}

#define WINDOW_6 \
    [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), \
    [t4] "=&r"(t4), [t5] "=&r"(t5), [t6] "=&r"(t6), [u0] "=&r"(u0), \
    [u1] "=&r"(u1), [u2] "=&r"(u2), [h] "=&r"(h), [rdx] "=&d"(rdx)

/* For want of registers, b itself is fetched from memory, and the address
 * sanitizer, which would take one for its frame, is kept out. */
#define LOAD_B(at) "movq %[b], %[rdx]\n" LOAD(rdx, at, rdx)
#define ALL_REGISTERS __attribute__((no_sanitize("address")))

ALL_REGISTERS
void montgomery_mul_6_mulx(const struct prime_field *f, uint64_t *out,
                           const uint64_t *a, const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, u0, u1, u2, h, rdx;
    __asm__ volatile(
        LOAD_B(0)
        PRODUCT_6(a, t0, t1, t2, t3, t4, t5, t6)
        CLEAR_6(t0, t1, t2, t3, t4, t5, t6)
        LOAD_B(8)
        NEXT_6(a, t1, t2, t3, t4, t5, t6, t0)
        CLEAR_6(t1, t2, t3, t4, t5, t6, t0)
        LOAD_B(16)
        NEXT_6(a, t2, t3, t4, t5, t6, t0, t1)
        CLEAR_6(t2, t3, t4, t5, t6, t0, t1)
        LOAD_B(24)
        NEXT_6(a, t3, t4, t5, t6, t0, t1, t2)
        CLEAR_6(t3, t4, t5, t6, t0, t1, t2)
        LOAD_B(32)
        NEXT_6(a, t4, t5, t6, t0, t1, t2, t3)
        CLEAR_6(t4, t5, t6, t0, t1, t2, t3)
        LOAD_B(40)
        NEXT_6(a, t5, t6, t0, t1, t2, t3, t4)
        CLEAR_6(t5, t6, t0, t1, t2, t3, t4)
        REDUCE_6(t6, t0, t1, t2, t3, t4,
                 t5, u0, u1, u2, h, rdx)
        : WINDOW_6
        : [a] "r"(a), [b] "m"(b), [p] "r"(f), [inverse] "i"(INVERSE)
        : "cc", "memory");
    out[0] = t6;
    out[1] = t0;
    out[2] = t1;
    out[3] = t2;
    out[4] = t3;
    out[5] = t4;
}

ALL_REGISTERS
void montgomery_wide_6_mulx(uint64_t *wide, const uint64_t *a,
                            const uint64_t *b)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, u0, u1, u2, h, rdx;
    __asm__ volatile(
        LOAD_B(0)
        PRODUCT_6(a, t0, t1, t2, t3, t4, t5, t6)
        STORE(t0, wide, 0)
        LOAD_B(8)
        NEXT_6(a, t1, t2, t3, t4, t5, t6, t0)
        STORE(t1, wide, 8)
        LOAD_B(16)
        NEXT_6(a, t2, t3, t4, t5, t6, t0, t1)
        STORE(t2, wide, 16)
        LOAD_B(24)
        NEXT_6(a, t3, t4, t5, t6, t0, t1, t2)
        STORE(t3, wide, 24)
        LOAD_B(32)
        NEXT_6(a, t4, t5, t6, t0, t1, t2, t3)
        STORE(t4, wide, 32)
        LOAD_B(40)
        NEXT_6(a, t5, t6, t0, t1, t2, t3, t4)
        STORE(t5, wide, 40)
        STORE(t6, wide, 48)
        STORE(t0, wide, 56)
        STORE(t1, wide, 64)
        STORE(t2, wide, 72)
        STORE(t3, wide, 80)
        STORE(t4, wide, 88)
        : WINDOW_6
        : [wide] "r"(wide), [a] "r"(a), [b] "m"(b)
        : "cc", "memory");
}

void montgomery_reduce_6_mulx(const struct prime_field *f, uint64_t *out,
                              const uint64_t *wide)
{
    uint64_t t0, t1, t2, t3, t4, t5, t6, u0, u1, u2, h, rdx;
    __asm__ volatile(
        LOAD(wide, 0, t0)
        LOAD(wide, 8, t1)
        LOAD(wide, 16, t2)
        LOAD(wide, 24, t3)
        LOAD(wide, 32, t4)
        LOAD(wide, 40, t5)
        CLEAR_FRESH_6(t0, t1, t2, t3, t4, t5, t6)
        CLEAR_FRESH_6(t1, t2, t3, t4, t5, t6, t0)
        CLEAR_FRESH_6(t2, t3, t4, t5, t6, t0, t1)
        CLEAR_FRESH_6(t3, t4, t5, t6, t0, t1, t2)
        CLEAR_FRESH_6(t4, t5, t6, t0, t1, t2, t3)
        CLEAR_FRESH_6(t5, t6, t0, t1, t2, t3, t4)
        WITH(addq, wide, 48, t6)
        WITH(adcq, wide, 56, t0)
        WITH(adcq, wide, 64, t1)
        WITH(adcq, wide, 72, t2)
        WITH(adcq, wide, 80, t3)
        WITH(adcq, wide, 88, t4)
        REDUCE_6(t6, t0, t1, t2, t3, t4,
                 t5, u0, u1, u2, h, rdx)
        : WINDOW_6
        : [wide] "r"(wide), [p] "r"(f), [inverse] "i"(INVERSE)
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
