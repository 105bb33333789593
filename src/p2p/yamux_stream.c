#include "p2p/yamux_stream.h"

#include "base/assert.h"

struct yamux_stream yamux_stream_of(bool is_ours)
{
    return (struct yamux_stream){
        .is_ours = is_ours,
        .may_send = YAMUX_WINDOW_FIRST,
        .may_receive = YAMUX_WINDOW_FIRST,
        .window = YAMUX_WINDOW_FIRST,
    };
}

bool yamux_stream_is_over(const struct yamux_stream *stream)
{
    return stream->was_reset || (stream->we_finished && stream->they_finished);
}

static loft_err check_flags(const struct yamux_stream *stream, uint16_t flags,
                            bool is_first)
{
    if (is_first != !!(flags & YAMUX_SYN))
        return err_say(LOFT_ERR_REFUSED, is_first
                                             ? "yamux: a stream without a SYN"
                                             : "yamux: a stream opened twice");
    if ((flags & YAMUX_ACK) && (!stream->is_ours || stream->acknowledged))
        return err_say(LOFT_ERR_REFUSED, "yamux: an ACK that none asked for");
    if ((flags & YAMUX_FIN) && stream->they_finished)
        return err_say(LOFT_ERR_REFUSED, "yamux: a stream finished twice");
    return LOFT_OK;
}

static loft_err check_length(const struct yamux_stream *stream,
                             const struct yamux_header *header)
{
    if (header->type == YAMUX_WINDOW) {
        if (header->length > UINT32_MAX - stream->may_send)
            return err_say(LOFT_ERR_REFUSED,
                           "yamux: a window of more than 32 bits");
        return LOFT_OK;
    }
    if (header->length > 0 && stream->they_finished)
        return err_say(LOFT_ERR_REFUSED, "yamux: data after the end");
    if (header->length > stream->may_receive)
        return err_say(LOFT_ERR_REFUSED,
                       "yamux: %u bytes of data where %u may come",
                       header->length, stream->may_receive);
    return LOFT_OK;
}

loft_err yamux_stream_receive(struct yamux_stream *stream,
                              const struct yamux_header *header, bool is_first)
{
    ASSERT(header->type == YAMUX_DATA || header->type == YAMUX_WINDOW);
    if (stream->was_reset)
        return LOFT_OK;
    TRY(check_flags(stream, header->flags, is_first));
    TRY(check_length(stream, header));
    if (header->type == YAMUX_WINDOW)
        stream->may_send += header->length;
    else
        stream->may_receive -= header->length;
    stream->acknowledged |= !!(header->flags & YAMUX_ACK);
    stream->they_finished |= !!(header->flags & YAMUX_FIN);
    stream->was_reset |= !!(header->flags & YAMUX_RST);
    return LOFT_OK;
}

uint32_t yamux_stream_room(const struct yamux_stream *stream)
{
    return stream->was_reset || stream->we_finished ? 0 : stream->may_send;
}

void yamux_stream_sent(struct yamux_stream *stream, uint32_t len)
{
    ASSERT(len <= yamux_stream_room(stream));
    stream->may_send -= len;
}

void yamux_stream_flagged(struct yamux_stream *stream, uint16_t flags)
{
    ASSERT(!(flags & YAMUX_SYN) || stream->is_ours);
    ASSERT(!(flags & YAMUX_ACK) || (!stream->is_ours && !stream->acknowledged));
    stream->acknowledged |= !!(flags & YAMUX_ACK);
    stream->we_finished |= !!(flags & YAMUX_FIN);
    stream->was_reset |= !!(flags & YAMUX_RST);
}

uint32_t yamux_stream_credit(struct yamux_stream *stream, uint32_t unread)
{
    uint64_t held = (uint64_t)stream->may_receive + unread;
    if (stream->was_reset || stream->they_finished || held > stream->window)
        return 0;
    uint32_t credit = stream->window - (uint32_t)held;
    if (credit < stream->window / 2)
        return 0;
    stream->may_receive += credit;
    return credit;
}

void yamux_stream_grow(struct yamux_stream *stream)
{
    if (stream->window < YAMUX_WINDOW_MAX)
        stream->window *= 2;
}
