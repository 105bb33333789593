#pragma once
/* Twelve to twenty-four English words that stand for a wallet's seed.
 *
 * Source   BIP-39.
 * Limits   the English list; a passphrase of ASCII characters, whose Unicode
 *          normal form is itself, up to MNEMONIC_PASSPHRASE_BYTES_MAX.
 * Trust    the phrase and the seed are secret: no sentence quotes a word, and
 *          the caller wipes both with memory_wipe().
 */
#include "base/bytes.h"
#include "base/err.h"

#define MNEMONIC_SEED_BYTES 64
#define MNEMONIC_PASSPHRASE_BYTES_MAX 256

/* Words are in lower case, with white space between and around them. The
 * passphrase may be empty. LOFT_ERR_FORMAT: a word that is not in the list, a
 * wrong count, or a wrong checksum, as a mistyped word nearly always gives.
 * LOFT_ERR_LIMIT: a passphrase that is too long. */
MUST_USE loft_err mnemonic_seed(uint8_t seed[MNEMONIC_SEED_BYTES], bytes phrase,
                                bytes passphrase);
