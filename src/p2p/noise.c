#include "p2p/noise.h"

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/chacha20_poly1305.h"
#include "crypto/curve25519.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"

#define KEY_BYTES 32
#define FRAME_HEADER_BYTES 2

/* XX:  -> e    <- e, ee, s, es    -> s, se */
enum token { TOKEN_END, TOKEN_E, TOKEN_S, TOKEN_EE, TOKEN_ES, TOKEN_SE };

#define MESSAGES 3
#define TOKENS_MAX 5

static const enum token pattern[MESSAGES][TOKENS_MAX] = {
    {TOKEN_E},
    {TOKEN_E, TOKEN_EE, TOKEN_S, TOKEN_ES},
    {TOKEN_S, TOKEN_SE},
};

/* A name as long as a hash stands for itself. */
static const char protocol_name[] = "Noise_XX_25519_ChaChaPoly_SHA256";
_Static_assert(sizeof protocol_name - 1 == sizeof(hash32), "no hash needed");

static void mix_hash(struct noise_handshake *handshake, bytes data)
{
    struct buffer joined = {0};
    buffer_put(&joined, handshake->hash.at, sizeof handshake->hash.at);
    buffer_put_bytes(&joined, data);
    handshake->hash = sha256(buffer_bytes(&joined));
    buffer_free(&joined);
}

/* HKDF of two outputs, as Noise has it. */
static void derive(secret32 out[2], const secret32 *chaining_key,
                   bytes material)
{
    secret32 key;
    uint8_t both[2 * KEY_BYTES];
    hkdf_sha256_extract(&key, bytes_of(chaining_key->at, KEY_BYTES), material);
    hkdf_sha256_expand(both, sizeof both, &key, BYTES_EMPTY);
    memcpy(out[0].at, both, KEY_BYTES);
    memcpy(out[1].at, both + KEY_BYTES, KEY_BYTES);
    secret_fini(&key);
    memory_wipe(both, sizeof both);
}

static void mix_key(struct noise_handshake *handshake, const secret32 *shared)
{
    secret32 keys[2];
    derive(keys, &handshake->chaining_key, bytes_of(shared->at, KEY_BYTES));
    handshake->chaining_key = keys[0];
    handshake->cipher = (struct noise_cipher){.key = keys[1]};
    handshake->has_key = true;
    memory_wipe(keys, sizeof keys);
}

/* "The 96-bit nonce is formed by encoding 32 bits of zeros followed by
 * little-endian encoding of n." */
static loft_err take_nonce(uint8_t out[CHACHA20_POLY1305_NONCE_BYTES],
                           struct noise_cipher *cipher)
{
    if (cipher->nonce == UINT64_MAX)
        return err_say(LOFT_ERR_REFUSED, "noise: nonces are used up");
    store_le32(out, 0);
    store_le64(out + 4, cipher->nonce++);
    return LOFT_OK;
}

static loft_err seal_with(struct noise_cipher *cipher, struct buffer *out,
                          bytes data, bytes plain)
{
    uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES];
    TRY(take_nonce(nonce, cipher));
    chacha20_poly1305_seal(buffer_extend(out, plain.len + NOISE_TAG_BYTES),
                           &cipher->key, nonce, data, plain);
    return LOFT_OK;
}

/* The caller has seen to it that a tag is there. */
static loft_err open_with(struct noise_cipher *cipher, struct buffer *out,
                          bytes data, bytes sealed)
{
    uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES];
    size_t len = sealed.len - NOISE_TAG_BYTES;
    TRY(take_nonce(nonce, cipher));
    VEC_RESERVE(out, len + 1);
    if (!chacha20_poly1305_open(out->at + out->len, &cipher->key, nonce, data,
                                sealed))
        return err_say(LOFT_ERR_REFUSED,
                       "noise: a message that the key does not open");
    out->len += len;
    return LOFT_OK;
}

static loft_err encrypt_and_hash(struct noise_handshake *handshake,
                                 struct buffer *out, bytes plain)
{
    size_t start = out->len;
    if (!handshake->has_key)
        buffer_put_bytes(out, plain);
    else
        TRY(seal_with(&handshake->cipher, out, bytes_hash(&handshake->hash),
                      plain));
    mix_hash(handshake, bytes_of(out->at + start, out->len - start));
    return LOFT_OK;
}

