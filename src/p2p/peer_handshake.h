#pragma once
/* Noise XX as libp2p runs it: each side proves with its identity that the
 * static key is its own, and says which stream multiplexers it has.
 *
 *     while (!peer_handshake_is_done(&handshake))
 *         peer_handshake_is_to_write(&handshake)
 *             ? peer_handshake_write(...) : peer_handshake_read(...);
 *
 * Source   libp2p/specs, noise/README.md and
 *          connections/inlined-muxer-negotiation.md.
 * Limits   PEER_MUXERS_MAX names of PEER_MUXER_BYTES_MAX.
 * Errors   as p2p/noise.h. LOFT_ERR_REFUSED: also an identity that did not
 *          sign the static key, is not the one expected, or shares no
 *          multiplexer. The handshake is over then, and wiped.
 */
#include "p2p/noise.h"
#include "p2p/peer_id.h"
#include "p2p/peer_key.h"

#define PEER_MUXERS_MAX 16
#define PEER_MUXER_BYTES_MAX 64
#define PEER_MUXER_NONE (-1)

struct peer_handshake_config {
    enum noise_role role;
    const struct peer_private_key *identity; /* used until it is done */
    const struct peer_id *expected;          /* copied; NULL: anyone */
    const secret32 *static_key, *ephemeral_key;
    const char *const *muxers; /* the best first; used until it is done */
    size_t muxer_count;
};

/* Fields are peer_handshake.c's, but for those named below. */
struct peer_handshake {
    struct noise_handshake noise;
    const struct peer_private_key *identity;
    const char *const *muxers;
    size_t muxer_count;
    struct peer_id expected; /* of no bytes: anyone */
    /* To be read when it is done. */
    struct peer_public_key their_key;
    struct peer_id their_id;
    int muxer; /* index of ours, or PEER_MUXER_NONE: still to be negotiated */
};

void peer_handshake_begin(struct peer_handshake *handshake,
                          const struct peer_handshake_config *config);
void peer_handshake_end(struct peer_handshake *handshake);

bool peer_handshake_is_done(const struct peer_handshake *handshake);
bool peer_handshake_is_to_write(const struct peer_handshake *handshake);

/* Appends a frame: the message after its length. */
MUST_USE loft_err peer_handshake_write(struct peer_handshake *handshake,
                                       struct buffer *out);

/* A message as of noise_next_frame(). */
MUST_USE loft_err peer_handshake_read(struct peer_handshake *handshake,
                                      bytes message);
