#include "base/attributes.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"

/* Frobenius, taken from the curve of which this is the twist: multiplies the
 * subgroup by x, which is negative. A scalar below r has four digits in base
 * |x|. */
#define PARTS 4
#define PART_BITS 64

static void frobenius(g2_affine *out, const g2_affine *a)
{
    fp2_conjugate(&out->x, &a->x);
    fp2_mul(&out->x, &out->x, &BLS12_PSI_X);
    fp2_conjugate(&out->y, &a->y);
    fp2_mul(&out->y, &out->y, &BLS12_PSI_Y);
}

/* Times |x|^part. */
static void image(g2_affine *out, const g2_affine *point, int part)
{
    *out = *point;
    for (int i = 0; i < part; i++) {
        frobenius(out, out);
        fp2_neg(&out->y, &out->y);
    }
}

static void split(uint64_t parts[PARTS][2], u256 scalar)
{
    u256 x = u256_from(BLS12_X);
    scalar = u256_mod(scalar, BLS12_ORDER);
    for (int i = 0; i < PARTS; i++) {
        u256 rest = u256_div(scalar, x);
        parts[i][0] = u256_sub(scalar, u256_mul(rest, x)).limb[0];
        parts[i][1] = 0;
        scalar = rest;
    }
}

#define F fp2
#define F_(name) fp2_##name
#define F_ZERO FP2_ZERO
#define F_ONE FP2_ONE
#define G g2
#define G_(name) g2_##name
#define CURVE_B BLS12_B2
#include "crypto/bls12_curve.inc"

static void jacobian_frobenius(g2 *out, const g2 *a)
{
    fp2_conjugate(&out->x, &a->x);
    fp2_mul(&out->x, &out->x, &BLS12_PSI_X);
    fp2_conjugate(&out->y, &a->y);
    fp2_mul(&out->y, &out->y, &BLS12_PSI_Y);
    fp2_conjugate(&out->z, &a->z);
}

/* Scott (2021), section 4: a point is in the subgroup where the endomorphism
 * multiplies it by x. */
bool g2_in_subgroup(const g2_affine *a)
{
    g2 point, times_x, expected;
    g2_from_affine(&point, a);
    multiply_by_x(&times_x, &point);
    jacobian_frobenius(&expected, &point);
    g2_neg(&expected, &expected);
    return g2_equal(&times_x, &expected);
}

/* Budroni and Pintore (2017): (x^2 - x - 1) P + (x - 1) psi(P) + psi^2(2 P),
 * here as x (x P + psi(P)) - x P - P - psi(P) + psi^2(2 P). */
void g2_clear_cofactor(g2 *out, const g2 *a)
{
    g2 point = *a, psi, minus_x, sum;
    jacobian_frobenius(&psi, &point);
    multiply_by_x(&minus_x, &point);
    g2_neg(&sum, &psi);
    g2_add(&sum, &sum, &minus_x);
    multiply_by_x(&sum, &sum);
    g2_add(&sum, &sum, &minus_x);
    g2_add(&point, &point, &psi);
    g2_neg(&point, &point);
    g2_add(&sum, &sum, &point);
    g2_double(&point, a);
    jacobian_frobenius(&point, &point);
    jacobian_frobenius(&point, &point);
    g2_add(out, &sum, &point);
}
