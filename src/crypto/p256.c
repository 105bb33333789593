/* Through OpenSSL's points rather than its keys: for one verification each,
 * building and decoding a key costs as much as the arithmetic. */
#include "crypto/p256.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/assert.h"

static EC_GROUP *group;

/* Before main(), so that threads only ever read. */
__attribute__((constructor)) static void make_group(void)
{
    group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    ASSERT(group);
}

__attribute__((destructor)) static void drop_group(void)
{
    EC_GROUP_free(group);
    group = NULL;
}

static BIGNUM *number(BN_CTX *context, const uint8_t be[32])
{
    BIGNUM *out = BN_CTX_get(context);
    ASSERT(out && BN_bin2bn(be, 32, out));
    return out;
}

static bool in_range(const BIGNUM *scalar)
{
    return !BN_is_zero(scalar) &&
           BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;
}

/* False: not on the curve. Infinity has no affine coordinates, and (0, 0)
 * is not on the curve. */
static bool read_point(EC_POINT *out, const BIGNUM *x, const BIGNUM *y,
                       BN_CTX *context)
{
    const BIGNUM *p = EC_GROUP_get0_field(group);
    return BN_cmp(x, p) < 0 && BN_cmp(y, p) < 0 &&
           EC_POINT_set_affine_coordinates(group, out, x, y, context);
}

/* FIPS 186-5, 6.4.2: the x of (e / s) G + (r / s) Q is r modulo the order. */
static bool matches(const BIGNUM *e, const BIGNUM *r, const BIGNUM *s,
                    EC_POINT *point, BN_CTX *context)
{
    const BIGNUM *order = EC_GROUP_get0_order(group);
    BIGNUM *inverse = BN_CTX_get(context), *u1 = BN_CTX_get(context);
    BIGNUM *u2 = BN_CTX_get(context), *x = BN_CTX_get(context);
    ASSERT(x && BN_mod_inverse(inverse, s, order, context) &&
           BN_mod_mul(u1, e, inverse, order, context) &&
           BN_mod_mul(u2, r, inverse, order, context) &&
           EC_POINT_mul(group, point, u1, point, u2, context));
    if (EC_POINT_is_at_infinity(group, point))
        return false;
    ASSERT(EC_POINT_get_affine_coordinates(group, point, x, NULL, context) &&
           BN_nnmod(x, x, order, context));
    return BN_cmp(x, r) == 0;
}

bool p256_verify(const uint8_t digest[32], const uint8_t r[32],
                 const uint8_t s[32], const uint8_t x[32], const uint8_t y[32])
{
    BN_CTX *context = BN_CTX_new();
    EC_POINT *point = EC_POINT_new(group);
    ASSERT(context && point);
    BN_CTX_start(context);
    BIGNUM *rn = number(context, r), *sn = number(context, s);
    bool valid = in_range(rn) && in_range(sn) &&
                 read_point(point, number(context, x), number(context, y),
                            context) &&
                 matches(number(context, digest), rn, sn, point, context);
    BN_CTX_end(context);
    BN_CTX_free(context);
    EC_POINT_free(point);
    return valid;
}
