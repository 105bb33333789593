#pragma once
/* One stream of a Yamux session, as a pure state machine: who may still send,
 * and how much.
 *
 * Bytes are the session's business; here they are only counted. A frame that
 * is refused breaks the protocol, and with it the session.
 *
 *   opened -> acknowledged -> each side's FIN, in either order -> over
 *   any    -> over                                            by RST
 *
 * Source   libp2p/specs, yamux/README.md.
 * Units    windows in bytes.
 * Errors   LOFT_ERR_REFUSED; the stream is as it was then.
 */
#include <stdbool.h>

#include "p2p/yamux_frame.h"

#define YAMUX_WINDOW_FIRST ((uint32_t)256 << 10)
#define YAMUX_WINDOW_MAX ((uint32_t)16 << 20) /* of ours; theirs is theirs */

struct yamux_stream {
    bool is_ours;      /* we opened it */
    bool acknowledged; /* by whoever did not */
    bool we_finished, they_finished;
    bool was_reset;    /* by either side */
    uint32_t may_send; /* until the next window from there */
    uint32_t may_receive;
    uint32_t window; /* what may_receive is filled up to */
};

/* A stream that we open, or whose SYN came: may_receive is the first window
 * until yamux_stream_credit() says more. */
struct yamux_stream yamux_stream_of(bool is_ours);

/* Nothing more passes in either direction. */
bool yamux_stream_is_over(const struct yamux_stream *stream);

/* Data and windows for this stream. A SYN belongs to the frame that the
 * stream was made for: it is refused unless `is_first`. What comes after a
 * reset of ours is counted no more: the other side may not know yet. */
MUST_USE loft_err yamux_stream_receive(struct yamux_stream *stream,
                                       const struct yamux_header *header,
                                       bool is_first);

/* How many bytes of data may be sent now, and that so many were. */
uint32_t yamux_stream_room(const struct yamux_stream *stream);
void yamux_stream_sent(struct yamux_stream *stream, uint32_t len);

/* Flags that went out on a frame of ours. */
void yamux_stream_flagged(struct yamux_stream *stream, uint16_t flags);

/* The length of the window frame to send, where `unread` bytes came that the
 * reader has not taken: 0 until half the window is to be had, so that frames
 * stay few. It counts as sent. */
uint32_t yamux_stream_credit(struct yamux_stream *stream, uint32_t unread);

/* Doubles the window, up to YAMUX_WINDOW_MAX: for a reader that empties it
 * faster than a credit travels. */
void yamux_stream_grow(struct yamux_stream *stream);
