#pragma once
/* Keys from passwords, and the HMAC that wallets derive keys with.
 *
 * Source   RFC 7914 (scrypt), RFC 8018 (PBKDF2), RFC 2104 (HMAC),
 *          RFC 5869 (HKDF).
 * Limits   the KDF_* below: parameters come from files, and a file must not
 *          be able to fill the memory or stop the program for hours.
 * Errors   LOFT_ERR_LIMIT: a parameter beyond its limit. LOFT_ERR_FORMAT: one
 *          that the algorithm does not allow.
 */
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/secret.h"

/* What wallets write is cost 2^18 with blocks of 8: 256 MiB, 2^21 of work. */
#define KDF_SCRYPT_BYTES_MAX ((uint64_t)512 << 20) /* all it allocates */
#define KDF_SCRYPT_WORK_MAX ((uint64_t)1 << 24)    /* cost * block * lanes */
#define KDF_PBKDF2_ROUNDS_MAX ((uint32_t)1 << 24)
#define KDF_OUTPUT_BYTES_MAX 1024

struct kdf_scrypt {
    uint64_t cost;  /* N, a power of two, at least 2 */
    uint32_t block; /* r, at least 1 */
    uint32_t lanes; /* p, at least 1 */
};

MUST_USE loft_err kdf_scrypt(uint8_t *out, size_t out_len, bytes password,
                             bytes salt, const struct kdf_scrypt *params);

/* rounds of at least 1. */
MUST_USE loft_err kdf_pbkdf2_sha256(uint8_t *out, size_t out_len,
                                    bytes password, bytes salt,
                                    uint32_t rounds);
MUST_USE loft_err kdf_pbkdf2_sha512(uint8_t *out, size_t out_len,
                                    bytes password, bytes salt,
                                    uint32_t rounds);

void hmac_sha512(uint8_t out[64], bytes key, bytes data);

/* HKDF's two steps: one key from material of any kind, and as many bytes from
 * it as wanted, at most HKDF_SHA256_BYTES_MAX. */
#define HKDF_SHA256_BYTES_MAX ((size_t)255 * 32)
void hkdf_sha256_extract(secret32 *out, bytes salt, bytes material);
void hkdf_sha256_expand(uint8_t *out, size_t out_len, const secret32 *key,
                        bytes info);
