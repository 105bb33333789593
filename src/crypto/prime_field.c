#include "crypto/prime_field.h"

#include "base/assert.h"
#include "base/cpu.h"
#include "crypto/modular_inverse.h"
#include "crypto/montgomery.h"

/* What follows works on limbs of either width, as the field says; the
 * functions of prime_field.h are its two instances at the end. */

bool montgomery_use_mulx;

__attribute__((constructor)) static void look(void)
{
    montgomery_use_mulx = cpu_features()->bmi2;
}

#if LOFT_X86_64
#define FASTEST(name) (montgomery_use_mulx ? name##_mulx : name##_portable)
#else
#define FASTEST(name) (name##_portable)
#endif

static void mul(const struct prime_field *f, uint64_t *out, const uint64_t *a,
                const uint64_t *b)
{
    if (f->limbs == 4)
        FASTEST(montgomery_mul_4)(f, out, a, b);
    else
        FASTEST(montgomery_mul_6)(f, out, a, b);
}

/* An odd number is halved after adding p, which has a bit to spare. */
static ALWAYS_INLINE void halve(const struct prime_field *f, uint64_t *out,
                                const uint64_t *a, unsigned n)
{
    uint64_t raised[LIMBS_MAX], even[LIMBS_MAX];
    limbs_add(raised, a, f->p, n);
    limbs_select(even, 0 - (a[0] & 1), raised, a, n);
    for (unsigned i = 0; i < n - 1; i++)
        out[i] = even[i] >> 1 | even[i + 1] << 63;
    out[n - 1] = even[n - 1] >> 1;
}

static void copy(const struct prime_field *f, uint64_t *out, const uint64_t *a)
{
    memcpy(out, a, f->limbs * sizeof *out);
}

#define POW_WINDOW 4

static unsigned window_at(const uint64_t *exponent, size_t i)
{
    return exponent[i / 16] >> POW_WINDOW * (i % 16) & 15;
}

static void power(const struct prime_field *f, uint64_t *out, const uint64_t *a,
                  const uint64_t *exponent, size_t limbs)
{
    uint64_t table[1 << POW_WINDOW][LIMBS_MAX], acc[LIMBS_MAX];
    copy(f, table[0], f->one);
    for (unsigned i = 1; i < ARRAY_LEN(table); i++)
        mul(f, table[i], table[i - 1], a);
    copy(f, acc, f->one);
    size_t i = 64 / POW_WINDOW * limbs;
    while (i > 0 && window_at(exponent, i - 1) == 0)
        i--;
    while (i-- > 0) {
        for (unsigned j = 0; j < POW_WINDOW; j++)
            mul(f, acc, acc, acc);
        unsigned digit = window_at(exponent, i);
        if (digit)
            mul(f, acc, acc, table[digit]);
    }
    copy(f, out, acc);
}

static void shift_right(const struct prime_field *f, uint64_t *out, unsigned by)
{
    for (unsigned i = 0; i < f->limbs; i++) {
        uint64_t above = i + 1 < f->limbs ? f->p[i + 1] : 0;
        out[i] = f->p[i] >> by | above << (64 - by);
    }
}

static bool equal(const struct prime_field *f, const uint64_t *a,
                  const uint64_t *b)
{
    return limbs_difference(a, b, f->limbs) == 0;
}

/* a ^ ((p + 1) / 4) squares to a ^ ((p - 1) / 2) * a. */
static bool square_root(const struct prime_field *f, uint64_t *out,
                        const uint64_t *a)
{
    ASSERT((f->p[0] & 3) == 3);
    uint64_t exponent[LIMBS_MAX], root[LIMBS_MAX], square[LIMBS_MAX];
    shift_right(f, exponent, 2);
    limbs_add(exponent, exponent, (const uint64_t[LIMBS_MAX]){1}, f->limbs);
    power(f, root, a, exponent, f->limbs);
    mul(f, square, root, root);
    bool is_root = equal(f, square, a);
    copy(f, out, root);
    return is_root;
}

static int legendre(const struct prime_field *f, const uint64_t *a)
{
    static const uint64_t zero[LIMBS_MAX];
    uint64_t exponent[LIMBS_MAX], symbol[LIMBS_MAX];
    shift_right(f, exponent, 1);
    power(f, symbol, a, exponent, f->limbs);
    return 2 * equal(f, symbol, f->one) + equal(f, symbol, zero) - 1;
}

static bool from_bytes(const struct prime_field *f, uint64_t *out,
                       const uint8_t *in)
{
    uint64_t value[LIMBS_MAX], unused[LIMBS_MAX];
    for (unsigned i = 0; i < f->limbs; i++)
        value[i] = load_be64(in + 8 * (f->limbs - 1 - i));
    uint64_t below = limbs_sub(unused, value, f->p, f->limbs);
    for (unsigned i = 0; i < f->limbs; i++)
        value[i] &= 0 - below;
    mul(f, out, value, f->r_squared);
    return below;
}

static void from_u64(const struct prime_field *f, uint64_t *out, uint64_t value)
{
    uint64_t limbs[LIMBS_MAX] = {value};
    mul(f, out, limbs, f->r_squared);
}

static void to_limbs(const struct prime_field *f, uint64_t *out,
                     const uint64_t *a)
{
    static const uint64_t one[LIMBS_MAX] = {1};
    mul(f, out, a, one);
}

static void to_bytes(const struct prime_field *f, uint8_t *out,
                     const uint64_t *a)
{
    uint64_t value[LIMBS_MAX];
    to_limbs(f, value, a);
    for (unsigned i = 0; i < f->limbs; i++)
        store_be64(out + 8 * (f->limbs - 1 - i), value[i]);
}

/* a, or one in place of zero. */
static void or_one(const struct prime_field *f, uint64_t *out,
                   const uint64_t *a)
{
    static const uint64_t zero[LIMBS_MAX];
    uint64_t mask = limb_zero_mask(limbs_difference(a, zero, f->limbs));
    limbs_select(out, mask, f->one, a, f->limbs);
}

/* Montgomery's trick: scratch[i] is the product of all before many[i]. */
static void inverse_many(const struct prime_field *f, uint64_t *many,
                         uint64_t *scratch, size_t count)
{
    uint64_t product[LIMBS_MAX], factor[LIMBS_MAX], result[LIMBS_MAX];
    static const uint64_t zero[LIMBS_MAX];
    unsigned n = f->limbs;
    copy(f, product, f->one);
    for (size_t i = 0; i < count; i++) {
        copy(f, scratch + i * n, product);
        or_one(f, factor, many + i * n);
        mul(f, product, product, factor);
    }
    modular_inverse(f, product, product);
    for (size_t i = count; i-- > 0;) {
        uint64_t *at = many + i * n;
        or_one(f, factor, at);
        uint64_t mask = limb_zero_mask(limbs_difference(at, zero, n));
        mul(f, result, product, scratch + i * n);
        limbs_select(at, mask, zero, result, n);
        mul(f, product, product, factor);
    }
}

#define FP_LIMBS 4
#define FP fp256
#define FP_(name) fp256_##name
#define FP_FASTEST(name) FASTEST(montgomery_##name##_4)
#include "crypto/prime_field_code.h"
#undef FP_LIMBS
#undef FP
#undef FP_
#undef FP_FASTEST
#define FP_LIMBS 6
#define FP fp384
#define FP_(name) fp384_##name
#define FP_FASTEST(name) FASTEST(montgomery_##name##_6)
#include "crypto/prime_field_code.h"
