#pragma once
/* The operations of prime_field.h on limbs, whatever the field's width: for
 * tests that go through all fields. */
#include "crypto/prime_field.h"

#define FIELD_BINARY(op)                                                     \
    static inline void do_##op(const struct prime_field *f, uint64_t *out,   \
                               const uint64_t *a, const uint64_t *b)         \
    {                                                                        \
        if (f->limbs == 4)                                                   \
            fp256_##op(f, (fp256 *)out, (const fp256 *)a, (const fp256 *)b); \
        else                                                                 \
            fp384_##op(f, (fp384 *)out, (const fp384 *)a, (const fp384 *)b); \
    }
#define FIELD_UNARY(type, op)                                                 \
    static inline type do_##op(const struct prime_field *f, uint64_t *out,    \
                               const uint64_t *a)                             \
    {                                                                         \
        return f->limbs == 4 ? fp256_##op(f, (fp256 *)out, (const fp256 *)a)  \
                             : fp384_##op(f, (fp384 *)out, (const fp384 *)a); \
    }
FIELD_BINARY(mul)
FIELD_BINARY(add)
FIELD_BINARY(sub)
FIELD_UNARY(void, neg)
FIELD_UNARY(void, double)
FIELD_UNARY(void, halve)
FIELD_UNARY(void, square)
FIELD_UNARY(void, inverse)
FIELD_UNARY(bool, sqrt)
#undef FIELD_BINARY
#undef FIELD_UNARY

static inline int do_legendre(const struct prime_field *f, const uint64_t *a)
{
    return f->limbs == 4 ? fp256_legendre(f, (const fp256 *)a)
                         : fp384_legendre(f, (const fp384 *)a);
}

/* The exponent has as many limbs as the field. */
static inline void do_pow(const struct prime_field *f, uint64_t *out,
                          const uint64_t *a, const uint64_t *exponent)
{
    if (f->limbs == 4)
        fp256_pow(f, (fp256 *)out, (const fp256 *)a, exponent, 4);
    else
        fp384_pow(f, (fp384 *)out, (const fp384 *)a, exponent, 6);
}

static inline bool do_from_bytes(const struct prime_field *f, uint64_t *out,
                                 const uint8_t *in)
{
    return f->limbs == 4 ? fp256_from_bytes(f, (fp256 *)out, in)
                         : fp384_from_bytes(f, (fp384 *)out, in);
}

static inline void do_to_bytes(const struct prime_field *f, uint8_t *out,
                               const uint64_t *a)
{
    if (f->limbs == 4)
        fp256_to_bytes(f, out, (const fp256 *)a);
    else
        fp384_to_bytes(f, out, (const fp384 *)a);
}

static inline void do_to_limbs(const struct prime_field *f, uint64_t *out,
                               const uint64_t *a)
{
    if (f->limbs == 4)
        fp256_to_limbs(f, out, (const fp256 *)a);
    else
        fp384_to_limbs(f, out, (const fp384 *)a);
}

static inline void do_reduce(const struct prime_field *f, uint64_t *out,
                             const uint64_t *wide)
{
    if (f->limbs == 4)
        fp256_reduce(f, (fp256 *)out, (const fp256_wide *)wide);
    else
        fp384_reduce(f, (fp384 *)out, (const fp384_wide *)wide);
}

/* scratch has as many numbers as `many`, one behind the other. */
static inline void do_inverse_many(const struct prime_field *f, uint64_t *many,
                                   uint64_t *scratch, size_t count)
{
    if (f->limbs == 4)
        fp256_inverse_many(f, (fp256 *)many, (fp256 *)scratch, count);
    else
        fp384_inverse_many(f, (fp384 *)many, (fp384 *)scratch, count);
}
