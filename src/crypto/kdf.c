#include "crypto/kdf.h"

#include <limits.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "base/assert.h"
#include "base/memory.h"

static const char *text_of(bytes from)
{
    return from.len ? (const char *)from.at : "";
}

static const uint8_t *data_of(bytes from)
{
    return (const uint8_t *)text_of(from);
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

void hkdf_sha256_extract(secret32 *out, bytes salt, bytes material)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, data_of(salt), salt.len);
    crypto_auth_hmacsha256_update(&state, data_of(material), material.len);
    crypto_auth_hmacsha256_final(&state, out->at);
    memory_wipe(&state, sizeof state);
}

void hkdf_sha256_expand(uint8_t *out, size_t out_len, const secret32 *key,
                        bytes info)
{
    crypto_auth_hmacsha256_state keyed, state;
    secret32 block;
    ASSERT(out_len <= HKDF_SHA256_BYTES_MAX);
    crypto_auth_hmacsha256_init(&keyed, key->at, sizeof key->at);
    for (size_t at = 0; at < out_len; at += sizeof block.at) {
        const uint8_t count = (uint8_t)(at / sizeof block.at + 1);
        size_t left = out_len - at;
        state = keyed;
        if (at > 0)
            crypto_auth_hmacsha256_update(&state, block.at, sizeof block.at);
        crypto_auth_hmacsha256_update(&state, data_of(info), info.len);
        crypto_auth_hmacsha256_update(&state, &count, 1);
        crypto_auth_hmacsha256_final(&state, block.at);
        memcpy(out + at, block.at,
               left < sizeof block.at ? left : sizeof block.at);
    }
    secret_fini(&block);
    memory_wipe(&keyed, sizeof keyed);
    memory_wipe(&state, sizeof state);
}
