#pragma once
/* Private keys in files under a password, as wallets exchange them: Web3
 * Secret Storage, version 3.
 *
 * Source   ethereum.org, "Web3 Secret Storage Definition"; go-ethereum's
 *          accounts/keystore for what it leaves open (address, scrypt's cost).
 * Limits   KEYSTORE_BYTES_MAX of text, and crypto/kdf.h's KDF_* for what a
 *          file may ask of memory and time.
 * Trust    the file may come from anyone; its MAC is compared in constant
 *          time, and what the password gives is wiped before returning.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define KEYSTORE_BYTES_MAX ((size_t)64 << 10)

/* The caller wipes *out with secret_fini(). LOFT_ERR_REFUSED: the password is
 * wrong. LOFT_ERR_CORRUPT: the key is not that of the file's address.
 * LOFT_ERR_FORMAT, LOFT_ERR_LIMIT: the file is no keystore of this version,
 * or beyond a limit. */
MUST_USE loft_err keystore_read(secret32 *out, bytes text, bytes password);

/* How a key is locked up. */
struct keystore_lock {
    bool is_pbkdf2;           /* else scrypt */
    struct kdf_scrypt scrypt; /* is_pbkdf2 leaves it out */
    uint32_t rounds;          /* of PBKDF2 */
    uint8_t salt[32], iv[16], id[16];
};

/* The cost that wallets use, 2^18 of scrypt in 256 MiB, and random bytes. */
void keystore_lock_init(struct keystore_lock *lock);

/* Appends the file's text. LOFT_ERR_REFUSED: the key is no private key of
 * secp256k1. Other errors are crypto/kdf.h's. */
MUST_USE loft_err keystore_write(struct buffer *out, const secret32 *key,
                                 bytes password,
                                 const struct keystore_lock *lock);
