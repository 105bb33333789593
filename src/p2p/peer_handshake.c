#include "p2p/peer_handshake.h"

#include <stddef.h>

#include "base/assert.h"
#include "codec/protobuf.h"

#define KEY_BYTES_MAX 4096 /* so that other kinds of key are named */
#define EXTENSION_BYTES_MAX 4096
#define SIGNED_BYTES (sizeof signature_prefix - 1 + 32)

struct extensions_message {
    struct protobuf_list muxers;
};

static const struct protobuf_rule extensions_rules[] = {
    {2, PROTOBUF_LIST, false, offsetof(struct extensions_message, muxers),
     PEER_MUXER_BYTES_MAX, PEER_MUXERS_MAX},
};

static const struct protobuf_shape extensions_shape = {
    extensions_rules, ARRAY_LEN(extensions_rules),
    sizeof(struct extensions_message), "noise extensions"};

struct payload_message {
    bytes key, signature, extensions;
};

static const struct protobuf_rule payload_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct payload_message, key),
     KEY_BYTES_MAX, 0},
    {2, PROTOBUF_BYTES, true, offsetof(struct payload_message, signature),
     PEER_SIGNATURE_BYTES_MAX, 0},
    {4, PROTOBUF_BYTES, false, offsetof(struct payload_message, extensions),
     EXTENSION_BYTES_MAX, 0},
};

static const struct protobuf_shape payload_shape = {
    payload_rules, ARRAY_LEN(payload_rules), sizeof(struct payload_message),
    "noise payload"};

static const char signature_prefix[] = "noise-libp2p-static-key:";

static void put_signed(uint8_t out[SIGNED_BYTES], const uint8_t static_key[32])
{
    memcpy(out, signature_prefix, sizeof signature_prefix - 1);
    memcpy(out + sizeof signature_prefix - 1, static_key, 32);
}

static void put_extensions(struct buffer *out,
                           const struct peer_handshake *handshake)
{
    bytes muxers[PEER_MUXERS_MAX];
    for (size_t i = 0; i < handshake->muxer_count; i++)
        muxers[i] = bytes_str(handshake->muxers[i]);
    const struct extensions_message message = {
        {muxers, handshake->muxer_count}};
    protobuf_put(out, &message, &extensions_shape);
}

static void put_payload(struct buffer *out,
                        const struct peer_handshake *handshake)
{
    uint8_t text[SIGNED_BYTES];
    struct peer_signature signature;
    struct buffer key = {0}, extensions = {0};
    put_signed(text, noise_our_key(&handshake->noise));
    peer_key_sign(&signature, handshake->identity, bytes_of(text, sizeof text));
    peer_public_key_put(&key, &handshake->identity->public);
    put_extensions(&extensions, handshake);
    const struct payload_message message = {
        .key = buffer_bytes(&key),
        .signature = bytes_of(signature.at, signature.len),
        .extensions = buffer_bytes(&extensions),
    };
    protobuf_put(out, &message, &payload_shape);
    buffer_free(&key);
    buffer_free(&extensions);
}

static loft_err check_identity(struct peer_handshake *handshake,
                               const struct payload_message *message)
{
    uint8_t text[SIGNED_BYTES];
    TRY(peer_public_key_read(&handshake->their_key, message->key));
    put_signed(text, noise_their_key(&handshake->noise));
    if (!peer_key_verify(&handshake->their_key, message->signature,
                         bytes_of(text, sizeof text)))
        return err_say(LOFT_ERR_REFUSED,
                       "noise: an identity that did not sign its static key");
    handshake->their_id = peer_id_of(&handshake->their_key);
    if (handshake->expected.len &&
        !peer_id_equal(&handshake->expected, &handshake->their_id))
        return err_say(LOFT_ERR_REFUSED, "noise: another peer than expected");
    return LOFT_OK;
}

/* Our place of one of their names, or PEER_MUXER_NONE. */
static int find_muxer(const struct peer_handshake *handshake, bytes name)
{
    for (size_t i = 0; i < handshake->muxer_count; i++)
        if (bytes_equal(bytes_str(handshake->muxers[i]), name))
            return (int)i;
    return PEER_MUXER_NONE;
}

