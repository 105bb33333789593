/* Either side of a handshake whose other side turns hostile at one message.
 *
 * First byte: bits 0 and 1 choose the message (the fourth is the first of the
 * session), bit 2 whether the rest of the input stands in for the honest
 * message or changes it, bit by bit. Nobody but who holds the keys makes a
 * message that is read: past the first, which is in the clear, what is read is
 * what was written. */
#include "base/assert.h"
#include "p2p/noise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PATTERN_MESSAGES 3

static void begin(struct noise_handshake *side, enum noise_role role)
{
    secret32 static_key = {.at = {(uint8_t)(role + 1)}};
    secret32 ephemeral_key = {.at = {(uint8_t)(role + 9)}};
    const struct noise_config config = {role, &static_key, &ephemeral_key,
                                        BYTES_EMPTY};
    noise_begin(side, &config);
}

/* The honest message, replaced or changed by `attack`. */
static void corrupt(struct buffer *message, bytes attack, bool replaces)
{
    if (replaces)
        message->len = 0;
    if (replaces)
        buffer_put_bytes(message, attack);
    for (size_t i = 0; !replaces && i < message->len && i < attack.len; i++)
        message->at[i] ^= attack.at[i];
}

static void pass_honest(struct noise_handshake sides[2], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct buffer message = {0}, payload = {0};
        ASSERT(noise_write(&sides[i % 2], &message, bytes_str("payload")) ==
               LOFT_OK);
        ASSERT(noise_read(&sides[1 - i % 2], &payload,
                          buffer_bytes(&message)) == LOFT_OK);
        ASSERT(bytes_equal(buffer_bytes(&payload), bytes_str("payload")));
        buffer_free(&message);
        buffer_free(&payload);
    }
}

static void attack_handshake(struct noise_handshake sides[2], unsigned at,
                             bytes attack, bool replaces)
{
    struct buffer honest = {0}, message = {0}, payload = {0};
    struct noise_handshake *reader = &sides[1 - at % 2];
    ASSERT(noise_write(&sides[at % 2], &honest, bytes_str("payload")) ==
           LOFT_OK);
    buffer_put_bytes(&message, buffer_bytes(&honest));
    corrupt(&message, attack, replaces);
    bool was_read = noise_read(reader, &payload, buffer_bytes(&message)) ==
                    LOFT_OK;
    bool is_honest = bytes_equal(buffer_bytes(&message), buffer_bytes(&honest));
    ASSERT(at == 0 || was_read == is_honest);
    ASSERT(was_read || payload.len == 0);
    if (at == 0 && was_read) {
        message.len = 0;
        loft_err err = noise_write(reader, &message, BYTES_EMPTY);
        ASSERT(err == LOFT_OK || message.len == 0);
    }
    buffer_free(&honest);
    buffer_free(&message);
    buffer_free(&payload);
}

static void attack_session(struct noise_handshake sides[2], bytes attack,
                           bool replaces)
{
    struct noise_session sessions[2];
    struct buffer honest = {0}, message = {0}, plain = {0};
    noise_split(&sessions[0], &sides[0]);
    noise_split(&sessions[1], &sides[1]);
    ASSERT(noise_seal(&sessions[0].send, &honest, bytes_str("plain")) ==
           LOFT_OK);
    buffer_put_bytes(&message, buffer_bytes(&honest));
    corrupt(&message, attack, replaces);
    bytes frame, rest = attack;
    while (noise_next_frame(&frame, &rest))
        ASSERT(frame.len <= NOISE_MESSAGE_BYTES_MAX);
    bool was_read = noise_open(&sessions[1].receive, &plain,
                               buffer_bytes(&message)) == LOFT_OK;
    ASSERT(was_read ==
           bytes_equal(buffer_bytes(&message), buffer_bytes(&honest)));
    noise_session_fini(&sessions[0]);
    noise_session_fini(&sessions[1]);
    buffer_free(&honest);
    buffer_free(&message);
    buffer_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct noise_handshake sides[2];
    if (len == 0)
        return 0;
    unsigned at = data[0] & 3;
    bool replaces = data[0] & 4;
    bytes attack = bytes_of(data + 1, len - 1);
    begin(&sides[0], NOISE_INITIATOR);
    begin(&sides[1], NOISE_RESPONDER);
    pass_honest(sides, at);
    if (at < PATTERN_MESSAGES)
        attack_handshake(sides, at, attack, replaces);
    else
        attack_session(sides, attack, replaces);
    noise_end(&sides[0]);
    noise_end(&sides[1]);
    return 0;
}
