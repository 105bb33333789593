#pragma once
/* A connected socket inside the event loop: bytes in as they come, bytes out
 * through a bounded queue.
 *
 * Lifetime  a stream ends by stream_close() alone. After `ended` was called
 *           nothing comes and nothing leaves any more. stream_close() may be
 *           called from inside the functions of struct stream_options.
 * Threads   the loop's.
 * Limits    STREAM_READ_BYTES a turn of the loop; queue_bytes_max.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "io/loop.h"

#define STREAM_READ_BYTES ((size_t)64 << 10)

struct stream;

/* Memory that many share, in bytes. */
struct stream_budget {
    size_t bytes_max, used;
};

struct stream_options {
    struct loop *loop;
    int fd; /* the stream's, also where stream_open() fails */
    /* What waits to leave. More, with what is sent last on top, and the
     * connection is cut. */
    size_t queue_bytes_max;
    /* The same for what waits in all streams with this budget, or NULL. */
    struct stream_budget *budget;
    /* Good until it returns. */
    void (*got)(void *context, bytes data);
    /* By the other side, a fault, or the queue's bound. */
    void (*ended)(void *context);
    /* What waits to leave was more than drained_bytes and is no more; NULL:
     * nobody asks. */
    void (*drained)(void *context);
    size_t drained_bytes;
    void *context;
    /* Of TCP: what the system takes before it has left for the other side; 0:
     * as much as it likes. What waits there goes before all that is sent
     * later, however urgent that is. */
    int unsent_bytes_max;
    /* Takes the place of close(fd). */
    void (*close)(void *close_context);
    void *close_context;
};

MUST_USE loft_err stream_open(struct stream **out,
                              const struct stream_options *options);
void stream_close(struct stream *stream); /* NULL is fine */

/* Sends both pieces, as far as the system takes them now, and queues copies of
 * the rest. False: the connection is cut. `ended` is called later, not here. */
bool stream_send(struct stream *stream, bytes head, bytes body);

/* What is queued still leaves, then the other side reads the end. What comes
 * is given to `got` as before. */
void stream_shut(struct stream *stream);

/* While it is paused nothing is read. */
void stream_pause(struct stream *stream, bool paused);

/* Bytes that wait to leave. */
size_t stream_queued(const struct stream *stream);

/* Whether the queue's bound has cut the connection. */
bool stream_has_overflowed(const struct stream *stream);

/* Why it ended, a word or a few: "closed by the other side". */
const char *stream_end_reason(const struct stream *stream);
