/* The streams of a link: each agrees on its protocol, then its bytes are its
 * owner's. */
#include "p2p/peer_stream.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/link_parts.h"
#include "p2p/multistream.h"

/* Until a protocol is agreed upon. */
struct stream_opening {
    struct peer_link *link;
    struct multistream select;
    const char **names;     /* NULL: they propose */
    struct byte_queue held; /* must not leave before the last proposal */
    bool is_finished;       /* by its owner, to be said once they agreed */
    bool is_declined;       /* we said "na", and what follows was for another */
    uint64_t due_ms;        /* 0: no tick has seen it */
    const struct peer_protocol *found;
    void *found_context;
};

struct peer_stream {
    struct yamux_channel channel; /* first: one stands for the other */
    struct peer_link *link;
    const struct peer_stream_calls *calls; /* NULL: it has no owner */
    void *context;
    const char *protocol;               /* NULL: not agreed upon */
    struct stream_opening *opening;     /* NULL: agreed upon */
    const struct peer_protocol *serves; /* of streams of theirs */
    enum peer_stream_end end;           /* if has_end: ours to say */
    bool has_end, is_gone;
    bool is_paused; /* by its owner, who need not wait for the agreement */
    uint64_t deadline_ms; /* 0: none */
    uint64_t due_ms;      /* 0: no tick has seen the deadline */
};

static const char *const end_names[] = {
    [PEER_STREAM_DONE] = "done",           [PEER_STREAM_RESET] = "reset",
    [PEER_STREAM_ABANDONED] = "abandoned", [PEER_STREAM_REFUSED] = "refused",
    [PEER_STREAM_TIMEOUT] = "timeout",     [PEER_STREAM_LOST] = "lost",
};

const char *peer_stream_end_name(enum peer_stream_end end)
{
    ASSERT((size_t)end < ARRAY_LEN(end_names));
    return end_names[end];
}

static struct peer_stream *stream_of(struct yamux_channel *channel)
{
    return (struct peer_stream *)channel;
}

static void end_as(struct peer_stream *stream, enum peer_stream_end end)
{
    if (stream->is_gone || stream->has_end || stream->channel.flow.was_reset)
        return;
    stream->has_end = true;
    stream->end = end;
    yamux_channel_reset(&stream->channel);
}

/* Data stays here while another name might still be proposed: to a listener
 * that said no, it would be the next proposal. */
static bool is_held(const struct peer_stream *stream)
{
    return stream->opening && stream->opening->names &&
           !multistream_is_last(&stream->opening->select);
}

static void arm_later(struct peer_link *link)
{
    link->has_unarmed = true;
    link_wake(link);
}

static size_t held_memory(const struct stream_opening *opening)
{
    return opening->held.memory_bytes + opening->select.partial.cap;
}

/* What it holds was so much before. */
static void count_held(const struct stream_opening *opening, size_t before)
{
    opening->link->held_memory_bytes += held_memory(opening) - before;
}

static void drop_opening(struct peer_stream *stream)
{
    struct stream_opening *opening = stream->opening;
    if (!opening)
        return;
    size_t before = held_memory(opening);
    multistream_fini(&opening->select);
    byte_queue_clear(&opening->held);
    count_held(opening, before);
    opening->link->openings--;
    free(opening->names);
    free(opening);
    stream->opening = NULL;
}

static struct peer_stream *new_stream(struct peer_link *link)
{
    struct peer_stream *stream = MEMORY_NEW(struct peer_stream);
    stream->link = link;
    stream->opening = MEMORY_NEW(struct stream_opening);
    stream->opening->link = link;
    link->openings++;
    stream->channel.queue_bytes_max = PEER_STREAM_QUEUE_BYTES;
    return stream;
}

static void propose(struct peer_stream *stream, const char *const *names,
                    size_t name_count)
{
    struct stream_opening *opening = stream->opening;
    struct buffer text = {0};
    opening->names = memory_alloc(name_count * sizeof *names);
    memcpy(opening->names, names, name_count * sizeof *names);
    multistream_dial(&opening->select, &text, opening->names, name_count);
    yamux_channel_put(&stream->channel, buffer_bytes(&text));
    buffer_free(&text);
}

struct peer_stream *peer_link_open_stream(struct peer_link *link,
                                          const char *const *names,
                                          size_t name_count,
                                          const struct peer_stream_calls *calls,
                                          void *context)
{
    if (link->phase != LINK_OPEN)
        return NULL;
    struct peer_stream *stream = new_stream(link);
    if (!yamux_session_open(&link->yamux, &stream->channel,
                            PEER_STREAM_QUEUE_BYTES)) {
        drop_opening(stream);
        free(stream);
        return NULL;
    }
    stream->calls = calls;
    stream->context = context;
    propose(stream, names, name_count);
    arm_later(link);
    return stream;
}

/* Agreement */

static unsigned count_serving(const struct peer_link *link,
                              const struct peer_protocol *protocol)
{
    unsigned count = 0;
    const struct ring *all = &link->yamux.all;
    for (struct ring *node = all->next; node != all; node = node->next)
        count +=
            stream_of(RING_ITEM(node, struct yamux_channel, in_all))->serves ==
            protocol;
    return count;
}

