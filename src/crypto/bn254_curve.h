#pragma once
/* The groups of the pairing-friendly curve BN254 (alt_bn128) and its pairing.
 *
 *     G1   y^2 = x^3 + 3 over the prime field; every point is in the group
 *     G2   y^2 = x^3 + 3 / xi over fp256x2.h; the group is a small part of it
 *
 * Points in Jacobian coordinates are (x / z^2, y / z^3), infinity where z is
 * zero. All formulas hold for all points: infinity, equal, opposite.
 *
 * Source   EIP-196, EIP-197; constants: tools/make_bn254.py.
 * Trust    functions called _vartime take time by their operands: for public
 *          data alone.
 */
#include "base/u256.h"
#include "crypto/bn254_fq12.h"

/* How to split a scalar k into two of half its length:
 *     c[i] = k estimate[i] / 2^256
 *     k = k1 + k2 lambda,  k1 = k - c[0] first[0] - c[1] first[1]
 *                          k2 = - c[0] second[0] - c[1] second[1]
 * with (beta x, y) = lambda (x, y), all modulo 2^256 as signed numbers. */
struct bn254_glv {
    fp256 beta;
    u256 estimate[2], first[2], second[2];
};

extern const fp256 BN254_B;
extern const fp256x2 BN254_TWIST_B;
extern const struct bn254_glv BN254_GLV;
/* The curve's parameter x = 4965661367192848881, lowest digit first: 6 x + 2
 * with digits of -1 to 1, and x with odd digits of -7 to 7. */
extern const int8_t BN254_LOOP[66];
extern const int8_t BN254_X[63];

typedef struct {
    fp256 x, y;
    bool infinite;
} bn254_g1;

typedef struct {
    fp256 x, y, z;
} bn254_g1_jacobian;

typedef struct {
    fp256x2 x, y;
    bool infinite;
} bn254_g2;

typedef struct {
    fp256x2 x, y, z;
} bn254_g2_jacobian;

bool bn254_g1_on_curve(const bn254_g1 *p);
void bn254_g1_add_vartime(bn254_g1 *out, const bn254_g1 *a, const bn254_g1 *b);
/* Any scalar: it counts modulo the group's order. */
void bn254_g1_mul_vartime(bn254_g1 *out, const bn254_g1 *p, u256 scalar);

bool bn254_g2_on_curve(const bn254_g2 *p);
/* Whether a point on the curve is in the group of pairings. */
bool bn254_g2_in_group_vartime(const bn254_g2 *p);
void bn254_g2_mul_vartime(bn254_g2 *out, const bn254_g2 *p, u256 scalar);

/* The product of the pairings' Miller loops, for bn254_final_exponentiation().
 * Points are on the curve and in the group; count is at most
 * BN254_MILLER_PAIRS_MAX. */
#define BN254_MILLER_PAIRS_MAX 16
void bn254_miller_vartime(fq12 *out, const bn254_g1 *p, const bn254_g2 *q,
                          size_t count);
void bn254_final_exponentiation(fq12 *out, const fq12 *f);
