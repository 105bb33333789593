/* Division is Knuth's algorithm D on 64-bit limbs, with each digit estimated
 * from the divisor's top two limbs and their reciprocal, after Moller and
 * Granlund, "Improved division by invariant integers" (2011): an estimate
 * costs three multiplications and is hardly ever one too great. */
#include "base/u256.h"

#include "base/assert.h"

bool u256_mul_overflow(u256 *out, u256 a, u256 b)
{
    bool overflow = u256_bits(a) + u256_bits(b) > 257;
    if (!overflow && u256_bits(a) + u256_bits(b) == 257)
        overflow = u256_less(u256_div(U256_MAX, a), b);
    *out = u256_mul(a, b);
    return overflow;
}

u256 u256_sar(u256 a, uint64_t shift)
{
    if (!u256_is_negative(a))
        return u256_shr(a, shift);
    if (shift >= 256)
        return U256_MAX;
    return u256_not(u256_shr(u256_not(a), shift));
}

u256 u256_sign_extend(u256 a, uint64_t index)
{
    if (index >= 31)
        return a;
    unsigned limb = (unsigned)index / 8;
    unsigned up = 56 - 8 * ((unsigned)index % 8);
    int64_t low = (int64_t)(a.limb[limb] << up) >> up;
    a.limb[limb] = (uint64_t)low;
    for (unsigned i = limb + 1; i < 4; i++)
        a.limb[i] = (uint64_t)(low >> 63);
    return a;
}

/* Limbs of a product of two numbers. */
#define WIDE_LIMBS 8

/* Two limbs. u128 would do, but GCC keeps its halves in fixed pairs of
 * registers and spills them all the time. */
struct pair {
    uint64_t high, low;
};

static ALWAYS_INLINE struct pair pair_product(uint64_t a, uint64_t b)
{
    u128 product = (u128)a * b;
    return (struct pair){(uint64_t)(product >> 64), (uint64_t)product};
}

static ALWAYS_INLINE struct pair pair_add(struct pair a, struct pair b)
{
#if LOFT_X86_64
    __asm__("addq %[bl], %[al]\n\tadcq %[bh], %[ah]"
            : [ah] "+r"(a.high), [al] "+&r"(a.low)
            : [bh] "r"(b.high), [bl] "r"(b.low)
            : "cc");
    return a;
#else
    uint64_t low = a.low + b.low;
    return (struct pair){a.high + b.high + (low < a.low), low};
#endif
}

/* *out = a - b; true: b is greater. */
static ALWAYS_INLINE bool pair_sub(struct pair *out, struct pair a,
                                   struct pair b)
{
    bool borrow;
#if LOFT_X86_64
    __asm__("subq %[bl], %[al]\n\tsbbq %[bh], %[ah]"
            : [ah] "+r"(a.high), [al] "+&r"(a.low), "=@ccc"(borrow)
            : [bh] "r"(b.high), [bl] "r"(b.low));
    *out = a;
#else
    borrow = a.high < b.high || (a.high == b.high && a.low < b.low);
    *out = (struct pair){a.high - b.high - (a.low < b.low), a.low - b.low};
#endif
    return borrow;
}

/* floor((2^128 - 1) / d) - 2^64 for a d with its top bit set. */
static ALWAYS_INLINE uint64_t reciprocal_of_limb(uint64_t d)
{
#if LOFT_X86_64
    /* The quotient fits a limb, which the compiler cannot know. */
    uint64_t quotient, rest = ~d;
    __asm__("divq %[d]"
            : "=a"(quotient), "+d"(rest)
            : [d] "r"(d), "a"(UINT64_MAX)
            : "cc");
    return quotient;
#else
    return (uint64_t)((((u128)~d << 64) | UINT64_MAX) / d);
#endif
}

/* floor((2^192 - 1) / d) - 2^64 for a d with its top bit set (algorithm 6 of
 * the paper). */
static ALWAYS_INLINE uint64_t reciprocal_of_pair(struct pair d)
{
    uint64_t v = reciprocal_of_limb(d.high);
    uint64_t p = d.high * v + d.low;
    if (p < d.low) {
        v--;
        if (p >= d.high) {
            v--;
            p -= d.high;
        }
        p -= d.high;
    }
    struct pair t = pair_product(v, d.low);
    p += t.high;
    if (p < t.high) {
        v--;
        if (p > d.high || (p == d.high && t.low >= d.low))
            v--;
    }
    return v;
}

