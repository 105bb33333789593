#include "crypto/bn254.h"

#include "crypto/bn254_curve.h"

static bool read_g1(bn254_g1 *out, const uint8_t *in)
{
    if (!fp256_from_bytes(&BN254_FQ, &out->x, in) ||
        !fp256_from_bytes(&BN254_FQ, &out->y, in + 32))
        return false;
    out->infinite = fp256_is_zero(&out->x) && fp256_is_zero(&out->y);
    return bn254_g1_on_curve(out);
}

static void write_g1(uint8_t *out, const bn254_g1 *p)
{
    if (p->infinite) {
        memset(out, 0, BN254_G1_BYTES);
        return;
    }
    fp256_to_bytes(&BN254_FQ, out, &p->x);
    fp256_to_bytes(&BN254_FQ, out + 32, &p->y);
}

static bool read_fp2(fp256x2 *out, const uint8_t *in)
{
    return fp256_from_bytes(&BN254_FQ, &out->c1, in) &&
           fp256_from_bytes(&BN254_FQ, &out->c0, in + 32);
}

static bool read_g2(bn254_g2 *out, const uint8_t *in)
{
    if (!read_fp2(&out->x, in) || !read_fp2(&out->y, in + 64))
        return false;
    out->infinite = fp256x2_is_zero(&out->x) && fp256x2_is_zero(&out->y);
    return bn254_g2_on_curve(out) && bn254_g2_in_group_vartime(out);
}

bool bn254_add(uint8_t out[BN254_G1_BYTES],
               const uint8_t in[2 * BN254_G1_BYTES])
{
    bn254_g1 a, b;
    if (!read_g1(&a, in) || !read_g1(&b, in + BN254_G1_BYTES))
        return false;
    bn254_g1_add_vartime(&a, &a, &b);
    write_g1(out, &a);
    return true;
}

bool bn254_mul(uint8_t out[BN254_G1_BYTES],
               const uint8_t in[BN254_G1_BYTES + 32])
{
    bn254_g1 p;
    if (!read_g1(&p, in))
        return false;
    bn254_g1_mul_vartime(&p, &p, u256_load_be(in + BN254_G1_BYTES));
    write_g1(out, &p);
    return true;
}

/* Multiplies *product by the Miller loops of at most BN254_MILLER_PAIRS_MAX
 * pairs. */
static bool multiply_pairs(fq12 *product, const uint8_t *in, size_t count)
{
    bn254_g1 p[BN254_MILLER_PAIRS_MAX];
    bn254_g2 q[BN254_MILLER_PAIRS_MAX];
    for (size_t i = 0; i < count; i++, in += BN254_PAIR_BYTES)
        if (!read_g1(&p[i], in) || !read_g2(&q[i], in + BN254_G1_BYTES))
            return false;
    fq12 f;
    bn254_miller_vartime(&f, p, q, count);
    fq12_mul(product, product, &f);
    return true;
}

bool bn254_pairing_check(bool *is_one, const uint8_t *in, size_t count)
{
    fq12 product = fq12_one();
    while (count > 0) {
        size_t now = count < BN254_MILLER_PAIRS_MAX ? count
                                                    : BN254_MILLER_PAIRS_MAX;
        if (!multiply_pairs(&product, in, now))
            return false;
        in += now * BN254_PAIR_BYTES;
        count -= now;
    }
    bn254_final_exponentiation(&product, &product);
    *is_one = fq12_is_one(&product);
    return true;
}
