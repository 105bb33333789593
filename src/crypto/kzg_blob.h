#pragma once
/* Whether a blob is what its commitment commits to: 4096 scalars, which are a
 * polynomial's values.
 *
 * Source   consensus-specs, deneb/polynomial-commitments.md:
 *          verify_blob_kzg_proof; fulu/polynomial-commitments-sampling.md:
 *          verify_cell_kzg_proof_batch, over all cells of one blob.
 * Limits   some milliseconds; half a megabyte of memory while it lasts.
 * Trust    every argument is foreign. False as well where one is malformed: a
 *          scalar that is not below the order, a point not of the subgroup.
 * Threads  any.
 */
#include "base/attributes.h"
#include "crypto/kzg.h"

#define KZG_BLOB_LEN 131072
#define KZG_CELLS 128 /* of a blob and as much again that follows from it */

/* EIP-4844: one proof, at a point that all of these choose. */
MUST_USE bool kzg_verify_blob(const uint8_t blob[KZG_BLOB_LEN],
                              const uint8_t commitment[G1_COMPRESSED_LEN],
                              const uint8_t proof[G1_COMPRESSED_LEN]);

/* EIP-7594: a proof a cell. */
MUST_USE bool
kzg_verify_cells(const uint8_t blob[KZG_BLOB_LEN],
                 const uint8_t commitment[G1_COMPRESSED_LEN],
                 const uint8_t proofs[KZG_CELLS][G1_COMPRESSED_LEN]);
