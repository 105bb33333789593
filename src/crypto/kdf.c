#include "crypto/kdf.h"

#include <limits.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "base/assert.h"

static const char *text_of(bytes from)
{
    return from.len ? (const char *)from.at : "";
}

static loft_err check_lengths(size_t out_len, bytes password, bytes salt)
{
    ASSERT(out_len <= KDF_OUTPUT_BYTES_MAX);
    if (password.len > INT_MAX || salt.len > INT_MAX)
        return err_say(LOFT_ERR_LIMIT, "a password or salt of 2 GiB");
    return LOFT_OK;
}

static loft_err check_scrypt(const struct kdf_scrypt *params)
{
    uint64_t cost = params->cost, block = params->block, lanes = params->lanes;
    if (cost < 2 || (cost & (cost - 1)) != 0)
        return err_say(LOFT_ERR_FORMAT, "scrypt's n is not a power of two");
    if (block == 0 || lanes == 0)
        return err_say(LOFT_ERR_FORMAT, "scrypt's r or p is zero");
    if (cost > KDF_SCRYPT_WORK_MAX ||
        block * lanes > KDF_SCRYPT_WORK_MAX / cost)
        return err_say(LOFT_ERR_LIMIT, "scrypt's n * r * p is more than %u",
                       (unsigned)KDF_SCRYPT_WORK_MAX);
    if (128 * block * (cost + lanes + 2) > KDF_SCRYPT_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "scrypt would need more than %u MiB",
                       (unsigned)(KDF_SCRYPT_BYTES_MAX >> 20));
    return LOFT_OK;
}

/* libsodium's: OpenSSL's holds to RFC 7914's "less than 2^(128 * r / 8)" for
 * n, which published keystores and the wallets that read them do not. */
loft_err kdf_scrypt(uint8_t *out, size_t out_len, bytes password, bytes salt,
                    const struct kdf_scrypt *params)
{
    TRY(check_lengths(out_len, password, salt));
    TRY(check_scrypt(params));
    ASSERT(sodium_init() >= 0);
    ASSERT(crypto_pwhash_scryptsalsa208sha256_ll(
               (const uint8_t *)text_of(password), password.len,
               (const uint8_t *)text_of(salt), salt.len, params->cost,
               params->block, params->lanes, out, out_len) == 0);
    return LOFT_OK;
}

static loft_err pbkdf2(uint8_t *out, size_t out_len, bytes password, bytes salt,
                       uint32_t rounds, const EVP_MD *digest)
{
    TRY(check_lengths(out_len, password, salt));
    if (rounds == 0)
        return err_say(LOFT_ERR_FORMAT, "PBKDF2 of no rounds");
    if (rounds > KDF_PBKDF2_ROUNDS_MAX)
        return err_say(LOFT_ERR_LIMIT, "PBKDF2 of more than %u rounds",
                       KDF_PBKDF2_ROUNDS_MAX);
    ASSERT(PKCS5_PBKDF2_HMAC(text_of(password), (int)password.len,
                             (const uint8_t *)text_of(salt), (int)salt.len,
                             (int)rounds, digest, (int)out_len, out));
    return LOFT_OK;
}

loft_err kdf_pbkdf2_sha256(uint8_t *out, size_t out_len, bytes password,
                           bytes salt, uint32_t rounds)
{
    return pbkdf2(out, out_len, password, salt, rounds, EVP_sha256());
}

loft_err kdf_pbkdf2_sha512(uint8_t *out, size_t out_len, bytes password,
                           bytes salt, uint32_t rounds)
{
    return pbkdf2(out, out_len, password, salt, rounds, EVP_sha512());
}

void hmac_sha512(uint8_t out[64], bytes key, bytes data)
{
    ASSERT(key.len <= INT_MAX);
    ASSERT(HMAC(EVP_sha512(), text_of(key), (int)key.len, data.at, data.len,
                out, NULL));
}
