#include "crypto/ecdsa_der.h"

#include "base/assert.h"
#include "crypto/secp256k1_context.h"

loft_err ecdsa_public_key(uint8_t out[ECDSA_KEY_BYTES], const secret32 *key)
{
    secp256k1_pubkey point;
    size_t len = ECDSA_KEY_BYTES;
    if (!secp256k1_ec_pubkey_create(secp256k1_signing_context(), &point,
                                    key->at))
        return err_say(LOFT_ERR_REFUSED, "not a private key");
    ASSERT(secp256k1_ec_pubkey_serialize(secp256k1_context_static, out, &len,
                                         &point, SECP256K1_EC_COMPRESSED));
    return LOFT_OK;
}

bool ecdsa_key_is_valid(const uint8_t key[ECDSA_KEY_BYTES])
{
    secp256k1_pubkey point;
    return secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, key,
                                     ECDSA_KEY_BYTES);
}

loft_err ecdsa_sign_der(uint8_t out[ECDSA_DER_BYTES_MAX], size_t *len,
                        const hash32 *digest, const secret32 *key)
{
    secp256k1_ecdsa_signature signature;
    *len = ECDSA_DER_BYTES_MAX;
    if (!secp256k1_ecdsa_sign(secp256k1_signing_context(), &signature,
                              digest->at, key->at, NULL, NULL))
        return err_say(LOFT_ERR_REFUSED, "not a private key");
    ASSERT(secp256k1_ecdsa_signature_serialize_der(secp256k1_context_static,
                                                   out, len, &signature));
    return LOFT_OK;
}

/* The library's reader of DER forgives numbers that do not fit: only what is
 * written again as it was read is taken. */
static bool is_strict(const secp256k1_ecdsa_signature *parsed, bytes signature)
{
    uint8_t again[ECDSA_DER_BYTES_MAX];
    size_t len = sizeof again;
    return secp256k1_ecdsa_signature_serialize_der(secp256k1_context_static,
                                                   again, &len, parsed) &&
           bytes_equal(bytes_of(again, len), signature);
}

bool ecdsa_verify_der(bytes signature, const hash32 *digest,
                      const uint8_t key[ECDSA_KEY_BYTES])
{
    secp256k1_pubkey point;
    secp256k1_ecdsa_signature parsed;
    const secp256k1_context *context = secp256k1_context_static;
    return signature.len > 0 && signature.len <= ECDSA_DER_BYTES_MAX &&
           secp256k1_ec_pubkey_parse(context, &point, key, ECDSA_KEY_BYTES) &&
           secp256k1_ecdsa_signature_parse_der(context, &parsed, signature.at,
                                               signature.len) &&
           is_strict(&parsed, signature) &&
           secp256k1_ecdsa_verify(context, &parsed, digest->at, &point);
}
