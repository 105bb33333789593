#include "io/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/vec.h"

struct stream {
    struct stream_options options;
    struct loop_watch *watch;
    struct buffer queue;
    size_t sent; /* of the queue's bytes */
    bool paused, cut, overflowed, shut;
    bool in_call, is_doomed; /* closed while it calls back */
    bool above;              /* more than drained_bytes wait */
    int fault;               /* errno; 0: the other side closed it */
};

static bool is_waiting(const struct stream *stream)
{
    return stream->sent < stream->queue.len && !stream->cut;
}

static void watch(struct stream *stream)
{
    /* A cut one is read to learn that it has ended. */
    loop_watch_for(stream->watch, !stream->paused || stream->cut,
                   is_waiting(stream));
}

static void cut(struct stream *stream, int fault)
{
    if (stream->cut)
        return;
    stream->cut = true;
    stream->fault = fault;
    shutdown(stream->options.fd, SHUT_RDWR);
    watch(stream);
}

/* How many of the bytes have left; on a fault the connection is cut. */
static size_t write_pieces(struct stream *stream, bytes head, bytes body)
{
    struct iovec pieces[2] = {{(void *)head.at, head.len},
                              {(void *)body.at, body.len}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    ssize_t written = sendmsg(stream->options.fd, &message,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0)
        return (size_t)written;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        cut(stream, errno);
    return 0;
}

static void account(struct stream *stream, size_t more, size_t less)
{
    struct stream_budget *budget = stream->options.budget;
    if (budget)
        budget->used += more - less;
}

static void flush(struct stream *stream)
{
    bytes left = {stream->queue.at + stream->sent,
                  stream->queue.len - stream->sent};
    size_t written = write_pieces(stream, left, BYTES_EMPTY);
    stream->sent += written;
    account(stream, 0, written);
    if (stream->sent < stream->queue.len)
        return;
    /* A queue that was long once is not kept. */
    if (stream->queue.cap > STREAM_READ_BYTES)
        buffer_free(&stream->queue);
    stream->queue.len = stream->sent = 0;
    if (stream->shut)
        shutdown(stream->options.fd, SHUT_WR);
    watch(stream);
}

static void enqueue(struct stream *stream, bytes data, size_t skip)
{
    if (skip >= data.len)
        return;
    buffer_put(&stream->queue, data.at + skip, data.len - skip);
    account(stream, data.len - skip, 0);
}

/* What has left makes room before the array grows. */
static void compact(struct stream *stream)
{
    if (stream->sent < stream->queue.len / 2)
        return;
    stream->queue.len -= stream->sent;
    memmove(stream->queue.at, stream->queue.at + stream->sent,
            stream->queue.len);
    stream->sent = 0;
}

static bool is_full(const struct stream *stream)
{
    const struct stream_budget *budget = stream->options.budget;
    return stream_queued(stream) > stream->options.queue_bytes_max ||
           (budget && budget->used > budget->bytes_max);
}

bool stream_send(struct stream *stream, bytes head, bytes body)
{
    size_t written = 0;
    if (stream->cut || stream->shut)
        return false;
    if (!is_waiting(stream))
        written = write_pieces(stream, head, body);
    else if (is_full(stream)) {
        stream->overflowed = true;
        cut(stream, ENOBUFS);
    }
    if (stream->cut)
        return false;
    if (written == head.len + body.len)
        return true;
    if (is_waiting(stream))
        compact(stream);
    enqueue(stream, head, written);
    enqueue(stream, body, written > head.len ? written - head.len : 0);
    stream->above |= stream_queued(stream) > stream->options.drained_bytes;
    watch(stream);
    return true;
}

size_t stream_queued(const struct stream *stream)
{
    return stream->queue.len - stream->sent;
}

bool stream_has_overflowed(const struct stream *stream)
{
    return stream->overflowed;
}

const char *stream_end_reason(const struct stream *stream)
{
    return stream->fault ? strerror(stream->fault) : "closed by the other side";
}

static void end(struct stream *stream, int fault)
{
    loop_watch_for(stream->watch, false, false);
    if (!stream->cut)
        stream->fault = fault;
    stream->cut = true;
    stream->options.ended(stream->options.context);
}

static void read_some(struct stream *stream)
{
    uint8_t room[STREAM_READ_BYTES];
    ssize_t len = recv(stream->options.fd, room, sizeof room, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (len <= 0)
        end(stream, len < 0 ? errno : 0);
    else if (!stream->cut)
        stream->options.got(stream->options.context,
                            bytes_of(room, (size_t)len));
}

static void tell_drained(struct stream *stream)
{
    if (!stream->above || stream->cut ||
        stream_queued(stream) > stream->options.drained_bytes)
        return;
    stream->above = false;
    if (stream->options.drained)
        stream->options.drained(stream->options.context);
}

static void on_ready(void *context)
{
    struct stream *stream = context;
    if (is_waiting(stream))
        flush(stream);
    stream->in_call = true;
    tell_drained(stream);
    if (!stream->is_doomed && (!stream->paused || stream->cut))
        read_some(stream);
    stream->in_call = false;
    if (stream->is_doomed)
        free(stream);
}

static void close_fd(const struct stream_options *options)
{
    if (options->close)
        options->close(options->close_context);
    else
        close(options->fd);
}

/* A system that does not know how sends as it does. */
static void bound_unsent(const struct stream_options *options)
{
    int most = options->unsent_bytes_max;
    if (most > 0)
        (void)!setsockopt(options->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most,
                          sizeof most);
}

loft_err stream_open(struct stream **out, const struct stream_options *options)
{
    struct stream *stream = MEMORY_NEW(struct stream);
    stream->options = *options;
    bound_unsent(options);
    loft_err code = loop_watch_open(&stream->watch, options->loop, options->fd,
                                    on_ready, stream);
    if (code != LOFT_OK) {
        close_fd(options);
        free(stream);
        return code;
    }
    *out = stream;
    return LOFT_OK;
}

void stream_close(struct stream *stream)
{
    if (!stream)
        return;
    loop_watch_close(stream->watch);
    close_fd(&stream->options);
    account(stream, 0, stream_queued(stream));
    buffer_free(&stream->queue);
    stream->is_doomed = true;
    if (!stream->in_call)
        free(stream);
}

void stream_shut(struct stream *stream)
{
    stream->shut = true;
    if (!is_waiting(stream))
        shutdown(stream->options.fd, SHUT_WR);
}

void stream_pause(struct stream *stream, bool paused)
{
    stream->paused = paused;
    watch(stream);
}
