#pragma once
/* Noise XX: two sides that know nothing of each other end with a shared key
 * and each other's static key, and encrypt from there on.
 *
 *     noise_begin(&handshake, &config);
 *     until noise_is_done(&handshake):
 *         noise_is_to_write(&handshake) ? noise_write() : noise_read()
 *     noise_split(&session, &handshake);
 *     noise_end(&handshake);
 *
 * No socket, clock or random source: messages go in and come out, and keys
 * are arguments. After a failure the handshake is over; its secrets are wiped
 * and each further call fails.
 *
 * Source   noiseprotocol.org, revision 34: Noise_XX_25519_ChaChaPoly_SHA256.
 *          libp2p/specs, noise/README.md, for the frames.
 * Errors   LOFT_ERR_REFUSED: not what the key opens, a key of small order, or
 *          nonces that are used up. LOFT_ERR_FORMAT: cut short. LOFT_ERR_LIMIT:
 *          longer than NOISE_MESSAGE_BYTES_MAX.
 * Trust    secrets are compared by no one and wiped by their fini.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/secret.h"

#define NOISE_MESSAGE_BYTES_MAX 65535
#define NOISE_TAG_BYTES 16
#define NOISE_PLAIN_BYTES_MAX (NOISE_MESSAGE_BYTES_MAX - NOISE_TAG_BYTES)
/* Of a handshake message: beside two keys and two tags. */
#define NOISE_PAYLOAD_BYTES_MAX (NOISE_MESSAGE_BYTES_MAX - 96)

enum noise_role { NOISE_INITIATOR, NOISE_RESPONDER };

/* One direction of a session. A nonce of 2^64 - 1 is never used. */
struct noise_cipher {
    secret32 key;
    uint64_t nonce;
};

struct noise_session {
    struct noise_cipher send, receive;
    hash32 handshake_hash; /* the same on both sides, public */
};

/* Fields are noise.c's to change. */
struct noise_handshake {
    enum noise_role role;
    unsigned messages; /* written and read so far */
    bool failed, has_key;
    secret32 static_key, ephemeral_key, chaining_key;
    uint8_t static_public[32], ephemeral_public[32];
    uint8_t their_static[32], their_ephemeral[32];
    struct noise_cipher cipher;
    hash32 hash;
};

struct noise_config {
    enum noise_role role;
    const secret32 *static_key;    /* copied, */
    const secret32 *ephemeral_key; /* as is this: never used twice */
    bytes prologue;
};

void noise_begin(struct noise_handshake *handshake,
                 const struct noise_config *config);
void noise_end(struct noise_handshake *handshake);

bool noise_is_done(const struct noise_handshake *handshake);
bool noise_is_to_write(const struct noise_handshake *handshake);

/* Appends the next message, without a length. payload of at most
 * NOISE_PAYLOAD_BYTES_MAX: the first message does not encrypt it. */
MUST_USE loft_err noise_write(struct noise_handshake *handshake,
                              struct buffer *out, bytes payload);

/* Reads the other's next message and appends its payload; nothing is appended
 * on failure. */
MUST_USE loft_err noise_read(struct noise_handshake *handshake,
                             struct buffer *payload, bytes message);

/* Our public static key, and theirs, known once they sent it. */
const uint8_t *noise_our_key(const struct noise_handshake *handshake);
const uint8_t *noise_their_key(const struct noise_handshake *handshake);

/* The keys of a handshake that is done. */
void noise_split(struct noise_session *out,
                 const struct noise_handshake *handshake);
void noise_session_fini(struct noise_session *session);

/* Appends plain.len + NOISE_TAG_BYTES bytes; plain of at most
 * NOISE_PLAIN_BYTES_MAX. */
MUST_USE loft_err noise_seal(struct noise_cipher *cipher, struct buffer *out,
                             bytes plain);
/* Seals what the buffer has from `start` on, in its place. */
MUST_USE loft_err noise_seal_from(struct noise_cipher *cipher,
                                  struct buffer *out, size_t start);
MUST_USE loft_err noise_open(struct noise_cipher *cipher, struct buffer *out,
                             bytes sealed);

/* A message on the wire follows its length, two bytes, the high one first.
 * False: the frame goes on in bytes that are not there yet. The message is
 * borrowed from *rest, which moves on. */
bool noise_next_frame(bytes *message, bytes *rest);

/* Where a frame begins whose message is appended next; noise_close_frame()
 * writes the length. */
size_t noise_open_frame(struct buffer *out);
void noise_close_frame(struct buffer *out, size_t opened);
