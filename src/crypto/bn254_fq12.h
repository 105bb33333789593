#pragma once
/* The tower over fp256x2.h that the pairings of BN254 take their values in:
 *
 *     degree 6    a + b v + c v^2 with v^3 = xi
 *     degree 12   a + b w with w^2 = v
 *
 * where xi = 9 + u.
 *
 * Trust    as prime_field.h: no branch and no address depends on a number.
 *          Operations may write over what they read.
 */
#include "crypto/fp256x2.h"

typedef struct {
    fp256x2 c0, c1, c2;
} fq6;

typedef struct {
    fq6 c0, c1;
} fq12;

/* [i][j] = xi ^ (j (p^(i+1) - 1) / 6): w^j to the power p^(i+1) is w^j times
 * it. */
extern const fp256x2 BN254_FROBENIUS[3][6];

fq12 fq12_one(void);
bool fq12_is_one(const fq12 *a);

void fq12_mul(fq12 *out, const fq12 *a, const fq12 *b);
void fq12_sqr(fq12 *out, const fq12 *a);
void fq12_inverse(fq12 *out, const fq12 *a); /* zero for zero */

/* a times c0 + c1 w + c3 w^3, as the lines of a pairing are. */
void fq12_mul_013(fq12 *out, const fq12 *a, const fp256x2 *c0,
                  const fp256x2 *c1, const fp256x2 *c3);
/* a ^ (p^6): the inverse where a has norm 1. */
void fq12_conjugate(fq12 *out, const fq12 *a);
/* a ^ (p^power), for a power of 1, 2 or 3. */
void fq12_frobenius(fq12 *out, const fq12 *a, unsigned power);

/* a ^ 2, for a ^ (p^4 - p^2 + 1) = 1. */
void fq12_cyclotomic_sqr(fq12 *out, const fq12 *a);
/* a ^ ((p^6 - 1)(p^2 + 1)): the easy part of a final exponentiation, after
 * which a is in the cyclotomic subgroup. */
void fq12_to_cyclotomic(fq12 *out, const fq12 *a);
