#include "crypto/test/bn254_points.h"

#include "base/assert.h"
#include "crypto/secret.h"

#define FQ (&BN254_FQ)

u256 bn254_order(void)
{
    u256 order;
    memcpy(order.limb, BN254_FR.p, sizeof order.limb);
    return order;
}

u256 bn254_random_scalar(void)
{
    u256 out;
    random_bytes(out.limb, sizeof out.limb);
    return out;
}

bn254_g1 bn254_g1_generator(void)
{
    bn254_g1 out = {.x = fp256_one(FQ)};
    fp256_double(FQ, &out.y, &out.x);
    return out;
}

static fp256 number(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint8_t be[32];
    fp256 out;
    store_be64(be, a);
    store_be64(be + 8, b);
    store_be64(be + 16, c);
    store_be64(be + 24, d);
    ASSERT(fp256_from_bytes(FQ, &out, be));
    return out;
}

bn254_g2 bn254_g2_generator(void)
{
    return (bn254_g2){.x = {number(0x1800deef121f1e76, 0x426a00665e5c4479,
                                   0x674322d4f75edadd, 0x46debd5cd992f6ed),
                            number(0x198e9393920d483a, 0x7260bfb731fb5d25,
                                   0xf1aa493335a9e712, 0x97e485b7aef312c2)},
                      .y = {number(0x12c85ea5db8c6deb, 0x4aab71808dcb408f,
                                   0xe3d1e7690c43d37b, 0x4ce6cc0166fa7daa),
                            number(0x090689d0585ff075, 0xec9e99ad690c3395,
                                   0xbc4b313370b38ef3, 0x55acdadcd122975b)}};
}

/* out^2 = a, by (x + y u)^2 = x^2 - y^2 + 2 x y u: with the norm's root n,
 * x^2 is (a0 + n) / 2 or (a0 - n) / 2. */
static bool square_root(fp256x2 *out, const fp256x2 *a)
{
    fp256 norm, square, half;
    fp256_square(FQ, &norm, &a->c0);
    fp256_square(FQ, &square, &a->c1);
    fp256_add(FQ, &norm, &norm, &square);
    if (!fp256_sqrt(FQ, &norm, &norm))
        return false;
    fp256_add(FQ, &half, &a->c0, &norm);
    fp256_halve(FQ, &half, &half);
    if (fp256_legendre(FQ, &half) != 1) {
        fp256_sub(FQ, &half, &a->c0, &norm);
        fp256_halve(FQ, &half, &half);
    }
    if (!fp256_sqrt(FQ, &out->c0, &half))
        return false;
    fp256_double(FQ, &half, &out->c0);
    fp256_inverse(FQ, &half, &half);
    fp256_mul(FQ, &out->c1, &a->c1, &half);
    return true;
}

bn254_g2 bn254_g2_on_twist(void)
{
    for (;;) {
        bn254_g2 p = {.infinite = false};
        fp256x2 right;
        uint64_t x;
        random_bytes(&x, sizeof x);
        fp256_from_u64(FQ, &p.x.c0, x);
        p.x.c1 = fp256_one(FQ);
        fp256x2_square(FQ, &right, &p.x);
        fp256x2_mul(FQ, &right, &right, &p.x);
        fp256x2_add(FQ, &right, &right, &BN254_TWIST_B);
        if (square_root(&p.y, &right) && bn254_g2_on_curve(&p))
            return p;
    }
}
