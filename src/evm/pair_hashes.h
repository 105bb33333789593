#pragma once
/* Remembers the Keccak hashes of 64 bytes: a key and a slot, by which Solidity
 * finds what a mapping holds. The same few come again, twice within a token's
 * transfer alone, and one takes longer than all else that a SLOAD does.
 *
 * What is remembered is compared whole, so that an attacker gains no more than
 * having it forgotten.
 */
#include <stdbool.h>

#include "base/bytes.h"

#define PAIR_BYTES 64
#define PAIR_HASHES 128 /* a power of two */

struct pair_hashes {
    struct pair_hash {
        uint8_t pair[PAIR_BYTES];
        hash32 hash;
        bool is_set;
    } at[PAIR_HASHES];
};

hash32 pair_hashes_find(struct pair_hashes *hashes, const uint8_t *pair);