/* Divides (high, low) by d, whose reciprocal v is; high < d (algorithm 4). */
static ALWAYS_INLINE uint64_t divide_2by1(uint64_t *remainder, uint64_t high,
                                          uint64_t low, uint64_t d, uint64_t v)
{
    u128 q = (u128)v * high + (((u128)high << 64) | low);
    uint64_t digit = (uint64_t)(q >> 64) + 1;
    uint64_t r = low - digit * d;
    if (r > (uint64_t)q) {
        digit--;
        r += d;
    }
    if (UNLIKELY(r >= d)) {
        digit++;
        r -= d;
    }
    *remainder = r;
    return digit;
}

/* Divides (u.high, u.low, u0) by d, whose reciprocal v is; u < d (algorithm
 * 5). */
static ALWAYS_INLINE uint64_t divide_3by2(struct pair *remainder, struct pair u,
                                          uint64_t u0, struct pair d,
                                          uint64_t v)
{
    struct pair q = pair_add(pair_product(v, u.high), u);
    uint64_t digit = q.high;
    struct pair r = {u.low - digit * d.high, u0};
    pair_sub(&r, r, pair_product(digit, d.low));
    pair_sub(&r, r, d);
    digit++;
    if (r.high >= q.low) {
        digit--;
        r = pair_add(r, d);
    }
    struct pair less;
    if (UNLIKELY(r.high >= d.high) && !pair_sub(&less, r, d)) {
        digit++;
        r = less;
    }
    *remainder = r;
    return digit;
}

/* *a -= digit * d + carry; returns what is to be taken from the next limb. */
static ALWAYS_INLINE uint64_t subtract_product(uint64_t *a, uint64_t digit,
                                               uint64_t d, uint64_t carry)
{
#if LOFT_X86_64
    uint64_t high;
    __asm__("mulq %[d]\n\t"
            "addq %[carry], %%rax\n\t"
            "adcq $0, %%rdx\n\t"
            "subq %%rax, %[a]\n\t"
            "adcq $0, %%rdx"
            : [a] "+m"(*a), "=&d"(high), "+&a"(digit)
            : [d] "rm"(d), [carry] "r"(carry)
            : "cc");
    return high;
#else
    u128 product = (u128)digit * d + carry;
    carry = (uint64_t)(product >> 64) + (*a < (uint64_t)product);
    *a -= (uint64_t)product;
    return carry;
#endif
}

/* a[0..n-1] -= digit * d[0..n-1]; returns what is to be taken from a[n]. */
static ALWAYS_INLINE uint64_t subtract_multiple(uint64_t *a, const uint64_t *d,
                                                int n, uint64_t digit)
{
    uint64_t carry = 0;
    UNROLL
    for (int i = 0; i < n; i++)
        carry = subtract_product(a + i, digit, d[i], carry);
    return carry;
}

static ALWAYS_INLINE void add_back(uint64_t *a, const uint64_t *d, int n)
{
    u128 sum = 0;
    UNROLL
    for (int i = 0; i < n; i++) {
        sum += (u128)a[i] + d[i];
        a[i] = (uint64_t)sum;
        sum >>= 64;
    }
}

/* One digit of the quotient: a[0..n] -= digit * d[0..n-1]. The invariant is
 * a[1..n] < d, so that the digit fits a limb; top is d's top pair. */
static ALWAYS_INLINE uint64_t quotient_digit(uint64_t *a, const uint64_t *d,
                                             int n, struct pair top, uint64_t v)
{
    struct pair high = {a[n], a[n - 1]}, rest;
    if (UNLIKELY(high.high == top.high && high.low == top.low)) {
        /* The estimate would be 2^64, and by the invariant one less is
         * right. */
        subtract_multiple(a, d, n, UINT64_MAX);
        return UINT64_MAX;
    }
    uint64_t digit = divide_3by2(&rest, high, a[n - 2], top, v);
    struct pair borrow = {0, subtract_multiple(a, d, n - 2, digit)};
    bool negative = pair_sub(&rest, rest, borrow);
    a[n - 2] = rest.low;
    a[n - 1] = rest.high;
    if (UNLIKELY(negative)) {
        digit--;
        add_back(a, d, n);
    }
    return digit;
}

/* The high limb of (high, low) << shift, shift < 64. */
static ALWAYS_INLINE uint64_t funnel_up(uint64_t high, uint64_t low,
                                        unsigned shift)
{
#if LOFT_X86_64
    __asm__("shldq %b[shift], %[low], %[high]"
            : [high] "+r"(high)
            : [low] "r"(low), [shift] "c"(shift)
            : "cc");
    return high;
#else
    return high << shift | low >> 1 >> (63 - shift);
#endif
}

