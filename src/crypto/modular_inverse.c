/* With y the number and C a constant, a C = y u and b C = y v hold modulo p
 * throughout. A step halves an even a; from an odd one it first takes b, the
 * smaller of the two, which is always odd. Steps are found on the highest 33
 * and the lowest 31 bits of a and b, and 31 of them then applied to the whole
 * numbers at once. In the end a is 0, b is 1 and v is C / y. */
#include "crypto/modular_inverse.h"

#include "base/attributes.h"
#include "crypto/limbs.h"
#include "crypto/prime_field.h"

#define STEPS 31
#define LOW_BITS ((UINT64_C(1) << STEPS) - 1)

__extension__ typedef __int128 signed_pair;

/* What 31 steps amount to: 2^31 a' = f0 a + g0 b and 2^31 b' = f1 a + g1 b. */
struct steps {
    int64_t f0, g0, f1, g1;
};

static ALWAYS_INLINE uint64_t pick(uint64_t mask, uint64_t a, uint64_t b)
{
    return (a & mask) | (b & ~mask);
}

/* The lowest 31 bits of a and b, and above them the 33 bits from the highest
 * that is set in either; both whole where they have 64 bits at most. */
static ALWAYS_INLINE void shorten(uint64_t *short_a, uint64_t *short_b,
                                  const uint64_t *a, const uint64_t *b,
                                  unsigned n)
{
    uint64_t a1 = a[n - 1], a0 = a[n - 2], b1 = b[n - 1], b0 = b[n - 2];
    for (unsigned i = n - 2; i-- > 0;) {
        uint64_t down = limb_zero_mask(a1 | b1);
        a1 = pick(down, a0, a1);
        b1 = pick(down, b0, b1);
        a0 = pick(down, a[i], a0);
        b0 = pick(down, b[i], b0);
    }
    uint64_t whole = limb_zero_mask(a1 | b1);
    int shift = __builtin_clzll(a1 | b1 | 1);
    uint64_t high_a = a1 << shift | a0 >> 1 >> (63 - shift);
    uint64_t high_b = b1 << shift | b0 >> 1 >> (63 - shift);
    high_a = pick(whole, a0, high_a);
    high_b = pick(whole, b0, high_b);
    *short_a = (high_a & ~LOW_BITS) | (a[0] & LOW_BITS);
    *short_b = (high_b & ~LOW_BITS) | (b[0] & LOW_BITS);
}

/* Two factors of -2^31 + 1 to 2^31 travel in one word, f + 2^32 g. */
static ALWAYS_INLINE void unpack(int64_t *f, int64_t *g, uint64_t packed)
{
    const uint64_t bias = UINT64_C(0x7fffffff);
    packed += bias << 32 | bias;
    *f = (int64_t)(packed & UINT32_MAX) - (int64_t)bias;
    *g = (int64_t)(packed >> 32) - (int64_t)bias;
}

static ALWAYS_INLINE struct steps find_steps(uint64_t a, uint64_t b)
{
    uint64_t fg0 = 1, fg1 = UINT64_C(1) << 32;
    for (int i = 0; i < STEPS; i++) {
        uint64_t odd = 0 - (a & 1);
        uint64_t swap = odd & (0 - (uint64_t)(a < b));
        uint64_t change = (a ^ b) & swap;
        a ^= change;
        b ^= change;
        change = (fg0 ^ fg1) & swap;
        fg0 ^= change;
        fg1 ^= change;
        a = (a - (b & odd)) >> 1;
        fg0 -= fg1 & odd;
        fg1 <<= 1;
    }
    struct steps out;
    unpack(&out.f0, &out.g0, fg0);
    unpack(&out.f1, &out.g1, fg1);
    return out;
}

static ALWAYS_INLINE signed_pair product(uint64_t limb, int64_t factor)
{
    uint64_t negative = (uint64_t)(factor >> 63);
    limb_pair unsigned_product = (limb_pair)limb * (uint64_t)factor;
    return (signed_pair)(unsigned_product -
                         ((limb_pair)(limb & negative) << 64));
}

