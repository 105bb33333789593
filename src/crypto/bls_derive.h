#pragma once
/* A tree of secret keys for BLS signatures that all grow from one seed.
 *
 * Source   EIP-2333 for the tree, EIP-2334 for a validator's place in it.
 * Trust    no branch and no address depends on the seed or a key; whoever has
 *          a key has all below it. Callers wipe keys with secret_fini().
 */
#include "base/bytes.h"
#include "base/err.h"
#include "crypto/secret.h"

#define BLS_SEED_BYTES_MIN 32

/* The tree's root. LOFT_ERR_REFUSED: the seed is shorter than
 * BLS_SEED_BYTES_MIN. */
MUST_USE loft_err bls_derive_master(secret32 *out, bytes seed);

/* Replaces a key by its child. */
void bls_derive_child(secret32 *key, uint32_t index);

/* The keys of validator `index`: the one that its funds are withdrawn with,
 * m/12381/3600/index/0, and the one it signs with, m/12381/3600/index/0/0.
 * Errors as bls_derive_master(). */
MUST_USE loft_err bls_derive_validator(secret32 *withdrawal, secret32 *signing,
                                       bytes seed, uint32_t index);