/* out[0..len] = a[0..len-1] << up, up < 64. */
static ALWAYS_INLINE void shift_up(uint64_t *out, const uint64_t *a, int len,
                                   unsigned up)
{
    out[len] = funnel_up(0, a[len - 1], up);
    UNROLL
    for (int i = len - 1; i > 0; i--)
        out[i] = funnel_up(a[i], a[i - 1], up);
    out[0] = a[0] << up;
}

/* Divides a of a_len limbs by d of n >= 2 limbs, n <= a_len <= WIDE_LIMBS, the
 * top limb of d not zero. The quotient has a_len - n + 1 limbs; the remainder
 * is left in rest[0..n-1]. */
static ALWAYS_INLINE void divide_by_limbs(uint64_t *quotient, uint64_t *rest,
                                          const uint64_t *a, int a_len,
                                          const uint64_t *d, int n)
{
    uint64_t num[WIDE_LIMBS + 1], den[5];
    unsigned up = (unsigned)__builtin_clzll(d[n - 1]);
    shift_up(num, a, a_len, up);
    shift_up(den, d, n, up);
    struct pair top = {den[n - 1], den[n - 2]};
    uint64_t v = reciprocal_of_pair(top);
    int i = a_len - n;
    for (; i >= 0 && num[i + n] == 0 && num[i + n - 1] < top.high; i--)
        quotient[i] = 0;
    for (; i >= 0; i--)
        quotient[i] = quotient_digit(num + i, den, n, top, v);
    num[n] = 0;
    UNROLL
    for (i = 0; i < n; i++)
        rest[i] = u256_funnel(num[i + 1], num[i], up);
}

static ALWAYS_INLINE uint64_t divide_by_limb(uint64_t *quotient,
                                             const uint64_t *a, int a_len,
                                             uint64_t d)
{
    uint64_t num[WIDE_LIMBS + 1];
    unsigned up = (unsigned)__builtin_clzll(d);
    uint64_t divisor = d << up, v = reciprocal_of_limb(divisor);
    shift_up(num, a, a_len, up);
    uint64_t rest = num[a_len];
    int i = a_len - 1;
    for (; i > 0 && rest == 0 && num[i] == 0; i--)
        quotient[i] = 0;
    for (; i >= 0; i--)
        quotient[i] = divide_2by1(&rest, rest, num[i], divisor, v);
    return rest >> up;
}

/* Divides by d of n limbs, n from 1 to 4. Each length has its own code, with
 * loops of known counts. */
static ALWAYS_INLINE void divide_limbs(uint64_t *quotient, uint64_t *rest,
                                       const uint64_t *a, int a_len,
                                       const uint64_t *d, int n)
{
    if (n == 4)
        divide_by_limbs(quotient, rest, a, a_len, d, 4);
    else if (n == 3)
        divide_by_limbs(quotient, rest, a, a_len, d, 3);
    else if (n == 2)
        divide_by_limbs(quotient, rest, a, a_len, d, 2);
    else
        rest[0] = divide_by_limb(quotient, a, a_len, d[0]);
}

static ALWAYS_INLINE int limbs_in_use(u256 a)
{
    return a.limb[3] ? 4 : a.limb[2] ? 3 : a.limb[1] ? 2 : a.limb[0] ? 1 : 0;
}

static bool is_power_of_two(u256 a)
{
    u256 others = u256_and(a, u256_sub(a, U256_ONE));
    return u256_is_zero(others) && !u256_is_zero(a);
}

struct u256_quotient u256_divide(u256 a, u256 b)
{
    struct u256_quotient out = {U256_ZERO, U256_ZERO};
    int n = limbs_in_use(b);
    if (n == 0)
        return out;
    if (u256_less(a, b))
        out.remainder = a;
    else
        divide_limbs(out.quotient.limb, out.remainder.limb, a.limb, 4, b.limb,
                     n);
    return out;
}

u256 u256_div(u256 a, u256 b)
{
    /* Compilers took a field out of a word this way before EIP-145's shifts. */
    if (is_power_of_two(b))
        return u256_shr(a, u256_bits(b) - 1);
    return u256_divide(a, b).quotient;
}

u256 u256_mod(u256 a, u256 b)
{
    return u256_divide(a, b).remainder;
}

static u256 magnitude(u256 a)
{
    return u256_is_negative(a) ? u256_negate(a) : a;
}

u256 u256_signed_div(u256 a, u256 b)
{
    u256 quotient = u256_div(magnitude(a), magnitude(b));
    bool negative = u256_is_negative(a) != u256_is_negative(b);
    return negative ? u256_negate(quotient) : quotient;
}

u256 u256_signed_mod(u256 a, u256 b)
{
    u256 remainder = u256_mod(magnitude(a), magnitude(b));
    return u256_is_negative(a) ? u256_negate(remainder) : remainder;
}