static loft_err decrypt_and_hash(struct noise_handshake *handshake,
                                 struct buffer *out, bytes sealed)
{
    if (!handshake->has_key)
        buffer_put_bytes(out, sealed);
    else if (sealed.len < NOISE_TAG_BYTES)
        return err_say(LOFT_ERR_FORMAT, "noise: a message cut short");
    else
        TRY(open_with(&handshake->cipher, out, bytes_hash(&handshake->hash),
                      sealed));
    mix_hash(handshake, sealed);
    return LOFT_OK;
}

/* Whose key a token means is the initiator's first. */
static loft_err mix_agreement(struct noise_handshake *handshake,
                              enum token token)
{
    bool initiates = handshake->role == NOISE_INITIATOR;
    bool with_our_static = token == (initiates ? TOKEN_SE : TOKEN_ES);
    bool with_their_static = token == (initiates ? TOKEN_ES : TOKEN_SE);
    secret32 shared;
    TRY(x25519(&shared,
               with_our_static ? &handshake->static_key
                               : &handshake->ephemeral_key,
               with_their_static ? handshake->their_static
                                 : handshake->their_ephemeral));
    mix_key(handshake, &shared);
    secret_fini(&shared);
    return LOFT_OK;
}

static loft_err write_token(struct noise_handshake *handshake,
                            struct buffer *out, enum token token)
{
    bytes ephemeral = bytes_of(handshake->ephemeral_public, KEY_BYTES);
    switch (token) {
    case TOKEN_E:
        buffer_put_bytes(out, ephemeral);
        mix_hash(handshake, ephemeral);
        return LOFT_OK;
    case TOKEN_S:
        return encrypt_and_hash(handshake, out,
                                bytes_of(handshake->static_public, KEY_BYTES));
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
        return mix_agreement(handshake, token);
    case TOKEN_END:
        break;
    }
    return LOFT_OK;
}

static loft_err take(bytes *out, bytes *rest, size_t len)
{
    if (len > rest->len)
        return err_say(LOFT_ERR_FORMAT, "noise: a message cut short");
    *out = bytes_of(rest->at, len);
    *rest = bytes_of(rest->at + len, rest->len - len);
    return LOFT_OK;
}

static loft_err read_static(struct noise_handshake *handshake, bytes *rest)
{
    bytes sealed = BYTES_EMPTY;
    struct buffer plain = {0};
    TRY(take(&sealed, rest, KEY_BYTES + NOISE_TAG_BYTES));
    loft_err err = decrypt_and_hash(handshake, &plain, sealed);
    if (err == LOFT_OK)
        memcpy(handshake->their_static, plain.at, KEY_BYTES);
    buffer_free(&plain);
    return err;
}

static loft_err read_token(struct noise_handshake *handshake, bytes *rest,
                           enum token token)
{
    bytes key = BYTES_EMPTY;
    switch (token) {
    case TOKEN_E:
        TRY(take(&key, rest, KEY_BYTES));
        memcpy(handshake->their_ephemeral, key.at, KEY_BYTES);
        mix_hash(handshake, key);
        return LOFT_OK;
    case TOKEN_S:
        return read_static(handshake, rest);
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
        return mix_agreement(handshake, token);
    case TOKEN_END:
        break;
    }
    return LOFT_OK;
}

void noise_begin(struct noise_handshake *handshake,
                 const struct noise_config *config)
{
    *handshake = (struct noise_handshake){
        .role = config->role,
        .static_key = *config->static_key,
        .ephemeral_key = *config->ephemeral_key,
    };
    x25519_public(handshake->static_public, &handshake->static_key);
    x25519_public(handshake->ephemeral_public, &handshake->ephemeral_key);
    memcpy(handshake->hash.at, protocol_name, sizeof handshake->hash.at);
    memcpy(handshake->chaining_key.at, protocol_name, KEY_BYTES);
    mix_hash(handshake, config->prologue);
}

void noise_end(struct noise_handshake *handshake)
{
    memory_wipe(handshake, sizeof *handshake);
    handshake->failed = true;
}

bool noise_is_done(const struct noise_handshake *handshake)
{
    return !handshake->failed && handshake->messages == MESSAGES;
}

bool noise_is_to_write(const struct noise_handshake *handshake)
{
    bool is_initiators = handshake->messages % 2 == 0;
    return !handshake->failed && handshake->messages < MESSAGES &&
           is_initiators == (handshake->role == NOISE_INITIATOR);
}

static loft_err write_message(struct noise_handshake *handshake,
                              struct buffer *out, bytes payload)
{
    const enum token *tokens = pattern[handshake->messages++];
    for (; *tokens != TOKEN_END; tokens++)
        TRY(write_token(handshake, out, *tokens));
    return encrypt_and_hash(handshake, out, payload);
}

