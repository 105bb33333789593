/* Frames from a hostile side at one stream, while ours reads, sends and
 * grows by a byte of the input after each: the windows always add up. */
#include "base/assert.h"
#include "p2p/yamux_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STEP_BYTES (YAMUX_HEADER_BYTES + 1)

/* Acts as the low bits of `how` say. */
static void act(struct yamux_stream *stream, uint32_t *unread, uint8_t how)
{
    if (how & 1)
        *unread /= 2;
    if (how & 2)
        yamux_stream_grow(stream);
    if (how & 4)
        yamux_stream_sent(stream, yamux_stream_room(stream) / 2);
    if (how & 8)
        yamux_stream_flagged(stream, YAMUX_FIN);
    if ((how & 0xf0) == 0xf0)
        yamux_stream_flagged(stream, YAMUX_RST);
    yamux_stream_credit(stream, *unread);
}

static void step(struct yamux_stream *stream, uint32_t *unread,
                 const uint8_t *at)
{
    struct yamux_header header;
    uint8_t again[YAMUX_HEADER_BYTES];
    if (yamux_header_read(&header, at) != LOFT_OK)
        return;
    yamux_header_write(again, &header);
    ASSERT(memcmp(again, at, sizeof again) == 0);
    if (header.stream == 0)
        return;
    bool counts = header.type == YAMUX_DATA && !stream->was_reset;
    if (yamux_stream_receive(stream, &header, false) == LOFT_OK && counts)
        *unread += header.length;
    act(stream, unread, at[YAMUX_HEADER_BYTES]);
    ASSERT((uint64_t)stream->may_receive + *unread <= YAMUX_WINDOW_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint32_t unread = 0;
    if (len == 0)
        return 0;
    struct yamux_stream stream = yamux_stream_of(data[0] & 1);
    for (size_t at = 1; at + STEP_BYTES <= len; at += STEP_BYTES)
        step(&stream, &unread, data + at);
    return 0;
}
