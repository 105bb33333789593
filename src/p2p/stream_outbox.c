#include "p2p/stream_outbox.h"

void stream_outbox_fini(struct stream_outbox *outbox)
{
    buffer_free(&outbox->waiting);
}

/* Sends what there is room for, then asks for one byte too many, as it is
 * what was refused that `drained` follows. */
static size_t send_some(struct peer_stream *stream, bytes data)
{
    size_t room = peer_stream_room(stream);
    size_t len = room < data.len ? room : data.len;
    if (len > 0 && !peer_stream_send(stream, bytes_of(data.at, len)))
        return 0;
    bytes rest = bytes_of(data.at + len, data.len - len);
    if (rest.len > 0 && peer_stream_send(stream, rest))
        return data.len;
    return len;
}

bool stream_outbox_send(struct stream_outbox *outbox,
                        struct peer_stream *stream, bytes data)
{
    size_t sent = outbox->waiting.len ? 0 : send_some(stream, data);
    buffer_put(&outbox->waiting, data.at + sent, data.len - sent);
    return outbox->waiting.len == 0;
}

bool stream_outbox_go_on(struct stream_outbox *outbox,
                         struct peer_stream *stream)
{
    struct buffer *waiting = &outbox->waiting;
    size_t sent = send_some(stream, buffer_bytes(waiting));
    waiting->len -= sent;
    if (waiting->len > 0)
        memmove(waiting->at, waiting->at + sent, waiting->len);
    else
        buffer_free(waiting);
    return waiting->len == 0;
}
