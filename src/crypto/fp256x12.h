#pragma once
/* The tower over fp256x2.h that the pairings of BN254 take their values in:
 *
 *     degree 6    a + b v + c v^2 with v^3 = xi
 *     degree 12   a + b w with w^2 = v
 *
 * where xi = 9 + u.
 *
 * Source   Beuchat et al. 2010; Granger and Scott 2010 for the squares in the
 *          cyclotomic subgroup.
 * Trust    as prime_field.h: no branch and no address depends on a number.
 *          Operations may write over what they read.
 */
#include "crypto/fp256x2.h"

struct fp256_tower {
    const struct prime_field *f;
    /* frobenius[i][j] = xi ^ (j (p^(i+1) - 1) / 6): w^j to the power p^(i+1)
     * is w^j times it. */
    fp256x2 frobenius[3][6];
};

typedef struct {
    fp256x2 c0, c1, c2;
} fp256x6;

typedef struct {
    fp256x6 c0, c1;
} fp256x12;

/* a * xi */
void fp256x2_mul_xi(const struct fp256_tower *t, fp256x2 *out,
                    const fp256x2 *a);

fp256x12 fp256x12_one(const struct fp256_tower *t);
bool fp256x12_is_one(const struct fp256_tower *t, const fp256x12 *a);
bool fp256x12_equal(const fp256x12 *a, const fp256x12 *b);

void fp256x12_mul(const struct fp256_tower *t, fp256x12 *out, const fp256x12 *a,
                  const fp256x12 *b);
void fp256x12_square(const struct fp256_tower *t, fp256x12 *out,
                     const fp256x12 *a);

/* a times c0 + c1 w + c3 w^3, as the lines of a pairing are. */
void fp256x12_mul_013(const struct fp256_tower *t, fp256x12 *out,
                      const fp256x12 *a, const fp256x2 *c0, const fp256x2 *c1,
                      const fp256x2 *c3);
/* a ^ (p^6): the inverse where a has norm 1. */
void fp256x12_conjugate(const struct fp256_tower *t, fp256x12 *out,
                        const fp256x12 *a);
/* 1 / a; zero for zero. */
void fp256x12_inverse(const struct fp256_tower *t, fp256x12 *out,
                      const fp256x12 *a);
/* a ^ (p^power), for a power of 1, 2 or 3. */
void fp256x12_frobenius(const struct fp256_tower *t, fp256x12 *out,
                        const fp256x12 *a, unsigned power);

/* a ^ 2, for a ^ (p^4 - p^2 + 1) = 1. */
void fp256x12_cyclotomic_square(const struct fp256_tower *t, fp256x12 *out,
                                const fp256x12 *a);
/* a ^ ((p^6 - 1)(p^2 + 1)): the easy part of a final exponentiation, after
 * which a is in the cyclotomic subgroup. */
void fp256x12_to_cyclotomic(const struct fp256_tower *t, fp256x12 *out,
                            const fp256x12 *a);
