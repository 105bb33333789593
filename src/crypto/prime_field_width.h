/* What prime_field.h declares for one width: it says FP_LIMBS, the type FP
 * and the prefix FP_() before it includes this file, once for each. */
#ifndef FP_LIMBS
#include "crypto/prime_field.h"
#else

#define FP_BYTES (8 * FP_LIMBS)

typedef struct {
    uint64_t limb[FP_LIMBS];
} FP;

/* A product that is not reduced yet, for sums of products: reducing costs as
 * much as multiplying. Its value stays below p * 2^(64 * FP_LIMBS). */
typedef struct {
    uint64_t limb[2 * FP_LIMBS];
} FP_(wide);

void FP_(mul)(const struct prime_field *f, FP *out, const FP *a, const FP *b);
void FP_(halve)(const struct prime_field *f, FP *out, const FP *a);

/* out = a * b, for a and b that need not be reduced. */
void FP_(mul_wide)(FP_(wide) * out, const FP *a, const FP *b);
void FP_(reduce)(const struct prime_field *f, FP *out, const FP_(wide) * from);

/* 1 / a; zero for zero. */
void FP_(inverse)(const struct prime_field *f, FP *out, const FP *a);

/* Replaces each of many by its inverse, zeros staying, with one inversion.
 * scratch holds as many. */
void FP_(inverse_many)(const struct prime_field *f, FP *many, FP *scratch,
                       size_t count);

/* a ^ exponent, which has `limbs` limbs. */
void FP_(pow)(const struct prime_field *f, FP *out, const FP *a,
              const uint64_t *exponent, size_t limbs);

/* A square root of a, where p = 3 mod 4. False: there is none, and out is a
 * root of -a. */
MUST_USE bool FP_(sqrt)(const struct prime_field *f, FP *out, const FP *a);

/* 1 for squares, -1 for the others, 0 for zero. */
int FP_(legendre)(const struct prime_field *f, const FP *a);

/* Big endian. False: not below p, and out is zero. */
MUST_USE bool FP_(from_bytes)(const struct prime_field *f, FP *out,
                              const uint8_t in[FP_BYTES]);
void FP_(to_bytes)(const struct prime_field *f, uint8_t out[FP_BYTES],
                   const FP *a);

void FP_(from_u64)(const struct prime_field *f, FP *out, uint64_t value);

/* The number as limbs out of Montgomery's form, for scalars and signs. */
void FP_(to_limbs)(const struct prime_field *f, uint64_t out[FP_LIMBS],
                   const FP *a);

static inline FP FP_(zero)(void)
{
    return (FP){{0}};
}

static inline FP FP_(one)(const struct prime_field *f)
{
    FP one;
    memcpy(&one, f->one, sizeof one);
    return one;
}

static inline void FP_(add)(const struct prime_field *f, FP *out, const FP *a,
                            const FP *b)
{
    limbs_add_mod(out->limb, a->limb, b->limb, f->p, FP_LIMBS);
}

static inline void FP_(sub)(const struct prime_field *f, FP *out, const FP *a,
                            const FP *b)
{
    limbs_sub_mod(out->limb, a->limb, b->limb, f->p, FP_LIMBS);
}

/* a - b of products; where that is negative, p * 2^(64 * FP_LIMBS) more. */
static inline void FP_(sub_wide)(const struct prime_field *f, FP_(wide) * out,
                                 const FP_(wide) * a, const FP_(wide) * b)
{
    limbs_sub_wide(out->limb, a->limb, b->limb, f->p, FP_LIMBS);
}

/* a + b as integers: at most 2 * p - 2, good for one factor of a product. */
static inline void FP_(add_unreduced)(FP *out, const FP *a, const FP *b)
{
    limbs_add(out->limb, a->limb, b->limb, FP_LIMBS);
}

static inline void FP_(square)(const struct prime_field *f, FP *out,
                               const FP *a)
{
    FP_(mul)(f, out, a, a);
}

static inline void FP_(double)(const struct prime_field *f, FP *out,
                               const FP *a)
{
    FP_(add)(f, out, a, a);
}

static inline void FP_(neg)(const struct prime_field *f, FP *out, const FP *a)
{
    FP zero = FP_(zero)();
    FP_(sub)(f, out, &zero, a);
}

static inline bool FP_(equal)(const FP *a, const FP *b)
{
    return limbs_difference(a->limb, b->limb, FP_LIMBS) == 0;
}

static inline bool FP_(is_zero)(const FP *a)
{
    FP zero = FP_(zero)();
    return FP_(equal)(a, &zero);
}

/* out = take_a ? a : b. */
static inline void FP_(select)(FP *out, bool take_a, const FP *a, const FP *b)
{
    limbs_select(out->limb, 0 - (uint64_t)take_a, a->limb, b->limb, FP_LIMBS);
}

#undef FP_BYTES
#endif