static loft_err read_message(struct noise_handshake *handshake,
                             struct buffer *payload, bytes message)
{
    const enum token *tokens = pattern[handshake->messages++];
    if (message.len > NOISE_MESSAGE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "noise: a message of %zu bytes",
                       message.len);
    for (; *tokens != TOKEN_END; tokens++)
        TRY(read_token(handshake, &message, *tokens));
    return decrypt_and_hash(handshake, payload, message);
}

loft_err noise_write(struct noise_handshake *handshake, struct buffer *out,
                     bytes payload)
{
    if (handshake->failed)
        return err_say(LOFT_ERR_REFUSED, "noise: the handshake has failed");
    ASSERT(noise_is_to_write(handshake));
    ASSERT(payload.len <= NOISE_PAYLOAD_BYTES_MAX);
    size_t start = out->len;
    loft_err err = write_message(handshake, out, payload);
    if (err != LOFT_OK) {
        out->len = start;
        noise_end(handshake);
    }
    return err;
}

loft_err noise_read(struct noise_handshake *handshake, struct buffer *payload,
                    bytes message)
{
    if (handshake->failed)
        return err_say(LOFT_ERR_REFUSED, "noise: the handshake has failed");
    ASSERT(!noise_is_done(handshake) && !noise_is_to_write(handshake));
    loft_err err = read_message(handshake, payload, message);
    if (err != LOFT_OK)
        noise_end(handshake);
    return err;
}

const uint8_t *noise_our_key(const struct noise_handshake *handshake)
{
    return handshake->static_public;
}

const uint8_t *noise_their_key(const struct noise_handshake *handshake)
{
    return handshake->their_static;
}

void noise_split(struct noise_session *out,
                 const struct noise_handshake *handshake)
{
    secret32 keys[2];
    ASSERT(noise_is_done(handshake));
    bool initiates = handshake->role == NOISE_INITIATOR;
    derive(keys, &handshake->chaining_key, BYTES_EMPTY);
    *out = (struct noise_session){
        .send.key = keys[initiates ? 0 : 1],
        .receive.key = keys[initiates ? 1 : 0],
        .handshake_hash = handshake->hash,
    };
    memory_wipe(keys, sizeof keys);
}

void noise_session_fini(struct noise_session *session)
{
    memory_wipe(session, sizeof *session);
}

loft_err noise_seal(struct noise_cipher *cipher, struct buffer *out,
                    bytes plain)
{
    ASSERT(plain.len <= NOISE_PLAIN_BYTES_MAX);
    return seal_with(cipher, out, BYTES_EMPTY, plain);
}

loft_err noise_seal_from(struct noise_cipher *cipher, struct buffer *out,
                         size_t start)
{
    uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES];
    size_t len = out->len - start;
    ASSERT(start <= out->len && len <= NOISE_PLAIN_BYTES_MAX);
    TRY(take_nonce(nonce, cipher));
    buffer_extend(out, NOISE_TAG_BYTES);
    uint8_t *at = out->at + start;
    chacha20_poly1305_seal(at, &cipher->key, nonce, BYTES_EMPTY,
                           bytes_of(at, len));
    return LOFT_OK;
}

loft_err noise_open(struct noise_cipher *cipher, struct buffer *out,
                    bytes sealed)
{
    if (sealed.len < NOISE_TAG_BYTES)
        return err_say(LOFT_ERR_FORMAT, "noise: a message cut short");
    if (sealed.len > NOISE_MESSAGE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "noise: a message of %zu bytes",
                       sealed.len);
    return open_with(cipher, out, BYTES_EMPTY, sealed);
}

bool noise_next_frame(bytes *message, bytes *rest)
{
    if (rest->len < FRAME_HEADER_BYTES)
        return false;
    size_t len = load_be16(rest->at), whole = FRAME_HEADER_BYTES + len;
    if (rest->len < whole)
        return false;
    *message = bytes_of(rest->at + FRAME_HEADER_BYTES, len);
    *rest = bytes_of(rest->at + whole, rest->len - whole);
    return true;
}

size_t noise_open_frame(struct buffer *out)
{
    buffer_extend(out, FRAME_HEADER_BYTES);
    return out->len;
}

void noise_close_frame(struct buffer *out, size_t opened)
{
    size_t len = out->len - opened;
    ASSERT(len <= NOISE_MESSAGE_BYTES_MAX);
    store_be16(out->at + opened - FRAME_HEADER_BYTES, (uint16_t)len);
}
