#include "p2p/peer_key.h"

#include <stddef.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/protobuf.h"
#include "crypto/curve25519.h"
#include "crypto/digest.h"
#include "crypto/ecdsa_der.h"

/* An RSA key of 4096 bits and its wrapping: read in order to be named. */
#define KEY_DATA_BYTES_MAX 4096

struct key_message {
    struct protobuf_number type;
    bytes data;
};

static const struct protobuf_rule key_rules[] = {
    {1, PROTOBUF_NUMBER, true, offsetof(struct key_message, type), 3, 0},
    {2, PROTOBUF_BYTES, true, offsetof(struct key_message, data),
     KEY_DATA_BYTES_MAX, 0},
};

static const struct protobuf_shape key_shape = {
    key_rules, ARRAY_LEN(key_rules), sizeof(struct key_message), "key"};

static loft_err refuse_type(uint64_t type)
{
    static const char *const names[] = {"RSA", "Ed25519", "secp256k1", "ECDSA"};
    ASSERT(type < ARRAY_LEN(names));
    return err_say(LOFT_ERR_REFUSED, "keys of type %s are not supported",
                   names[type]);
}

static size_t public_len(enum peer_key_type type)
{
    return type == PEER_KEY_ED25519 ? 32 : ECDSA_KEY_BYTES;
}

bool peer_public_key_equal(const struct peer_public_key *a,
                           const struct peer_public_key *b)
{
    return a->type == b->type && memcmp(a->at, b->at, public_len(a->type)) == 0;
}

static loft_err check_point(const struct peer_public_key *key)
{
    if (key->type == PEER_KEY_SECP256K1 && !ecdsa_key_is_valid(key->at))
        return err_say(LOFT_ERR_REFUSED, "not a point of secp256k1");
    return LOFT_OK;
}

/* "Fields must be minimally encoded [...] in tag order [...] No additional
 * fields may be defined": what is not as it would be written is refused. */
static loft_err check_form(const struct key_message *message, bytes from)
{
    struct buffer again = {0};
    protobuf_put(&again, message, &key_shape);
    bool same = bytes_equal(buffer_bytes(&again), from);
    if (again.len)
        memory_wipe(again.at, again.len);
    buffer_free(&again);
    if (!same)
        return err_say(LOFT_ERR_FORMAT, "a key that is not in its one form");
    return LOFT_OK;
}

static loft_err read_message(struct key_message *out, bytes from)
{
    TRY(protobuf_read(NULL, out, &key_shape, from));
    return check_form(out, from);
}

loft_err peer_public_key_read(struct peer_public_key *out, bytes from)
{
    struct key_message message;
    TRY(read_message(&message, from));
    *out = (struct peer_public_key){
        .type = (enum peer_key_type)message.type.value};
    if (out->type != PEER_KEY_ED25519 && out->type != PEER_KEY_SECP256K1)
        return refuse_type(message.type.value);
    if (message.data.len != public_len(out->type))
        return err_say(LOFT_ERR_FORMAT, "a public key of %zu bytes",
                       message.data.len);
    memcpy(out->at, message.data.at, message.data.len);
    return check_point(out);
}

void peer_public_key_put(struct buffer *out, const struct peer_public_key *key)
{
    const struct key_message message = {{key->type, true},
                                        {key->at, public_len(key->type)}};
    protobuf_put(out, &message, &key_shape);
}

loft_err peer_private_key_init(struct peer_private_key *out,
                               enum peer_key_type type, const secret32 *secret)
{
    *out = (struct peer_private_key){.public.type = type, .secret = *secret};
    if (type == PEER_KEY_SECP256K1)
        return ecdsa_public_key(out->public.at, secret);
    if (type != PEER_KEY_ED25519)
        return refuse_type(type);
    ed25519_public(out->public.at, secret);
    return LOFT_OK;
}

void peer_private_key_fini(struct peer_private_key *key)
{
    secret_fini(&key->secret);
}

/* "[private key bytes][public key bytes] (64 bytes)"; "Older versions of the
 * libp2p code used the following format: [private key][public key][public
 * key]": each copy has to be the seed's. */
static loft_err check_copies(const struct peer_private_key *key, bytes data)
{
    for (size_t at = 32; at < data.len; at += 32)
        if (memcmp(data.at + at, key->public.at, 32) != 0)
            return err_say(LOFT_ERR_FORMAT,
                           "a private key with another's public key");
    return LOFT_OK;
}

static bool private_len_fits(enum peer_key_type type, size_t len)
{
    return type == PEER_KEY_ED25519 ? len == 64 || len == 96 : len == 32;
}

static loft_err take_secret(struct peer_private_key *out,
                            const struct key_message *message)
{
    secret32 secret;
    enum peer_key_type type = (enum peer_key_type)message->type.value;
    if (type != PEER_KEY_ED25519 && type != PEER_KEY_SECP256K1)
        return refuse_type(type);
    if (!private_len_fits(type, message->data.len))
        return err_say(LOFT_ERR_FORMAT, "a private key of %zu bytes",
                       message->data.len);
    memcpy(secret.at, message->data.at, sizeof secret.at);
    loft_err err = peer_private_key_init(out, type, &secret);
    secret_fini(&secret);
    return err == LOFT_OK ? check_copies(out, message->data) : err;
}

loft_err peer_private_key_read(struct peer_private_key *out, bytes from)
{
    struct key_message message;
    TRY(read_message(&message, from));
    loft_err err = take_secret(out, &message);
    if (err != LOFT_OK)
        peer_private_key_fini(out);
    return err;
}

void peer_private_key_put(struct buffer *out,
                          const struct peer_private_key *key)
{
    uint8_t pair[64];
    size_t len = key->public.type == PEER_KEY_ED25519 ? 64 : 32;
    memcpy(pair, key->secret.at, 32);
    memcpy(pair + 32, key->public.at, 32);
    const struct key_message message = {{key->public.type, true}, {pair, len}};
    /* Room ahead of writing: growing would leave a copy behind. */
    VEC_RESERVE(out, sizeof pair + 8);
    protobuf_put(out, &message, &key_shape);
    memory_wipe(pair, sizeof pair);
}

void peer_key_sign(struct peer_signature *out,
                   const struct peer_private_key *key, bytes message)
{
    if (key->public.type == PEER_KEY_ED25519) {
        ed25519_sign(out->at, message, &key->secret);
        out->len = 64;
        return;
    }
    hash32 digest = sha256(message);
    /* A private key that was made is one that signs. */
    ASSERT(ecdsa_sign_der(out->at, &out->len, &digest, &key->secret) ==
           LOFT_OK);
}

bool peer_key_verify(const struct peer_public_key *key, bytes signature,
                     bytes message)
{
    if (key->type == PEER_KEY_ED25519)
        return signature.len == 64 &&
               ed25519_verify(signature.at, message, key->at);
    hash32 digest = sha256(message);
    return ecdsa_verify_der(signature, &digest, key->at);
}
