#pragma once
/* The keys that peers are known by, and what they sign.
 *
 * Ed25519 and secp256k1 keys are supported; RSA and ECDSA keys are named in
 * the error that refuses them. A secp256k1 key signs the SHA-256 of a message
 * in DER with a low s, an Ed25519 key the message itself.
 *
 * Source   libp2p/specs, peer-ids/peer-ids.md.
 * Errors   LOFT_ERR_FORMAT: not the one encoding of a key. LOFT_ERR_REFUSED:
 *          a kind of key that is not supported, or bytes that are no key.
 * Trust    signing is constant-time in the key.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"

/* As the PublicKey message has them. */
enum peer_key_type {
    PEER_KEY_RSA = 0,
    PEER_KEY_ED25519 = 1,
    PEER_KEY_SECP256K1 = 2,
    PEER_KEY_ECDSA = 3,
};

struct peer_public_key {
    enum peer_key_type type; /* Ed25519 or secp256k1 */
    uint8_t at[33];          /* 32 bytes, or a compressed point */
};

struct peer_private_key {
    struct peer_public_key public;
    secret32 secret; /* an Ed25519 seed, or a scalar */
};

#define PEER_SIGNATURE_BYTES_MAX 72

struct peer_signature {
    uint8_t at[PEER_SIGNATURE_BYTES_MAX];
    size_t len;
};

bool peer_public_key_equal(const struct peer_public_key *a,
                           const struct peer_public_key *b);

/* The PublicKey message, which has one form for each key. */
MUST_USE loft_err peer_public_key_read(struct peer_public_key *out, bytes from);
void peer_public_key_put(struct buffer *out, const struct peer_public_key *key);

/* From its secret; only a secp256k1 scalar can be refused. */
MUST_USE loft_err peer_private_key_init(struct peer_private_key *out,
                                        enum peer_key_type type,
                                        const secret32 *secret);
void peer_private_key_fini(struct peer_private_key *key);

/* The PrivateKey message, as key files hold it. Read in the older form of
 * Ed25519 as well, which repeats the public key. The buffer then holds a
 * secret: the caller wipes it. */
MUST_USE loft_err peer_private_key_read(struct peer_private_key *out,
                                        bytes from);
void peer_private_key_put(struct buffer *out,
                          const struct peer_private_key *key);

void peer_key_sign(struct peer_signature *out,
                   const struct peer_private_key *key, bytes message);
bool peer_key_verify(const struct peer_public_key *key, bytes signature,
                     bytes message);
