#pragma once
/* One connection between two peers from its first byte to its last, as a state
 * machine without socket, clock or thread: multistream-select, Noise, the
 * choice of a multiplexer, Yamux, and multistream-select again on each stream.
 *
 *     transport's bytes -> peer_link_receive() -> calls of streams
 *     peer_stream_send(), ... -> peer_link_take() -> transport's bytes
 *
 * A dialer waits for as few answers as the protocols permit: the first byte of
 * a protocol comes back after two round trips on an open connection. It says
 * "/noise" and its first Noise message at once, has the multiplexer chosen
 * inside the handshake, and a stream's first bytes follow its protocol's name
 * unanswered.
 *
 * Source   libp2p/specs: connections/README.md, noise/README.md,
 *          connections/inlined-muxer-negotiation.md, yamux/README.md;
 *          multiformats/multistream-select.
 * Memory   an idle link keeps no buffers: below 8 KiB with its keys.
 * Errors   peer_link_receive(): LOFT_ERR_FORMAT, LOFT_ERR_REFUSED or
 *          LOFT_ERR_LIMIT, the sentence names what the other side did. The
 *          link is over then: what peer_link_take() still gives (a GoAway)
 *          may be sent, peer_link_free() is all that may follow.
 * Threads  one at a time. Calls of streams come from inside
 *          peer_link_receive(), peer_link_tick() and peer_link_free() alone,
 *          and none of these three may be called from one.
 */
#include "p2p/peer_handshake.h"
#include "p2p/peer_stream.h"

struct peer_link;

struct peer_link_limits {
    unsigned streams_in_max;  /* opened by the other side at a time */
    unsigned streams_out_max; /* opened by us */
    unsigned handshake_ms;    /* until it is secured */
    unsigned negotiate_ms;    /* a stream's protocol, each side */
    unsigned opens_per_s_max; /* streams opened by the other side, on average;
                               * bursts of a second's worth */
    unsigned pings_per_s_max; /* Yamux's, asked by the other side */
    size_t window_bytes_max;  /* that all windows together may have granted:
                               * what streams that are paused may hold */
};

extern const struct peer_link_limits PEER_LINK_LIMITS;

struct peer_link_calls {
    /* peer_link_peer() and peer_link_key() are known, streams may open. */
    void (*secured)(void *context);
    /* The protocol of that name, with the context of its accept(); NULL: we do
     * not speak it. */
    const struct peer_protocol *(*find)(void *context, bytes name,
                                        void **protocol_context);
    /* peer_link_tick() and then peer_link_take() have something to do, soon:
     * bytes to send, calls that are due, a deadline that was set. Comes from
     * inside any function but peer_link_new(), and once until the next
     * peer_link_tick(). */
    void (*output)(void *context);
    /* A stream's negotiation was none: the stream ends, the link goes on. May
     * be NULL. */
    void (*fault)(void *context, const char *why);
};

struct peer_link_config {
    bool is_dialer;
    const struct peer_private_key *identity; /* outlives the link */
    const struct peer_id *expected;          /* copied; NULL: anyone */
    /* Fresh for each link; copied. */
    const secret32 *static_key, *ephemeral_key;
    const struct peer_link_limits *limits; /* outlives the link */
    const struct peer_link_calls *calls;
    void *context;
    uint64_t now_ms;
};

/* A dialer's first bytes wait in peer_link_take(). */
struct peer_link *peer_link_new(const struct peer_link_config *config);
/* Streams that are left end with PEER_STREAM_LOST. */
void peer_link_free(struct peer_link *link); /* NULL is fine */

MUST_USE loft_err peer_link_receive(struct peer_link *link, bytes data,
                                    uint64_t now_ms);

/* What is to be sent now: appends at most some max_bytes, whole frames. Nothing
 * is encrypted before it is taken, so that what does not fit a socket waits in
 * its stream. False: nothing is left. */
bool peer_link_take(struct peer_link *link, struct buffer *out,
                    size_t max_bytes);

/* Deadlines: of the handshake, of negotiations, of streams; and calls that are
 * due. Tells when the next deadline is, UINT64_MAX: there is none.
 * LOFT_ERR_TIMEOUT: the handshake's; the link is over. */
MUST_USE loft_err peer_link_tick(struct peer_link *link, uint64_t now_ms,
                                 uint64_t *next_ms);

bool peer_link_is_secured(const struct peer_link *link);
const struct peer_id *peer_link_peer(const struct peer_link *link);
const struct peer_public_key *peer_link_key(const struct peer_link *link);

/* Opens a stream that is to speak the first of the names that the other side
 * knows. The names themselves outlive the stream. Data leaves unanswered once
 * the last name is proposed, and waits for the answer before. NULL: the limit
 * of streams is reached, the link is not secured, parting or over. */
struct peer_stream *peer_link_open_stream(struct peer_link *link,
                                          const char *const *names,
                                          size_t name_count,
                                          const struct peer_stream_calls *calls,
                                          void *context);

/* Says that it ends (GoAway): no new streams, those that are open go on. */
void peer_link_part(struct peer_link *link);
/* Either side said so. */
bool peer_link_is_parting(const struct peer_link *link);

struct peer_link_stats {
    uint64_t bytes_in, bytes_out; /* of streams */
    unsigned streams_in, streams_out;
    size_t memory_bytes; /* what its queues and buffers hold */
};

struct peer_link_stats peer_link_stats(const struct peer_link *link);
