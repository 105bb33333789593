/* Division is Knuth's algorithm D on 64-bit limbs, with the quotient digits
 * estimated from the reciprocal of Moller and Granlund, "Improved division by
 * invariant integers" (2011): one multiplication a digit and no division
 * instruction but the one that makes the reciprocal. */
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

/* floor((2^128 - 1) / d) - 2^64 for a d with its top bit set. */
static uint64_t reciprocal_of(uint64_t d)
{
    return (uint64_t)((((u128)~d << 64) | UINT64_MAX) / d);
}

/* Divides (high, low) by d, whose reciprocal v is; high < d. */
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

static uint64_t divide_by_limb(uint64_t *quotient, const uint64_t *a, int len,
                               uint64_t d)
{
    if (d == 0)
        return 0;
    unsigned up = (unsigned)__builtin_clzll(d);
    uint64_t divisor = d << up, v = reciprocal_of(divisor);
    uint64_t rest = up ? a[len - 1] >> (64 - up) : 0;
    for (int i = len - 1; i >= 0; i--) {
        uint64_t low = a[i] << up;
        if (up && i > 0)
            low |= a[i - 1] >> (64 - up);
        quotient[i] = divide_2by1(&rest, rest, low, divisor, v);
    }
    return rest >> up;
}

/* One digit of the quotient: a[0..n] -= digit * d[0..n-1]. The invariant is
 * that a's top n limbs are less than d. */
static uint64_t quotient_digit(uint64_t *a, const uint64_t *d, int n,
                               uint64_t v)
{
    uint64_t digit = UINT64_MAX;
    if (a[n] != d[n - 1]) {
        uint64_t rest;
        digit = divide_2by1(&rest, a[n], a[n - 1], d[n - 1], v);
        while ((u128)digit * d[n - 2] > (((u128)rest << 64) | a[n - 2])) {
            digit--;
            rest += d[n - 1];
            if (rest < d[n - 1])
                break;
        }
    }
    uint64_t borrow = 0, carry = 0;
    for (int i = 0; i < n; i++) {
        u128 product = (u128)digit * d[i] + carry;
        carry = (uint64_t)(product >> 64);
        u128 diff = (u128)a[i] - (uint64_t)product - borrow;
        a[i] = (uint64_t)diff;
        borrow = (uint64_t)(diff >> 64) & 1;
    }
    u128 top = (u128)a[n] - carry - borrow;
    a[n] = (uint64_t)top;
    if (UNLIKELY((uint64_t)(top >> 64) & 1)) { /* one too many: give it back */
        digit--;
        u128 sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (u128)a[i] + d[i];
            a[i] = (uint64_t)sum;
            sum >>= 64;
        }
        a[n] += (uint64_t)sum;
    }
    return digit;
}

/* Divides a of a_len limbs by d of n >= 2 limbs, a_len >= n, the top limb of
 * d not zero. The quotient has a_len - n + 1 limbs; the remainder is left in
 * rest[0..n-1]. */
static void divide_limbs(uint64_t *quotient, uint64_t *rest, const uint64_t *a,
                         int a_len, const uint64_t *d, int n)
{
    uint64_t num[9], den[4];
    unsigned up = (unsigned)__builtin_clzll(d[n - 1]);
    unsigned down = 64 - up;
    num[a_len] = up ? a[a_len - 1] >> down : 0;
    for (int i = a_len - 1; i > 0; i--)
        num[i] = up ? a[i] << up | a[i - 1] >> down : a[i];
    num[0] = a[0] << up;
    for (int i = n - 1; i > 0; i--)
        den[i] = up ? d[i] << up | d[i - 1] >> down : d[i];
    den[0] = d[0] << up;

    uint64_t v = reciprocal_of(den[n - 1]);
    for (int i = a_len - n; i >= 0; i--)
        quotient[i] = quotient_digit(num + i, den, n, v);
    for (int i = 0; i < n; i++)
        rest[i] = up ? num[i] >> up | num[i + 1] << down : num[i];
}

static int limbs_in_use(const uint64_t *a, int len)
{
    while (len > 0 && a[len - 1] == 0)
        len--;
    return len;
}

struct u256_quotient u256_divide(u256 a, u256 b)
{
    struct u256_quotient out = {U256_ZERO, U256_ZERO};
    int a_len = limbs_in_use(a.limb, 4), b_len = limbs_in_use(b.limb, 4);
    if (b_len == 0)
        return out;
    if (a_len < b_len) {
        out.remainder = a;
    } else if (a_len == 1) {
        out.quotient.limb[0] = a.limb[0] / b.limb[0];
        out.remainder.limb[0] = a.limb[0] % b.limb[0];
    } else if (b_len == 1) {
        out.remainder.limb[0] = divide_by_limb(out.quotient.limb, a.limb, a_len,
                                               b.limb[0]);
    } else {
        divide_limbs(out.quotient.limb, out.remainder.limb, a.limb, a_len,
                     b.limb, b_len);
    }
    return out;
}

u256 u256_div(u256 a, u256 b)
{
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

/* The remainder of a[0..len-1] by modulus, len <= 8. */
static u256 reduce(const uint64_t *a, int len, u256 modulus)
{
    uint64_t quotient[8];
    u256 rest = U256_ZERO;
    int n = limbs_in_use(modulus.limb, 4);
    len = limbs_in_use(a, len);
    if (n == 0)
        return rest;
    if (len < n)
        memcpy(rest.limb, a, (size_t)len * sizeof *a);
    else if (n == 1)
        rest.limb[0] = divide_by_limb(quotient, a, len, modulus.limb[0]);
    else
        divide_limbs(quotient, rest.limb, a, len, modulus.limb, n);
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
    uint64_t wide[5];
    wide[4] = u256_add_overflow(&sum, a, b);
    memcpy(wide, sum.limb, sizeof sum.limb);
    return reduce(wide, 5, modulus);
}

u256 u256_mulmod(u256 a, u256 b, u256 modulus)
{
    uint64_t wide[8] = {0};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            u128 t = (u128)a.limb[i] * b.limb[j] + wide[i + j] + carry;
            wide[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        wide[i + 4] = carry;
    }
    return reduce(wide, 8, modulus);
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