/* A stream of theirs gets its owner. */
static void serve(struct peer_stream *stream,
                  const struct peer_protocol *protocol, void *context)
{
    unsigned streams_max = protocol->streams_per_peer_max;
    if (streams_max && count_serving(stream->link, protocol) >= streams_max) {
        end_as(stream, PEER_STREAM_REFUSED);
        return;
    }
    stream->serves = protocol;
    stream->protocol = protocol->name;
    if (protocol->queue_bytes_max)
        stream->channel.queue_bytes_max = protocol->queue_bytes_max;
    stream->calls = protocol->calls;
    stream->context = context;
    if (!protocol->accept)
        return;
    stream->context = protocol->accept(context, stream);
    if (!stream->context) {
        stream->calls = NULL;
        end_as(stream, PEER_STREAM_REFUSED);
    }
}

/* What was held follows the last proposal. */
static void release(struct peer_stream *stream)
{
    struct stream_opening *opening = stream->opening;
    size_t before = held_memory(opening);
    yamux_channel_put_queue(&stream->channel, &opening->held);
    count_held(opening, before);
}

static void agree(struct peer_stream *stream)
{
    const struct peer_protocol *found = stream->opening->found;
    void *context = stream->opening->found_context;
    bool is_ours = stream->opening->names;
    if (is_ours) {
        stream->protocol = multistream_name(&stream->opening->select);
        release(stream);
        if (stream->opening->is_finished)
            yamux_channel_finish(&stream->channel);
    }
    drop_opening(stream);
    if (!is_ours)
        serve(stream, found, context);
    else if (stream->calls->opened)
        stream->calls->opened(stream->context, stream);
}

static bool knows(void *context, bytes name)
{
    struct stream_opening *opening = context;
    const struct peer_link *link = opening->link;
    opening->found = link->calls->find(link->context, name,
                                       &opening->found_context);
    return opening->found;
}

static const struct multistream_calls select_calls = {knows};

/* A dialer that does not wait for an answer has sent what is meant for its
 * protocol: our "na" has to leave all the same, which a reset would take back.
 */
static void decline(struct peer_stream *stream)
{
    struct stream_opening *opening = stream->opening;
    if (opening->names || opening->select.offers == 0) {
        end_as(stream, PEER_STREAM_REFUSED);
        return;
    }
    if (!opening->is_declined)
        yamux_channel_finish(&stream->channel);
    opening->is_declined = true;
}

static void negotiate(struct peer_stream *stream, bytes *rest)
{
    struct stream_opening *opening = stream->opening;
    const struct peer_link *link = stream->link;
    struct buffer answer = {0};
    bool agreed = false, was_held = is_held(stream);
    size_t before = held_memory(opening);
    loft_err err = multistream_receive(&opening->select, &agreed, rest,
                                       &answer);
    count_held(opening, before);
    yamux_channel_put(&stream->channel, buffer_bytes(&answer));
    buffer_free(&answer);
    if (err != LOFT_OK) {
        if (err != LOFT_ERR_REFUSED && link->calls->fault)
            link->calls->fault(link->context, err_sentence());
        decline(stream);
    } else if (agreed)
        agree(stream);
    else if (was_held && !is_held(stream))
        release(stream);
}

/* Calls of the session */

static struct yamux_channel *on_opened(void *context)
{
    struct peer_link *link = context;
    struct peer_stream *stream = new_stream(link);
    multistream_listen(&stream->opening->select, &select_calls,
                       stream->opening);
    arm_later(link);
    return &stream->channel;
}

static void give(struct peer_stream *stream, bytes data)
{
    if (stream->calls && stream->calls->got)
        stream->calls->got(stream->context, stream, data);
}

static size_t on_got(void *context, struct yamux_channel *channel, bytes data)
{
    (void)context;
    struct peer_stream *stream = stream_of(channel);
    bytes rest = data;
    if (!stream->opening) {
        give(stream, data);
        return data.len;
    }
    if (stream->opening->is_declined)
        return data.len;
    negotiate(stream, &rest);
    if (stream->opening || channel->flow.was_reset)
        return data.len;
    yamux_channel_pause(channel, stream->is_paused);
    if (rest.len == 0 || stream->is_paused)
        return data.len - rest.len;
    give(stream, rest);
    return data.len;
}

static void on_finished(void *context, struct yamux_channel *channel)
{
    (void)context;
    struct peer_stream *stream = stream_of(channel);
    if (stream->opening)
        decline(stream);
    else if (stream->calls && stream->calls->finished)
        stream->calls->finished(stream->context, stream);
}

static void on_drained(void *context, struct yamux_channel *channel)
{
    (void)context;
    struct peer_stream *stream = stream_of(channel);
    if (is_held(stream) &&
        stream->opening->held.len > channel->queue_bytes_max / 2)
        yamux_channel_want_room(channel);
    else if (stream->calls && stream->calls->drained)
        stream->calls->drained(stream->context, stream);
}

