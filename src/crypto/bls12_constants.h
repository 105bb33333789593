#pragma once
/* Constants of BLS12-381 and of what is built on it, numbers in Montgomery's
 * form. The parameter is x = -BLS12_X.
 *
 * Source   tools/make_bls12.py.
 */
#include "base/u256.h"
#include "crypto/bls12_types.h"

#define BLS12_X UINT64_C(0xd201000000010000)

extern const u256 BLS12_ORDER;     /* r, of G1 and G2 */
extern const u256 BLS12_X_SQUARED; /* x^2 */

extern const fp FP_ZERO, FP_ONE, FP_2_TO_256;
extern const fp2 FP2_ZERO, FP2_ONE;
extern const fp2 BLS12_FROBENIUS[6];  /* (1 + u)^(i (p - 1) / 6) */
extern const fp BLS12_FROBENIUS_2[6]; /* (1 + u)^(i (p^2 - 1) / 6) */

/* psi(x, y) = (PSI_X x^p, PSI_Y y^p) multiplies points of G2 by x, and
 * (x, y) -> (BETA x, y) those of G1 by -x^2. */
extern const fp2 BLS12_PSI_X, BLS12_PSI_Y;
extern const fp BLS12_BETA;

extern const fp BLS12_B;   /* G1: y^2 = x^3 + B */
extern const fp2 BLS12_B2; /* G2: y^2 = x^3 + B2 */
extern const g1_affine BLS12_G1;
extern const g2_affine BLS12_G2;
extern const g2_affine BLS12_TAU_G2; /* [tau]_2 of the KZG ceremony */

/* RFC 9380, 8.8: the auxiliary curves, and numbers that are no squares. */
extern const fp BLS12_SSWU_G1_A, BLS12_SSWU_G1_B, BLS12_SSWU_G1_Z;
extern const fp2 BLS12_SSWU_G2_A, BLS12_SSWU_G2_B, BLS12_SSWU_G2_Z;
extern const fp BLS12_SSWU_G1_ROOT; /* its square is -Z */
extern const fp BLS12_SSWU_G2_ROOT; /* its square is minus Z's norm */

/* The isogenies: x to X / KERNEL^2 and y to y Y / KERNEL^3, polynomials in x
 * with their lowest coefficient first. */
extern const fp BLS12_ISO_G1_X[12], BLS12_ISO_G1_Y[16];
extern const fp BLS12_ISO_G1_KERNEL[6];
extern const fp2 BLS12_ISO_G2_X[4], BLS12_ISO_G2_Y[4];
extern const fp2 BLS12_ISO_G2_KERNEL[2];
