#pragma once
/* Powers of the secret tau of the public KZG ceremony, as points: as many as
 * checks of whole blobs need.
 *
 * Source  consensus-specs, the trusted setup of 4096 powers. The test holds
 *         each power against the one before it.
 */
#include <stdint.h>

#include "crypto/bls12_encoding.h"

#define KZG_SETUP_G1_COUNT 64

/* [tau^i] of G1; the first is the generator. */
extern const uint8_t KZG_SETUP_G1[KZG_SETUP_G1_COUNT][G1_COMPRESSED_LEN];
/* [tau^64] of G2. */
extern const uint8_t KZG_SETUP_TAU_64_G2[G2_COMPRESSED_LEN];