static enum peer_stream_end end_of(const struct peer_stream *stream)
{
    if (stream->has_end)
        return stream->end;
    if (stream->channel.flow.was_reset)
        return PEER_STREAM_RESET;
    return stream->channel.told_finish && stream->channel.flow.we_finished
               ? PEER_STREAM_DONE
               : PEER_STREAM_LOST;
}

static void on_ended(void *context, struct yamux_channel *channel)
{
    (void)context;
    struct peer_stream *stream = stream_of(channel);
    stream->is_gone = true;
    if (stream->calls && stream->calls->ended)
        stream->calls->ended(stream->context, stream, end_of(stream));
    drop_opening(stream);
    free(stream);
}

static void on_wake(void *context)
{
    link_wake(context);
}

const struct yamux_calls link_yamux_calls = {
    on_opened, on_got, on_finished, on_drained, on_ended, on_wake,
};

/* Deadlines */

/* Whether it is past. */
static bool tick_one(uint64_t *due_ms, uint64_t *next_ms, uint64_t now_ms,
                     uint64_t after_ms)
{
    if (*due_ms == 0)
        *due_ms = now_ms + after_ms;
    if (*due_ms < *next_ms)
        *next_ms = *due_ms;
    return now_ms >= *due_ms;
}

static void tick(struct peer_stream *stream, uint64_t *next_ms)
{
    const struct peer_link *link = stream->link;
    bool is_late = false;
    if (stream->has_end || stream->channel.flow.was_reset)
        return;
    if (stream->opening)
        is_late |= tick_one(&stream->opening->due_ms, next_ms, link->now_ms,
                            link->limits->negotiate_ms);
    if (stream->deadline_ms)
        is_late |= tick_one(&stream->due_ms, next_ms, link->now_ms,
                            stream->deadline_ms);
    if (is_late)
        end_as(stream, PEER_STREAM_TIMEOUT);
}

void link_tick_streams(struct peer_link *link)
{
    const struct ring *all = &link->yamux.all;
    uint64_t next_ms = UINT64_MAX;
    if (!link->has_unarmed && link->now_ms < link->streams_due_ms)
        return;
    link->has_unarmed = false;
    for (struct ring *node = all->next; node != all; node = node->next)
        tick(stream_of(RING_ITEM(node, struct yamux_channel, in_all)),
             &next_ms);
    link->streams_due_ms = next_ms;
}

size_t link_streams_memory(const struct peer_link *link)
{
    size_t streams = link->yamux.streams_in + link->yamux.streams_out;
    return streams *
               (sizeof(struct peer_stream) - sizeof(struct yamux_channel)) +
           link->openings * sizeof(struct stream_opening) +
           link->held_memory_bytes;
}

/* For owners */

/* js-libp2p loses what comes in one piece with the name of a stream's protocol
 * and the stream's end: so the end waits until the other side agreed. */
static bool ends_later(const struct peer_stream *stream)
{
    return stream->opening && stream->opening->names;
}

size_t peer_stream_room(const struct peer_stream *stream)
{
    const struct stream_opening *opening = stream->opening;
    size_t room = yamux_channel_room(&stream->channel);
    if (opening && opening->is_finished)
        return 0;
    if (!is_held(stream))
        return room;
    return opening->held.len >= room ? 0 : room - opening->held.len;
}

void peer_stream_bound(struct peer_stream *stream, size_t bytes_max)
{
    stream->channel.queue_bytes_max = bytes_max;
}

bool peer_stream_send(struct peer_stream *stream, bytes data)
{
    bool is_finished = stream->opening && stream->opening->is_finished;
    if (!is_held(stream))
        return !is_finished && yamux_channel_send(&stream->channel, data);
    if (data.len > peer_stream_room(stream)) {
        yamux_channel_want_room(&stream->channel);
        return false;
    }
    size_t before = held_memory(stream->opening);
    byte_queue_push(&stream->opening->held, data);
    count_held(stream->opening, before);
    return true;
}

void peer_stream_finish(struct peer_stream *stream)
{
    if (ends_later(stream))
        stream->opening->is_finished = true;
    else
        yamux_channel_finish(&stream->channel);
}

void peer_stream_reset(struct peer_stream *stream)
{
    end_as(stream, PEER_STREAM_ABANDONED);
}

void peer_stream_pause(struct peer_stream *stream, bool paused)
{
    stream->is_paused = paused;
    if (!stream->opening && !stream->is_gone)
        yamux_channel_pause(&stream->channel, paused);
}

void peer_stream_deadline(struct peer_stream *stream, uint64_t ms)
{
    stream->deadline_ms = ms;
    stream->due_ms = 0;
    if (ms)
        arm_later(stream->link);
}

void peer_stream_use(struct peer_stream *stream,
                     const struct peer_stream_calls *calls, void *context)
{
    stream->calls = calls;
    stream->context = context;
}

void *peer_stream_context(const struct peer_stream *stream)
{
    return stream->context;
}

const struct peer_id *peer_stream_peer(const struct peer_stream *stream)
{
    return &stream->link->their_id;
}

bool peer_stream_is_ours(const struct peer_stream *stream)
{
    return stream->channel.flow.is_ours;
}

const char *peer_stream_protocol(const struct peer_stream *stream)
{
    return stream->protocol;
}
