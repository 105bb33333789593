#pragma once
/* A stream between two peers: bytes in order, both ways, for one protocol.
 *
 * A stream is opened by peer_host_open_stream(), or by the other side and then
 * given to the protocol's accept(). Its calls come on the loop's thread, never
 * from inside a function below. The last of them is `ended`, which comes in any
 * case; the stream is gone when that returns, and is used no more.
 *
 * Back-pressure  what cannot leave is queued up to the protocol's bound: who
 *           sends much asks peer_stream_room() and goes on at `drained`. What
 *           comes while the stream is paused stays with the other side, as its
 *           window is not filled up again.
 * Threads   the loop's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "p2p/peer_id.h"

struct peer_stream;

enum peer_stream_end {
    PEER_STREAM_DONE,      /* both sides finished */
    PEER_STREAM_RESET,     /* by the other side */
    PEER_STREAM_ABANDONED, /* by peer_stream_reset() of ours */
    PEER_STREAM_REFUSED,   /* the other side speaks none of the protocols */
    PEER_STREAM_TIMEOUT,   /* of its negotiation, or of its deadline */
    PEER_STREAM_LOST,      /* with its connection */
};

/* A word for the log and for people. */
const char *peer_stream_end_name(enum peer_stream_end end);

/* Any may be NULL. */
struct peer_stream_calls {
    /* The other side agreed on a protocol, peer_stream_protocol(). What is
     * sent before leaves together with the question, so that no round trip
     * is lost; it is lost where the other side refuses. Not called for
     * streams that the other side opened: accept() is. */
    void (*opened)(void *context, struct peer_stream *stream);
    /* Good until it returns. */
    void (*got)(void *context, struct peer_stream *stream, bytes data);
    /* The other side sends no more. */
    void (*finished)(void *context, struct peer_stream *stream);
    /* The queue is half empty again, after it was fuller or refused some. */
    void (*drained)(void *context, struct peer_stream *stream);
    void (*ended)(void *context, struct peer_stream *stream,
                  enum peer_stream_end end);
};

/* A protocol that others may open streams of. */
struct peer_protocol {
    const char *name; /* "/ipfs/ping/1.0.0" */
    const struct peer_stream_calls *calls;
    /* The context of the stream's calls; NULL refuses the stream, which is
     * then gone without a call. `context` is what was given with the protocol.
     * Where there is no accept(), `context` serves all streams. */
    void *(*accept)(void *context, struct peer_stream *stream);
    unsigned streams_per_peer_max; /* opened by the other side; 0: the host's */
    size_t queue_bytes_max;        /* 0: PEER_STREAM_QUEUE_BYTES */
};

#define PEER_STREAM_QUEUE_BYTES ((size_t)1 << 20)

/* Takes all of it or, where the queue has no room, nothing. False too where
 * the stream is finished by us, or over. */
bool peer_stream_send(struct peer_stream *stream, bytes data);
/* What can be taken now. */
size_t peer_stream_room(const struct peer_stream *stream);
/* What may wait in it, instead of PEER_STREAM_QUEUE_BYTES: little where its
 * owner would rather choose late what goes next. */
void peer_stream_bound(struct peer_stream *stream, size_t bytes_max);

/* We send no more; what is queued still leaves. */
void peer_stream_finish(struct peer_stream *stream);
/* Ends it at once, both ways; `ended` follows. */
void peer_stream_reset(struct peer_stream *stream);
void peer_stream_pause(struct peer_stream *stream, bool paused);

/* Ends it with PEER_STREAM_TIMEOUT unless called again within so many
 * milliseconds; 0: never. */
void peer_stream_deadline(struct peer_stream *stream, uint64_t ms);

/* Names its owner; asked by peer_stream_context(). */
void peer_stream_use(struct peer_stream *stream,
                     const struct peer_stream_calls *calls, void *context);
void *peer_stream_context(const struct peer_stream *stream);

const struct peer_id *peer_stream_peer(const struct peer_stream *stream);
bool peer_stream_is_ours(const struct peer_stream *stream); /* we opened it */
/* NULL before it is agreed upon. */
const char *peer_stream_protocol(const struct peer_stream *stream);
