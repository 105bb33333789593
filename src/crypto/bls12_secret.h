#pragma once
/* Points of BLS12-381 times a secret: 256 doublings and 64 additions whatever
 * the scalar is, with formulas that have no exceptions.
 *
 * Source   Renes, Costello and Batina, "Complete addition formulas for prime
 *          order elliptic curves" (2015), algorithms 7 and 9.
 * Trust    no branch and no address depends on the scalar. The point is
 *          public, and of the subgroup.
 */
#include "crypto/bls12_types.h"
#include "crypto/secret.h"

/* scalar: big endian. */
void g1_mul_secret(g1_affine *out, const g1_affine *point,
                   const secret32 *scalar);
void g2_mul_secret(g2_affine *out, const g2_affine *point,
                   const secret32 *scalar);