/* out = |f a + g b| / 2^31, which is exact; all ones: it was negative. */
static ALWAYS_INLINE uint64_t combine(uint64_t *out, const uint64_t *a,
                                      const uint64_t *b, int64_t f, int64_t g,
                                      unsigned n)
{
    signed_pair sum = product(a[0], f) + product(b[0], g);
    for (unsigned i = 1; i < n; i++) {
        uint64_t below = (uint64_t)sum;
        sum = (sum >> 64) + product(a[i], f) + product(b[i], g);
        out[i - 1] = below >> STEPS | (uint64_t)sum << (64 - STEPS);
    }
    out[n - 1] = (uint64_t)(sum >> STEPS);
    uint64_t negative = (uint64_t)(sum >> 127), carry = negative & 1;
    for (unsigned i = 0; i < n; i++) {
        out[i] = (out[i] ^ negative) + carry;
        carry &= out[i] == 0;
    }
    return negative;
}

/* out = (f a + g b) / 2^31 modulo p: a multiple of p makes it exact, and the
 * result lies above -p and below 2 p. */
static ALWAYS_INLINE void combine_mod(const struct prime_field *field,
                                      uint64_t *out, const uint64_t *a,
                                      const uint64_t *b, int64_t f, int64_t g,
                                      unsigned n)
{
    uint64_t wide[LIMBS_MAX], raised[LIMBS_MAX];
    signed_pair sum = product(a[0], f) + product(b[0], g);
    uint64_t m = ((uint64_t)sum * field->negative_inverse) & LOW_BITS;
    sum += (signed_pair)((limb_pair)field->p[0] * m);
    for (unsigned i = 1; i < n; i++) {
        uint64_t below = (uint64_t)sum;
        sum = (sum >> 64) + product(a[i], f) + product(b[i], g) +
              (signed_pair)((limb_pair)field->p[i] * m);
        wide[i - 1] = below >> STEPS | (uint64_t)sum << (64 - STEPS);
    }
    wide[n - 1] = (uint64_t)(sum >> STEPS);
    limbs_add(raised, wide, field->p, n);
    limbs_select(wide, (uint64_t)(sum >> 127), raised, wide, n);
    limbs_reduce_once(out, wide, field->p, n);
}

static ALWAYS_INLINE void inverse(const struct prime_field *f, uint64_t *out,
                                  const uint64_t *y, unsigned n)
{
    uint64_t a[LIMBS_MAX], b[LIMBS_MAX], u[LIMBS_MAX], v[LIMBS_MAX] = {0};
    uint64_t a2[LIMBS_MAX], u2[LIMBS_MAX], x, z;
    memcpy(a, y, n * sizeof *a);
    memcpy(b, f->p, n * sizeof *b);
    /* y is R times the number: C = R^2 gives R times its inverse. */
    memcpy(u, f->r_squared, n * sizeof *u);
    unsigned rounds = (2 * f->bits - 1 + STEPS - 1) / STEPS;
    while (rounds-- > 0) {
        shorten(&x, &z, a, b, n);
        struct steps s = find_steps(x, z);
        int64_t negative_a = (int64_t)combine(a2, a, b, s.f0, s.g0, n);
        int64_t negative_b = (int64_t)combine(b, a, b, s.f1, s.g1, n);
        memcpy(a, a2, n * sizeof *a);
        s.f0 = (s.f0 ^ negative_a) - negative_a;
        s.g0 = (s.g0 ^ negative_a) - negative_a;
        s.f1 = (s.f1 ^ negative_b) - negative_b;
        s.g1 = (s.g1 ^ negative_b) - negative_b;
        combine_mod(f, u2, u, v, s.f0, s.g0, n);
        combine_mod(f, v, u, v, s.f1, s.g1, n);
        memcpy(u, u2, n * sizeof *u);
    }
    memcpy(out, v, n * sizeof *out);
}

void modular_inverse(const struct prime_field *f, uint64_t *out,
                     const uint64_t *a)
{
    if (f->limbs == 4)
        inverse(f, out, a, 4);
    else
        inverse(f, out, a, 6);
}
