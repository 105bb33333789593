#include "crypto/bn254_curve.h"

#define FE fp256x2
#define FE_(name) fp256x2_##name
#define FIELD (&BN254_FQ)
#define AFFINE bn254_g2
#define POINT bn254_g2_jacobian
#include "crypto/jacobian.h"

bool bn254_g2_on_curve(const bn254_g2 *p)
{
    fp256x2 left, right;
    if (p->infinite)
        return true;
    fp256x2_square(FIELD, &left, &p->y);
    fp256x2_square(FIELD, &right, &p->x);
    fp256x2_mul(FIELD, &right, &right, &p->x);
    fp256x2_add(FIELD, &right, &right, &BN254_TWIST_B);
    return fp256x2_equal(&left, &right);
}

/* Frobenius on the curve, seen on its twist. */
static void psi(POINT *out, const POINT *p)
{
    fp256x2_conjugate(FIELD, &out->x, &p->x);
    fp256x2_mul(FIELD, &out->x, &out->x, &BN254_FROBENIUS[0][2]);
    fp256x2_conjugate(FIELD, &out->y, &p->y);
    fp256x2_mul(FIELD, &out->y, &out->y, &BN254_FROBENIUS[0][3]);
    fp256x2_conjugate(FIELD, &out->z, &p->z);
}

static void mul_x(POINT *out, const POINT *p)
{
    POINT table[POINT_TABLE], acc = point_infinity();
    point_multiples(table, p);
    for (size_t i = ARRAY_LEN(BN254_X); i-- > 0;) {
        point_double(&acc, &acc);
        point_add_digit(&acc, table, BN254_X[i]);
    }
    *out = acc;
}

/* El Housni, Guillevic and Piellard 2022: "(x + 1) P + psi(x P) + psi^2(x P) =
 * psi^3(2 x P)". tools/make_bn254.py checks that no other point obeys. */
bool bn254_g2_in_group_vartime(const bn254_g2 *p)
{
    POINT point = point_from_affine(p), x, sum, image;
    mul_x(&x, &point);
    point_add(&sum, &x, &point);
    psi(&image, &x);
    point_add(&sum, &sum, &image);
    psi(&image, &image);
    point_add(&sum, &sum, &image);
    psi(&image, &image);
    point_double(&image, &image);
    return point_equal(&sum, &image);
}

void bn254_g2_mul_vartime(bn254_g2 *out, const bn254_g2 *p, u256 scalar)
{
    int8_t digits[POINT_DIGITS_MAX];
    unsigned count = point_recode(digits, scalar);
    POINT table[POINT_TABLE], base = point_from_affine(p),
                              acc = point_infinity();
    point_multiples(table, &base);
    while (count-- > 0) {
        point_double(&acc, &acc);
        point_add_digit(&acc, table, digits[count]);
    }
    *out = point_to_affine(&acc);
}
