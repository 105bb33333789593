#pragma once
/* What BLS12-381's numbers and points are made of.
 *
 *   fp   integers modulo p, in Montgomery form: a 2^384 mod p, below p
 *   fp2  c0 + c1 u, u^2 = -1
 *   fp6  c0 + c1 v + c2 v^2, v^3 = 1 + u
 *   fp12 c0 + c1 w, w^2 = v
 *   G1   y^2 = x^3 + 4 over fp, of prime order r
 *   G2   y^2 = x^3 + 4 (1 + u) over fp2, of the same order
 *
 * Source   draft-irtf-cfrg-pairing-friendly-curves-11, section 4.2.1.
 */
#include "crypto/prime_field.h"

#define BLS12_FP_LEN 48 /* bytes, big endian */

typedef fp384 fp;
typedef fp384_wide fp_wide;

typedef struct {
    fp c0, c1;
} fp2;

typedef struct {
    fp2 c0, c1, c2;
} fp6;

typedef struct {
    fp6 c0, c1;
} fp12;

/* (0, 0) is on neither curve and stands for infinity. */
typedef struct {
    fp x, y;
} g1_affine;

typedef struct {
    fp2 x, y;
} g2_affine;

/* Jacobian: (x / z^2, y / z^3), infinity where z is 0. */
typedef struct {
    fp x, y, z;
} g1;

typedef struct {
    fp2 x, y, z;
} g2;