static u256 reduce(const uint64_t a[WIDE_LIMBS], u256 modulus)
{
    uint64_t quotient[WIDE_LIMBS];
    u256 rest = U256_ZERO;
    int n = limbs_in_use(modulus);
    if (n > 0)
        divide_limbs(quotient, rest.limb, a, WIDE_LIMBS, modulus.limb, n);
    return rest;
}

u256 u256_addmod(u256 a, u256 b, u256 modulus)
{
    /* Both below the modulus, as in nearly every use: one subtraction. */
    if (modulus.limb[3] && u256_less(a, modulus) && u256_less(b, modulus)) {
        u256 sum, less;
        bool carry = u256_add_overflow(&sum, a, b);
        bool borrow = u256_sub_overflow(&less, sum, modulus);
        return carry || !borrow ? less : sum;
    }
    u256 sum;
    uint64_t wide[WIDE_LIMBS] = {0};
    wide[4] = u256_add_overflow(&sum, a, b);
    memcpy(wide, sum.limb, sizeof sum.limb);
    return reduce(wide, modulus);
}

/* (sum[2], sum[1], sum[0]) += a * b. */
static ALWAYS_INLINE void add_product(uint64_t sum[3], uint64_t a, uint64_t b)
{
#if LOFT_X86_64
    uint64_t ignored;
    __asm__("mulq %[b]\n\t"
            "addq %%rax, %[sum0]\n\t"
            "adcq %%rdx, %[sum1]\n\t"
            "adcq $0, %[sum2]"
            : [sum0] "+r"(sum[0]), [sum1] "+r"(sum[1]), [sum2] "+r"(sum[2]),
              "+a"(a), "=&d"(ignored)
            : [b] "rm"(b)
            : "cc");
#else
    u128 product = (u128)a * b, low = (u128)sum[0] + (uint64_t)product;
    u128 high = (u128)sum[1] + (uint64_t)(product >> 64) + (low >> 64);
    sum[0] = (uint64_t)low;
    sum[1] = (uint64_t)high;
    sum[2] += (uint64_t)(high >> 64);
#endif
}

/* The product's limbs from the lowest up, each the sum of its column. */
static ALWAYS_INLINE void multiply(uint64_t out[WIDE_LIMBS], u256 a, u256 b)
{
    uint64_t sum[3] = {0};
    UNROLL
    for (int column = 0; column < 7; column++) {
        UNROLL
        for (int i = 0; i < 4; i++)
            if (column >= i && column - i < 4)
                add_product(sum, a.limb[i], b.limb[column - i]);
        out[column] = sum[0];
        sum[0] = sum[1];
        sum[1] = sum[2];
        sum[2] = 0;
    }
    out[7] = sum[0];
}

u256 u256_mulmod(u256 a, u256 b, u256 modulus)
{
    uint64_t wide[WIDE_LIMBS];
    multiply(wide, a, b);
    return reduce(wide, modulus);
}

u256 u256_exp(u256 base, u256 exponent)
{
    if (u256_equal(base, u256_from(2)))
        return u256_shl(U256_ONE, u256_clamp_u64(exponent));
    u256 result = U256_ONE;
    unsigned bits = u256_bits(exponent);
    for (unsigned i = 0; i < bits; i++) {
        if (exponent.limb[i / 64] >> (i % 64) & 1)
            result = u256_mul(result, base);
        base = u256_mul(base, base);
    }
    return result;
}

size_t u256_decimal(char out[U256_DECIMAL_MAX], u256 value)
{
    char digits[U256_DECIMAL_MAX];
    size_t len = 0;
    do {
        uint64_t rest = divide_by_limb(value.limb, value.limb, 4,
                                       10000000000000000000u);
        bool last = u256_is_zero(value);
        for (int i = 0; i < 19 && (rest || !last || i == 0); i++) {
            digits[len++] = (char)('0' + rest % 10);
            rest /= 10;
        }
    } while (!u256_is_zero(value));
    for (size_t i = 0; i < len; i++)
        out[i] = digits[len - 1 - i];
    out[len] = 0;
    return len;
}

bool u256_read_decimal(u256 *out, bytes text)
{
    u256 value = U256_ZERO;
    if (text.len == 0 || text.len > 78)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = text.at[i] - (unsigned)'0';
        u256 tenfold;
        if (digit > 9 || u256_mul_overflow(&tenfold, value, u256_from(10)) ||
            u256_add_overflow(&value, tenfold, u256_from(digit)))
            return false;
    }
    *out = value;
    return true;
}
