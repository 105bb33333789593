#include "crypto/bls12_encoding.h"

#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"

#define PADDING (EIP2537_FP_LEN - BLS12_FP_LEN)

static bool all_zero(const uint8_t *at, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= at[i];
    return any == 0;
}

bool fp_load_eip2537(fp *out, const uint8_t at[EIP2537_FP_LEN])
{
    return all_zero(at, PADDING) && fp_load(out, at + PADDING);
}

bool fp2_load_eip2537(fp2 *out, const uint8_t at[2 * EIP2537_FP_LEN])
{
    return fp_load_eip2537(&out->c0, at) &&
           fp_load_eip2537(&out->c1, at + EIP2537_FP_LEN);
}

static void store(uint8_t at[EIP2537_FP_LEN], const fp *value)
{
    memset(at, 0, PADDING);
    fp_store(at + PADDING, value);
}

/* EIP-2537: "(0, 0)", which is on neither curve, is infinity. */
bool g1_load_eip2537(g1_affine *out, const uint8_t at[EIP2537_G1_LEN])
{
    return fp_load_eip2537(&out->x, at) &&
           fp_load_eip2537(&out->y, at + EIP2537_FP_LEN) && g1_on_curve(out);
}

bool g2_load_eip2537(g2_affine *out, const uint8_t at[EIP2537_G2_LEN])
{
    return fp2_load_eip2537(&out->x, at) &&
           fp2_load_eip2537(&out->y, at + 2 * EIP2537_FP_LEN) &&
           g2_on_curve(out);
}

void g1_store_eip2537(uint8_t at[EIP2537_G1_LEN], const g1_affine *point)
{
    store(at, &point->x);
    store(at + EIP2537_FP_LEN, &point->y);
}

void g2_store_eip2537(uint8_t at[EIP2537_G2_LEN], const g2_affine *point)
{
    const fp *const parts[] = {&point->x.c0, &point->x.c1, &point->y.c0,
                               &point->y.c1};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        store(at + i * EIP2537_FP_LEN, parts[i]);
}

enum compressed_flag {
    COMPRESSED = 0x80,
    INFINITE = 0x40,
    Y_IS_LARGER = 0x20,
    FLAGS = 0xe0
};

/* Infinity has one encoding: the two flags and zeros. */
static bool encodes_infinity(const uint8_t *at, size_t len)
{
    return at[0] == (COMPRESSED | INFINITE) && all_zero(at + 1, len - 1);
}

static bool load_without_flags(fp *out, const uint8_t at[BLS12_FP_LEN])
{
    uint8_t plain[BLS12_FP_LEN];
    memcpy(plain, at, sizeof plain);
    plain[0] &= (uint8_t)~FLAGS;
    return fp_load(out, plain);
}

bool g1_load_compressed(g1_affine *out, const uint8_t at[G1_COMPRESSED_LEN])
{
    fp square;
    *out = (g1_affine){0};
    if (encodes_infinity(at, G1_COMPRESSED_LEN))
        return true;
    if ((at[0] & (COMPRESSED | INFINITE)) != COMPRESSED ||
        !load_without_flags(&out->x, at))
        return false;
    fp_sqr(&square, &out->x);
    fp_mul(&square, &square, &out->x);
    fp_add(&square, &square, &BLS12_B);
    if (!fp_sqrt(&out->y, &square))
        return false;
    if (fp_is_larger_half(&out->y) != !!(at[0] & Y_IS_LARGER))
        g1_affine_neg(out, out);
    return g1_in_subgroup(out);
}

bool g2_load_compressed(g2_affine *out, const uint8_t at[G2_COMPRESSED_LEN])
{
    fp2 square;
    *out = (g2_affine){0};
    if (encodes_infinity(at, G2_COMPRESSED_LEN))
        return true;
    if ((at[0] & (COMPRESSED | INFINITE)) != COMPRESSED ||
        !load_without_flags(&out->x.c1, at) ||
        !fp_load(&out->x.c0, at + BLS12_FP_LEN))
        return false;
    fp2_sqr(&square, &out->x);
    fp2_mul(&square, &square, &out->x);
    fp2_add(&square, &square, &BLS12_B2);
    if (!fp2_sqrt(&out->y, &square))
        return false;
    if (fp2_is_larger_half(&out->y) != !!(at[0] & Y_IS_LARGER))
        g2_affine_neg(out, out);
    return g2_in_subgroup(out);
}

void g1_store_compressed(uint8_t at[G1_COMPRESSED_LEN], const g1_affine *point)
{
    fp_store(at, &point->x);
    at[0] |= COMPRESSED;
    if (g1_affine_is_infinity(point))
        at[0] |= INFINITE;
    else if (fp_is_larger_half(&point->y))
        at[0] |= Y_IS_LARGER;
}

void g2_store_compressed(uint8_t at[G2_COMPRESSED_LEN], const g2_affine *point)
{
    fp_store(at, &point->x.c1);
    fp_store(at + BLS12_FP_LEN, &point->x.c0);
    at[0] |= COMPRESSED;
    if (g2_affine_is_infinity(point))
        at[0] |= INFINITE;
    else if (fp2_is_larger_half(&point->y))
        at[0] |= Y_IS_LARGER;
}
