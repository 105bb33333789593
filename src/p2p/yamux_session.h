#pragma once
/* Yamux: many streams over one connection, each with its window, without
 * socket, clock or thread.
 *
 *     bytes of the other side -> yamux_session_receive() -> calls
 *     yamux_channel_send(), ... -> yamux_session_take() -> bytes to send
 *
 * A channel is one stream, in storage of the user's. Streams that have
 * something to send take turns. What comes goes to got() as it comes; while a
 * channel is paused it is kept, and the window, which bounds what is kept, is
 * not filled up again. A window starts at 256 KiB and is doubled while its
 * reader empties it within a round trip or two, which pings measure.
 *
 * Source   libp2p/specs, yamux/README.md.
 * Calls    from inside receive(), work() and fini() alone, but for wake(). A
 *          channel's last call is ended(), and its storage is free to go then.
 * Limits   struct yamux_limits; answers that the other side does not take:
 *          YAMUX_CONTROL_BYTES_MAX.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_REFUSED, LOFT_ERR_LIMIT: what the other
 *          side did. The session is over then: it takes nothing more, and
 *          yamux_session_take() ends with a GoAway.
 */
#include "base/map.h"
#include "base/ring.h"
#include "base/vec.h"
#include "p2p/byte_queue.h"
#include "p2p/yamux_stream.h"

#define YAMUX_CONTROL_BYTES_MAX ((size_t)64 << 10)
#define YAMUX_BACKLOG_MAX 256 /* of our streams, unacknowledged */
#define YAMUX_TAKE_BYTES_MIN 64
/* How far streams may be opened out of the order of their numbers. */
#define YAMUX_RECENT_IDS 256

struct yamux_session;

struct yamux_limits {
    unsigned streams_in_max, streams_out_max; /* at a time */
    unsigned opens_per_s_max, pings_per_s_max;
    size_t window_bytes_max; /* of all streams together */
};

/* All zeros before it is opened; fields are the session's, but for
 * queue_bytes_max of one that opened() gives. */
struct yamux_channel {
    struct yamux_session *session;
    uint32_t id;
    struct yamux_stream flow;
    struct byte_queue in, out;
    size_t queue_bytes_max;
    size_t counted_bytes; /* of its queues' memory, in queue_memory_bytes */
    uint64_t credited_ms; /* when it last gave a credit */
    bool owes_syn, owes_ack;
    bool finishing;   /* a FIN follows what is queued */
    bool wants_room;  /* drained() is to be called */
    bool paused;      /* by its user */
    bool told_finish; /* finished() was called */
    struct ring in_all, in_turns, in_work;
};

struct yamux_calls {
    /* The other side opens a stream; NULL refuses it. */
    struct yamux_channel *(*opened)(void *context);
    /* How many bytes were taken: all, unless it paused meanwhile. */
    size_t (*got)(void *context, struct yamux_channel *channel, bytes data);
    void (*finished)(void *context, struct yamux_channel *channel);
    void (*drained)(void *context, struct yamux_channel *channel);
    void (*ended)(void *context, struct yamux_channel *channel);
    /* yamux_session_work() or yamux_session_take() has something to do. */
    void (*wake)(void *context);
};

/* So many events a second on average, in bursts of a second's worth. */
struct yamux_rate {
    uint64_t thousandths, at_ms;
};

/* Fields are the session's. */
struct yamux_session {
    const struct yamux_calls *calls;
    void *context;
    const struct yamux_limits *limits;
    uint64_t now_ms;
    bool is_dialer, we_parted, they_parted, is_over;
    struct map channels; /* that may still send or receive, by id */
    struct ring all, turns, work;
    unsigned streams_in, streams_out, unacknowledged;
    uint32_t next_id; /* 0: used up */
    uint32_t newest;  /* stream of theirs, counted from 1 */
    uint64_t recent[YAMUX_RECENT_IDS / 64];
    uint64_t late_bytes_max; /* that may still come for streams that are over */
    uint64_t bytes_in, bytes_out;
    size_t window_bytes;
    size_t queue_memory_bytes; /* of all channels */
    struct yamux_rate opens, pings;
    struct buffer control; /* frames of 12 bytes */
    uint8_t header[YAMUX_HEADER_BYTES];
    uint32_t header_len, body_left;
    struct yamux_channel *body; /* whose data is coming; NULL: nobody's */
    bool measuring;             /* a ping of ours is under way */
    uint32_t ping;
    uint64_t pinged_ms;
    uint64_t round_trip_ms; /* the shortest; 0: not known */
};

/* calls and limits outlive the session. */
void yamux_session_init(struct yamux_session *session, bool is_dialer,
                        const struct yamux_limits *limits,
                        const struct yamux_calls *calls, void *context,
                        uint64_t now_ms);
/* ended() is called for each channel that is left. */
void yamux_session_fini(struct yamux_session *session);

MUST_USE loft_err yamux_session_receive(struct yamux_session *session,
                                        bytes data, uint64_t now_ms);

/* Makes the calls that are due. */
void yamux_session_work(struct yamux_session *session, uint64_t now_ms);

/* Whether something waits to be taken. */
bool yamux_session_is_ready(const struct yamux_session *session);

/* Appends frames of at most `max` bytes together, which are at least
 * YAMUX_TAKE_BYTES_MIN. False: nothing is left. */
bool yamux_session_take(struct yamux_session *session, struct buffer *out,
                        size_t max);

/* Says GoAway, once. */
void yamux_session_part(struct yamux_session *session,
                        enum yamux_reason reason);

/* Over, for what the other side did below this layer. */
void yamux_session_fail(struct yamux_session *session);

/* Memory that queues, channels and tables take. */
size_t yamux_session_memory(const struct yamux_session *session);

/* False: a limit is reached, or either side has parted. */
MUST_USE bool yamux_session_open(struct yamux_session *session,
                                 struct yamux_channel *channel,
                                 size_t queue_bytes_max);

/* Takes all or nothing: so much as yamux_channel_room() says. */
MUST_USE bool yamux_channel_send(struct yamux_channel *channel, bytes data);
size_t yamux_channel_room(const struct yamux_channel *channel);
/* Past the bound, for the few bytes of a negotiation; not after the end. */
void yamux_channel_put(struct yamux_channel *channel, bytes data);
void yamux_channel_put_queue(struct yamux_channel *channel,
                             struct byte_queue *from);
/* drained() is to be called when the queue is half empty. */
void yamux_channel_want_room(struct yamux_channel *channel);
/* We send no more; what is queued still leaves. */
void yamux_channel_finish(struct yamux_channel *channel);
/* Both ways, at once; what is queued is lost. */
void yamux_channel_reset(struct yamux_channel *channel);
void yamux_channel_pause(struct yamux_channel *channel, bool paused);
