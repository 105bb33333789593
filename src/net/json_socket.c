#include "net/json_socket.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/vec.h"
#include "codec/json_stream.h"
#include "io/stream.h"

struct json_socket {
    struct text_link link; /* first */
    struct text_link_options options;
    struct stream *stream;
    struct json_stream values;
    struct buffer part; /* of a value that goes on */
    bool is_over;
    bool in_call, is_doomed; /* closed while it calls back */
};

static struct json_socket *of(struct text_link *link)
{
    return (struct json_socket *)link;
}

static void finish(struct json_socket *socket, const char *why)
{
    if (socket->is_over)
        return;
    socket->is_over = true;
    socket->link.closed(socket->link.context, why);
}

static void drop_part(struct json_socket *socket)
{
    socket->options.budget->used -= socket->part.len;
    if (socket->part.cap > STREAM_READ_BYTES)
        buffer_free(&socket->part);
    socket->part.len = 0;
}

/* Why a value may not go on; NULL: it may. */
static const char *keep_part(struct json_socket *socket, bytes part)
{
    struct stream_budget *budget = socket->options.budget;
    if (part.len > socket->options.message_bytes_max - socket->part.len)
        return "message too large (--body-bytes-max)";
    if (part.len > budget->bytes_max - budget->used)
        return "all peers together take too much (PEERS_BYTES_MAX)";
    buffer_put_bytes(&socket->part, part);
    budget->used += part.len;
    return NULL;
}

/* A value has ended: hands it on from where it lies. */
static const char *end_value(struct json_socket *socket, bytes part)
{
    bytes whole = part;
    if (socket->part.len) {
        const char *fault = keep_part(socket, part);
        if (fault)
            return fault;
        whole = buffer_bytes(&socket->part);
    } else if (part.len > socket->options.message_bytes_max) {
        return "message too large (--body-bytes-max)";
    }
    socket->link.text(socket->link.context, whole);
    return NULL;
}

/* Why the stream ends; NULL: it goes on. */
static const char *read_values(struct json_socket *socket, bytes data)
{
    size_t skip, used;
    while (data.len && !socket->is_doomed) {
        const char *fault = NULL;
        enum json_stream_found found = json_stream_next(&socket->values, &skip,
                                                        &used, data);
        bytes part = bytes_of(data.at + skip, used - skip);
        if (found == JSON_STREAM_WRONG) {
            /* Whoever reads it says what is wrong. */
            socket->link.text(socket->link.context, bytes_of(part.at, 1));
            return "neither an object nor an array";
        }
        if (found == JSON_STREAM_PART)
            fault = keep_part(socket, part);
        if (found == JSON_STREAM_END) {
            fault = end_value(socket, part);
            drop_part(socket);
        }
        if (fault)
            return fault;
        data = bytes_of(data.at + used, data.len - used);
    }
    return NULL;
}

static void destroy(struct json_socket *socket)
{
    drop_part(socket);
    buffer_free(&socket->part);
    stream_close(socket->stream);
    free(socket);
}

static void on_data(void *context, bytes data)
{
    struct json_socket *socket = context;
    if (socket->is_over)
        return;
    socket->in_call = true;
    const char *fault = read_values(socket, data);
    socket->in_call = false;
    if (socket->is_doomed)
        destroy(socket);
    else if (fault)
        finish(socket, fault);
}

static void on_end(void *context)
{
    struct json_socket *socket = context;
    finish(socket, stream_has_overflowed(socket->stream)
                       ? "it does not read (--peer-queue-bytes-max)"
                       : "the other side has gone");
}

static bool send_text(struct text_link *link, bytes text)
{
    struct json_socket *socket = of(link);
    return !socket->is_over &&
           stream_send(socket->stream, text, bytes_str("\n"));
}

static void pause_reading(struct text_link *link, bool paused)
{
    stream_pause(of(link)->stream, paused);
}

static void close_link(struct text_link *link)
{
    struct json_socket *socket = of(link);
    socket->is_doomed = true;
    if (!socket->in_call)
        destroy(socket);
}

static void begin(struct text_link *link, bytes early)
{
    if (early.len)
        on_data(link, early);
}

static const struct text_link_ops ops = {
    .begin = begin,
    .send = send_text,
    .pause = pause_reading,
    .close = close_link,
};

loft_err json_socket_open(struct text_link **out,
                          const struct text_link_options *options)
{
    struct json_socket *socket = MEMORY_NEW(struct json_socket);
    const struct stream_options stream = {
        .loop = options->loop,
        .fd = options->fd,
        .queue_bytes_max = options->queue_bytes_max,
        .budget = options->budget,
        .got = on_data,
        .ended = on_end,
        .context = socket,
        .close = options->close,
        .close_context = options->close_context,
    };
    socket->link.ops = &ops;
    socket->options = *options;
    loft_err code = stream_open(&socket->stream, &stream);
    if (code != LOFT_OK) {
        free(socket);
        return code;
    }
    *out = &socket->link;
    return LOFT_OK;
}