/* "The multiplexer to use is determined by picking the first item from the
 * initiator's list that both parties support." */
static loft_err choose_muxer(struct peer_handshake *handshake,
                             const struct protobuf_list *theirs)
{
    bool initiates = handshake->noise.role == NOISE_INITIATOR;
    int best = PEER_MUXER_NONE;
    if (theirs->len == 0 || handshake->muxer_count == 0)
        return LOFT_OK;
    for (size_t i = 0; i < theirs->len; i++) {
        int found = find_muxer(handshake, theirs->at[i]);
        bool is_better = best == PEER_MUXER_NONE || (initiates && found < best);
        if (found != PEER_MUXER_NONE && is_better)
            best = found;
    }
    if (best == PEER_MUXER_NONE)
        return err_say(LOFT_ERR_REFUSED,
                       "noise: no stream multiplexer in common");
    handshake->muxer = best;
    return LOFT_OK;
}

static loft_err read_payload(struct peer_handshake *handshake,
                             struct arena *arena, bytes payload)
{
    struct payload_message message;
    struct extensions_message extensions;
    TRY(protobuf_read(arena, &message, &payload_shape, payload));
    TRY(check_identity(handshake, &message));
    TRY(protobuf_read(arena, &extensions, &extensions_shape,
                      message.extensions));
    return choose_muxer(handshake, &extensions.muxers);
}

/* The first message is in the clear: libp2p has nothing to say in it. */
static loft_err take_payload(struct peer_handshake *handshake, bool is_first,
                             bytes payload)
{
    struct arena arena;
    if (is_first && payload.len == 0)
        return LOFT_OK;
    if (is_first)
        return err_say(LOFT_ERR_FORMAT, "noise: a payload in the clear");
    arena_init(&arena);
    loft_err err = read_payload(handshake, &arena, payload);
    arena_fini(&arena);
    return err;
}

void peer_handshake_begin(struct peer_handshake *handshake,
                          const struct peer_handshake_config *config)
{
    const struct noise_config noise = {
        .role = config->role,
        .static_key = config->static_key,
        .ephemeral_key = config->ephemeral_key,
    };
    ASSERT(config->muxer_count <= PEER_MUXERS_MAX);
    *handshake = (struct peer_handshake){
        .identity = config->identity,
        .muxers = config->muxers,
        .muxer_count = config->muxer_count,
        .muxer = PEER_MUXER_NONE,
    };
    if (config->expected)
        handshake->expected = *config->expected;
    noise_begin(&handshake->noise, &noise);
}

void peer_handshake_end(struct peer_handshake *handshake)
{
    noise_end(&handshake->noise);
}

bool peer_handshake_is_done(const struct peer_handshake *handshake)
{
    return noise_is_done(&handshake->noise);
}

bool peer_handshake_is_to_write(const struct peer_handshake *handshake)
{
    return noise_is_to_write(&handshake->noise);
}

loft_err peer_handshake_write(struct peer_handshake *handshake,
                              struct buffer *out)
{
    struct buffer payload = {0};
    size_t start = out->len, opened = noise_open_frame(out);
    if (handshake->noise.messages > 0)
        put_payload(&payload, handshake);
    loft_err err = noise_write(&handshake->noise, out, buffer_bytes(&payload));
    if (err == LOFT_OK)
        noise_close_frame(out, opened);
    else
        out->len = start;
    buffer_free(&payload);
    return err;
}

loft_err peer_handshake_read(struct peer_handshake *handshake, bytes message)
{
    struct buffer payload = {0};
    bool is_first = handshake->noise.messages == 0;
    loft_err err = noise_read(&handshake->noise, &payload, message);
    if (err == LOFT_OK)
        err = take_payload(handshake, is_first, buffer_bytes(&payload));
    if (err != LOFT_OK)
        peer_handshake_end(handshake);
    buffer_free(&payload);
    return err;
}
