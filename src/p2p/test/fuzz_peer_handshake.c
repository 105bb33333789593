/* The payload of one who holds the Noise keys and means ill: to either side,
 * by the first byte. What is read names a peer, and leaves the handshake where
 * it belongs; the corpus holds payloads that are signed for its static key. */
#include "base/assert.h"
#include "p2p/peer_handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const secret32 honest_static = {.at = {1}};
static const secret32 honest_ephemeral = {.at = {2}};
static const secret32 hostile_static = {.at = {3}};
static const secret32 hostile_ephemeral = {.at = {4}};
static const char *const muxers[] = {"/yamux/1.0.0"};

static void begin(struct peer_handshake *honest,
                  struct noise_handshake *hostile,
                  const struct peer_private_key *identity, bool initiates)
{
    const struct peer_handshake_config config = {
        .role = initiates ? NOISE_INITIATOR : NOISE_RESPONDER,
        .identity = identity,
        .static_key = &honest_static,
        .ephemeral_key = &honest_ephemeral,
        .muxers = muxers,
        .muxer_count = 1,
    };
    const struct noise_config other = {
        .role = initiates ? NOISE_RESPONDER : NOISE_INITIATOR,
        .static_key = &hostile_static,
        .ephemeral_key = &hostile_ephemeral,
    };
    peer_handshake_begin(honest, &config);
    noise_begin(hostile, &other);
}

static void hear(struct noise_handshake *hostile, struct peer_handshake *honest)
{
    struct buffer frame = {0}, payload = {0};
    bytes message = BYTES_EMPTY;
    ASSERT(peer_handshake_write(honest, &frame) == LOFT_OK);
    bytes rest = buffer_bytes(&frame);
    ASSERT(noise_next_frame(&message, &rest));
    ASSERT(noise_read(hostile, &payload, message) == LOFT_OK);
    buffer_free(&frame);
    buffer_free(&payload);
}

static loft_err say(struct peer_handshake *honest,
                    struct noise_handshake *hostile, bytes payload)
{
    struct buffer message = {0};
    ASSERT(noise_write(hostile, &message, payload) == LOFT_OK);
    loft_err err = peer_handshake_read(honest, buffer_bytes(&message));
    buffer_free(&message);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct peer_private_key identity;
    struct peer_handshake honest;
    struct noise_handshake hostile;
    const secret32 secret = {.at = {5}};
    if (len == 0 || len > NOISE_PAYLOAD_BYTES_MAX)
        return 0;
    bool initiates = data[0] & 1;
    ASSERT(peer_private_key_init(&identity, PEER_KEY_ED25519, &secret) ==
           LOFT_OK);
    begin(&honest, &hostile, &identity, initiates);
    if (!initiates)
        ASSERT(say(&honest, &hostile, BYTES_EMPTY) == LOFT_OK);
    hear(&hostile, &honest);
    loft_err err = say(&honest, &hostile, bytes_of(data + 1, len - 1));
    ASSERT((err == LOFT_OK) == peer_handshake_is_done(&honest) ||
           (err == LOFT_OK && peer_handshake_is_to_write(&honest)));
    if (err == LOFT_OK)
        ASSERT(honest.their_id.len > 0 && honest.muxer <= 0);
    peer_handshake_end(&honest);
    noise_end(&hostile);
    return 0;
}
