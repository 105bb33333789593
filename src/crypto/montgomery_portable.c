#include "crypto/limbs.h"
#include "crypto/montgomery.h"
#include "crypto/prime_field.h"

/* t += a * by; returns what goes beyond n limbs. */
static ALWAYS_INLINE uint64_t multiply_add(uint64_t *t, const uint64_t *a,
                                           uint64_t by, unsigned n)
{
    uint64_t carry = 0;
    UNROLL
    for (unsigned i = 0; i < n; i++) {
        limb_pair sum = (limb_pair)a[i] * by + t[i] + carry;
        t[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return carry;
}

/* Makes t's lowest limb zero by adding a multiple of p; returns what goes
 * beyond n limbs. */
static ALWAYS_INLINE uint64_t clear_lowest(const struct prime_field *f,
                                           uint64_t *t, unsigned n)
{
    return multiply_add(t, f->p, t[0] * f->negative_inverse, n);
}

static ALWAYS_INLINE void mul(const struct prime_field *f, uint64_t *out,
                              const uint64_t *a, const uint64_t *b, unsigned n)
{
    uint64_t t[LIMBS_MAX] = {0};
    UNROLL
    for (unsigned i = 0; i < n; i++) {
        uint64_t top = multiply_add(t, a, b[i], n);
        top += clear_lowest(f, t, n);
        UNROLL
        for (unsigned j = 0; j < n - 1; j++)
            t[j] = t[j + 1];
        t[n - 1] = top;
    }
    limbs_reduce_once(out, t, f->p, n);
}

static ALWAYS_INLINE void wide(uint64_t *out, const uint64_t *a,
                               const uint64_t *b, unsigned n)
{
    UNROLL
    for (unsigned i = 0; i < n; i++)
        out[i] = 0;
    UNROLL
    for (unsigned i = 0; i < n; i++)
        out[i + n] = multiply_add(out + i, a, b[i], n);
}

/* The low half, reduced, is at most p; the high half is below p. */
static ALWAYS_INLINE void reduce(const struct prime_field *f, uint64_t *out,
                                 const uint64_t *from, unsigned n)
{
    uint64_t t[LIMBS_MAX];
    UNROLL
    for (unsigned i = 0; i < n; i++)
        t[i] = from[i];
    UNROLL
    for (unsigned i = 0; i < n; i++) {
        uint64_t top = clear_lowest(f, t, n);
        UNROLL
        for (unsigned j = 0; j < n - 1; j++)
            t[j] = t[j + 1];
        t[n - 1] = top;
    }
    limbs_add(t, t, from + n, n);
    limbs_reduce_once(out, t, f->p, n);
}

void montgomery_mul_4_portable(const struct prime_field *f, uint64_t *out,
                               const uint64_t *a, const uint64_t *b)
{
    mul(f, out, a, b, 4);
}

void montgomery_mul_6_portable(const struct prime_field *f, uint64_t *out,
                               const uint64_t *a, const uint64_t *b)
{
    mul(f, out, a, b, 6);
}

void montgomery_wide_4_portable(uint64_t *out, const uint64_t *a,
                                const uint64_t *b)
{
    wide(out, a, b, 4);
}

void montgomery_wide_6_portable(uint64_t *out, const uint64_t *a,
                                const uint64_t *b)
{
    wide(out, a, b, 6);
}

void montgomery_reduce_4_portable(const struct prime_field *f, uint64_t *out,
                                  const uint64_t *from)
{
    reduce(f, out, from, 4);
}

void montgomery_reduce_6_portable(const struct prime_field *f, uint64_t *out,
                                  const uint64_t *from)
{
    reduce(f, out, from, 6);
}
