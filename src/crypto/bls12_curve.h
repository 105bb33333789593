#pragma once
/* Points of BLS12-381's two curves. Except where noted a point may be any of
 * its curve, of the prime-order subgroup or not, infinity too; equal,
 * opposite and infinite operands are found and answered. Outputs may be
 * inputs too. Time depends on the points and the scalars: these are public.
 * crypto/bls_signature.h multiplies by secrets.
 */
#include <stddef.h>

#include "base/u256.h"
#include "crypto/bls12_fp2.h"

void g1_double(g1 *out, const g1 *a);
void g1_add(g1 *out, const g1 *a, const g1 *b);
void g1_add_affine(g1 *out, const g1 *a, const g1_affine *b);
void g1_neg(g1 *out, const g1 *a);
void g1_from_affine(g1 *out, const g1_affine *a);
void g1_to_affine(g1_affine *out, const g1 *a);
/* With one inversion for all. */
void g1_to_affine_many(g1_affine *out, const g1 *in, size_t count);
void g1_affine_neg(g1_affine *out, const g1_affine *a);
bool g1_is_infinity(const g1 *a);
bool g1_affine_is_infinity(const g1_affine *a);
bool g1_equal(const g1 *a, const g1 *b);
bool g1_on_curve(const g1_affine *a);
bool g1_in_subgroup(const g1_affine *a);
/* Out of any point of the curve one of the subgroup: times 1 - x. */
void g1_clear_cofactor(g1 *out, const g1 *a);
/* The sum of scalars[i] points[i], points of the subgroup. */
void g1_msm(g1 *out, const g1_affine *points, const u256 *scalars,
            size_t count);

void g2_double(g2 *out, const g2 *a);
void g2_add(g2 *out, const g2 *a, const g2 *b);
void g2_add_affine(g2 *out, const g2 *a, const g2_affine *b);
void g2_neg(g2 *out, const g2 *a);
void g2_from_affine(g2 *out, const g2_affine *a);
void g2_to_affine(g2_affine *out, const g2 *a);
void g2_to_affine_many(g2_affine *out, const g2 *in, size_t count);
void g2_affine_neg(g2_affine *out, const g2_affine *a);
bool g2_is_infinity(const g2 *a);
bool g2_affine_is_infinity(const g2_affine *a);
bool g2_equal(const g2 *a, const g2 *b);
bool g2_on_curve(const g2_affine *a);
bool g2_in_subgroup(const g2_affine *a);
/* RFC 9380, G.3: times h_eff. */
void g2_clear_cofactor(g2 *out, const g2 *a);
void g2_msm(g2 *out, const g2_affine *points, const u256 *scalars,
            size_t count);
