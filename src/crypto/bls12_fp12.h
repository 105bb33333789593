#pragma once
/* The tower above crypto/bls12_fp2.h, as far as the pairing needs it. Outputs
 * may be inputs too. */
#include "crypto/bls12_fp2.h"

fp12 fp12_one(void);
void fp12_mul(fp12 *out, const fp12 *a, const fp12 *b);
void fp12_sqr(fp12 *out, const fp12 *a);
void fp12_inverse(fp12 *out, const fp12 *a);

/* Times c0 + c1 v + c4 v w: what a line is. */
void fp12_mul_line(fp12 *out, const fp12 *a, const fp2 line[3]);

/* a^(p^6): the inverse of elements of norm one. */
void fp12_conjugate(fp12 *out, const fp12 *a);

/* a^p and a^(p^2). */
void fp12_frobenius(fp12 *out, const fp12 *a);
void fp12_frobenius_2(fp12 *out, const fp12 *a);

/* a^2, for elements of the cyclotomic subgroup alone: of order p^4 - p^2 + 1.
 */
void fp12_cyclotomic_sqr(fp12 *out, const fp12 *a);

bool fp12_is_one(const fp12 *a);
