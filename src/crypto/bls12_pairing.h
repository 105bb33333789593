#pragma once
/* The optimal ate pairing of BLS12-381.
 *
 * Source   Vercauteren, "Optimal pairings" (2008); Costello, Lange and
 *          Naehrig, "Faster pairing computations on curves with high-degree
 *          twists" (2010); Hayashida, Hayasaka and Teruya (2020) for the final
 *          exponentiation.
 */
#include <stddef.h>

#include "crypto/bls12_types.h"

/* Is the product of the pairings e(p[i], q[i]) one? For points of the
 * subgroups; infinity pairs to one, and so does no pair at all. Time depends
 * on count alone but for infinite points. */
bool bls12_pairing_is_one(const g1_affine *p, const g2_affine *q, size_t count);

/* What pairing with one point of G2 needs of it, for a point that is paired
 * often: 19 KiB, and an eighth of the time of a check of two. */
#define BLS12_LINES 68
struct bls12_lines {
    fp2 at[BLS12_LINES][3];
};

/* q is not infinite. */
void bls12_lines_make(struct bls12_lines *out, const g2_affine *q);
bool bls12_pairing_is_one_by_lines(const g1_affine *p,
                                   const struct bls12_lines *const *q,
                                   size_t count);
