#include "base/attributes.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"

/* (x, y) -> (BETA x, y) multiplies by -x^2. Any scalar below r is k0 + k1 x^2
 * with both parts below x^2. */
#define PARTS 2
#define PART_BITS 128

static void image(g1_affine *out, const g1_affine *point, int part)
{
    *out = *point;
    if (part == 0)
        return;
    fp_mul(&out->x, &out->x, &BLS12_BETA);
    fp_neg(&out->y, &out->y);
}

static void split(uint64_t parts[PARTS][2], u256 scalar)
{
    scalar = u256_mod(scalar, BLS12_ORDER);
    u256 high = u256_div(scalar, BLS12_X_SQUARED);
    u256 low = u256_sub(scalar, u256_mul(high, BLS12_X_SQUARED));
    memcpy(parts[0], low.limb, sizeof parts[0]);
    memcpy(parts[1], high.limb, sizeof parts[1]);
}

#define F fp
#define F_(name) fp_##name
#define F_ZERO FP_ZERO
#define F_ONE FP_ONE
#define G g1
#define G_(name) g1_##name
#define CURVE_B BLS12_B
#include "crypto/bls12_curve.inc"

/* Scott, "A note on group membership tests for G1, G2 and GT on BLS
 * pairing-friendly curves" (2021), section 6: a point is in the subgroup
 * where the endomorphism multiplies it by -x^2. */
bool g1_in_subgroup(const g1_affine *a)
{
    g1 point, times_x, expected;
    g1_affine endomorphism;
    g1_from_affine(&point, a);
    multiply_by_x(&times_x, &point);
    multiply_by_x(&times_x, &times_x);
    image(&endomorphism, a, 1);
    g1_from_affine(&expected, &endomorphism);
    return g1_equal(&times_x, &expected);
}

void g1_clear_cofactor(g1 *out, const g1 *a)
{
    g1 times_x;
    multiply_by_x(&times_x, a);
    g1_add(out, &times_x, a);
}
