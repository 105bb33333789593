/* Bytes of a hostile side to a session that echoes what comes, pauses some of
 * its streams and ends others. Memory stays within windows and limits, and the
 * session says nothing after it is over but its GoAway. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/yamux_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STREAMS 4
#define QUEUE_BYTES 4096

static const struct yamux_limits limits = {
    .streams_in_max = STREAMS,
    .streams_out_max = STREAMS,
    .opens_per_s_max = 20,
    .pings_per_s_max = 5,
    .window_bytes_max = (size_t)4 << 20,
};

static struct yamux_channel *opened(void *context)
{
    (void)context;
    struct yamux_channel *channel = MEMORY_NEW(struct yamux_channel);
    channel->queue_bytes_max = QUEUE_BYTES;
    return channel;
}

static size_t got(void *context, struct yamux_channel *channel, bytes data)
{
    (void)context;
    ASSERT(data.len > 0 && !channel->paused);
    if (data.at[0] == 'p')
        yamux_channel_pause(channel, true);
    else if (data.at[0] == 'r')
        yamux_channel_reset(channel);
    else if (data.at[0] == 'f')
        yamux_channel_finish(channel);
    else if (data.len > yamux_channel_room(channel))
        yamux_channel_want_room(channel);
    else
        ASSERT(yamux_channel_send(channel, data));
    return data.at[0] == 'p' ? data.len / 2 : data.len;
}

static void finished(void *context, struct yamux_channel *channel)
{
    (void)context;
    yamux_channel_finish(channel);
}

static void drained(void *context, struct yamux_channel *channel)
{
    (void)context;
    ASSERT(yamux_channel_room(channel) > 0);
}

static void ended(void *context, struct yamux_channel *channel)
{
    (void)context;
    free(channel);
}

static void wake(void *context)
{
    (void)context;
}

static const struct yamux_calls calls = {
    opened, got, finished, drained, ended, wake,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct yamux_session session;
    struct buffer out = {0};
    loft_err err = LOFT_OK;
    if (len == 0)
        return 0;
    yamux_session_init(&session, data[0] & 1, &limits, &calls, NULL, 0);
    size_t step = 1 + data[0] / 2;
    for (size_t at = 1; at < len && err == LOFT_OK; at += step) {
        size_t here = len - at < step ? len - at : step;
        err = yamux_session_receive(&session, bytes_of(data + at, here), at);
        ASSERT(yamux_session_memory(&session) <
               limits.window_bytes_max + (1 << 20));
        if (data[0] & 2)
            yamux_session_take(&session, &out, 100);
    }
    while (yamux_session_take(&session, &out, 65536))
        ;
    if (err != LOFT_OK)
        ASSERT(out.len >= YAMUX_HEADER_BYTES &&
               yamux_session_receive(&session, bytes_of("x", 1), len) ==
                   LOFT_ERR_REFUSED);
    yamux_session_fini(&session);
    buffer_free(&out);
    return 0;
}
