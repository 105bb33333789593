#include "crypto/ecdsa.h"

#include <secp256k1_recovery.h>

#include "base/assert.h"
#include "crypto/keccak.h"
#include "crypto/secp256k1_context.h"

const u256 ECDSA_ORDER = {{0xbfd25e8cd0364141, 0xbaaedce6af48a03b,
                           0xfffffffffffffffe, 0xffffffffffffffff}};
const u256 ECDSA_HALF_ORDER = {{0xdfe92f46681b20a0, 0x5d576e7357a4501d,
                                0xffffffffffffffff, 0x7fffffffffffffff}};

static address address_of(const secp256k1_pubkey *key)
{
    uint8_t point[65];
    size_t len = sizeof point;
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, point, &len, key,
                                  SECP256K1_EC_UNCOMPRESSED);
    hash32 hash = keccak256(bytes_of(point + 1, sizeof point - 1));
    address out;
    memcpy(out.at, hash.at + 12, sizeof out.at);
    return out;
}

bool ecdsa_recover(address *signer, const hash32 *digest,
                   const struct ecdsa_signature *signature)
{
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    uint8_t compact[64];
    if (signature->parity > 1 || u256_is_zero(signature->r) ||
        u256_is_zero(signature->s) || !u256_less(signature->r, ECDSA_ORDER) ||
        !u256_less(signature->s, ECDSA_ORDER))
        return false;
    u256_store_be(compact, signature->r);
    u256_store_be(compact + 32, signature->s);
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(
            secp256k1_context_static, &parsed, compact, signature->parity) ||
        !secp256k1_ecdsa_recover(secp256k1_context_static, &key, &parsed,
                                 digest->at))
        return false;
    *signer = address_of(&key);
    return true;
}

static loft_err bad_key(void)
{
    return err_say(LOFT_ERR_REFUSED,
                   "a private key that is zero or not below the order");
}

loft_err ecdsa_sign(struct ecdsa_signature *out, const hash32 *digest,
                    const secret32 *key)
{
    secp256k1_ecdsa_recoverable_signature made;
    uint8_t compact[64];
    int parity;
    /* The default nonce is RFC 6979's, and the library makes s low. */
    if (!secp256k1_ecdsa_sign_recoverable(secp256k1_signing_context(), &made,
                                          digest->at, key->at, NULL, NULL))
        return bad_key();
    secp256k1_ecdsa_recoverable_signature_serialize_compact(
        secp256k1_context_static, compact, &parity, &made);
    /* 2 and 3 say that the nonce's x is not below the order: one in 2^127. */
    ASSERT(parity == 0 || parity == 1);
    out->r = u256_load_be(compact);
    out->s = u256_load_be(compact + 32);
    out->parity = (uint8_t)parity;
    return LOFT_OK;
}

loft_err ecdsa_address(address *out, const secret32 *key)
{
    secp256k1_pubkey point;
    if (!secp256k1_ec_pubkey_create(secp256k1_signing_context(), &point,
                                    key->at))
        return bad_key();
    *out = address_of(&point);
    return LOFT_OK;
}
