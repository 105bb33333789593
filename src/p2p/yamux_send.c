/* The sending half of a Yamux session: what waits in channels, and whose turn
 * it is. */
#include "base/assert.h"
#include "p2p/yamux_parts.h"

/* Of one turn, where others wait for theirs. */
#define TURN_BYTES_MAX ((size_t)16 << 10)
/* A window, a header of data with a byte of it, and an end. */
#define TURN_BYTES_MIN (3 * YAMUX_HEADER_BYTES + 1)
#define MEASURE_AGAIN_MS 10000

_Static_assert(TURN_BYTES_MIN < YAMUX_TAKE_BYTES_MIN, "a turn fits");

static void wake(struct yamux_session *session)
{
    session->calls->wake(session->context);
}

void yamux_count_queues(struct yamux_channel *channel)
{
    size_t now = channel->in.memory_bytes + channel->out.memory_bytes;
    channel->session->queue_memory_bytes += now - channel->counted_bytes;
    channel->counted_bytes = now;
}

void yamux_look_at(struct yamux_channel *channel)
{
    if (ring_is_alone(&channel->in_work))
        ring_put(&channel->session->work, &channel->in_work);
    wake(channel->session);
}

void yamux_answer(struct yamux_session *session,
                  const struct yamux_header *header)
{
    yamux_header_write(buffer_extend(&session->control, YAMUX_HEADER_BYTES),
                       header);
    wake(session);
}

bool yamux_owes_credit(const struct yamux_channel *channel)
{
    const struct yamux_stream *flow = &channel->flow;
    uint64_t held = (uint64_t)flow->may_receive + channel->in.len;
    return !flow->was_reset && !flow->they_finished && held <= flow->window / 2;
}

static bool owes_end(const struct yamux_channel *channel)
{
    return channel->finishing && channel->out.len == 0 &&
           !channel->flow.we_finished;
}

static bool can_send(const struct yamux_channel *channel)
{
    return channel->owes_syn || channel->owes_ack || owes_end(channel) ||
           (channel->out.len > 0 && yamux_stream_room(&channel->flow) > 0) ||
           yamux_owes_credit(channel);
}

static bool queue_turn(struct yamux_channel *channel)
{
    struct yamux_session *session = channel->session;
    if (yamux_stream_is_over(&channel->flow) || session->is_over ||
        !ring_is_alone(&channel->in_turns) || !can_send(channel))
        return false;
    ring_put(&session->turns, &channel->in_turns);
    return true;
}

void yamux_take_turns(struct yamux_channel *channel)
{
    if (queue_turn(channel))
        wake(channel->session);
}

static void forget_unacknowledged(struct yamux_channel *channel)
{
    if (channel->flow.is_ours && !channel->flow.acknowledged)
        channel->session->unacknowledged--;
}

void yamux_retire(struct yamux_channel *channel)
{
    struct yamux_session *session = channel->session;
    if (map_remove(&session->channels, &channel->id)) {
        forget_unacknowledged(channel);
        if (!channel->flow.they_finished && !channel->owes_syn)
            session->late_bytes_max += channel->flow.may_receive;
    }
    if (session->channels.len == 0)
        map_fini(&session->channels);
    ring_remove(&channel->in_turns);
    byte_queue_clear(&channel->out);
    yamux_count_queues(channel);
    yamux_look_at(channel);
}

bool yamux_session_open(struct yamux_session *session,
                        struct yamux_channel *channel, size_t queue_bytes_max)
{
    if (session->is_over || session->we_parted || session->they_parted ||
        session->next_id == 0 ||
        session->streams_out >= session->limits->streams_out_max ||
        session->unacknowledged >= YAMUX_BACKLOG_MAX ||
        session->window_bytes + YAMUX_WINDOW_FIRST >
            session->limits->window_bytes_max)
        return false;
    yamux_attach(session, channel, session->next_id, true);
    channel->queue_bytes_max = queue_bytes_max;
    channel->owes_syn = true;
    session->next_id = session->next_id > UINT32_MAX - 2 ? 0
                                                         : session->next_id + 2;
    session->unacknowledged++;
    yamux_take_turns(channel);
    return true;
}

size_t yamux_channel_room(const struct yamux_channel *channel)
{
    bool is_shut = channel->finishing || yamux_stream_is_over(&channel->flow) ||
                   channel->session->is_over;
    return is_shut || channel->out.len >= channel->queue_bytes_max
               ? 0
               : channel->queue_bytes_max - channel->out.len;
}

void yamux_channel_want_room(struct yamux_channel *channel)
{
    channel->wants_room = true;
}

void yamux_channel_put(struct yamux_channel *channel, bytes data)
{
    if (data.len == 0 || yamux_stream_is_over(&channel->flow) ||
        channel->session->is_over)
        return;
    ASSERT(!channel->finishing);
    byte_queue_push(&channel->out, data);
    if (channel->out.len > channel->queue_bytes_max / 2)
        channel->wants_room = true;
    yamux_count_queues(channel);
    yamux_take_turns(channel);
}

void yamux_channel_put_queue(struct yamux_channel *channel,
                             struct byte_queue *from)
{
    if (yamux_stream_is_over(&channel->flow) || channel->session->is_over) {
        byte_queue_clear(from);
        return;
    }
    byte_queue_join(&channel->out, from);
    yamux_count_queues(channel);
    yamux_take_turns(channel);
}

bool yamux_channel_send(struct yamux_channel *channel, bytes data)
{
    if (channel->finishing || data.len > yamux_channel_room(channel)) {
        yamux_channel_want_room(channel);
        return false;
    }
    yamux_channel_put(channel, data);
    return true;
}

void yamux_channel_finish(struct yamux_channel *channel)
{
    channel->finishing = true;
    yamux_take_turns(channel);
}

void yamux_channel_reset(struct yamux_channel *channel)
{
    const struct yamux_header reset = {
        .type = YAMUX_WINDOW, .flags = YAMUX_RST, .stream = channel->id};
    if (yamux_stream_is_over(&channel->flow)) {
        yamux_stream_flagged(&channel->flow, YAMUX_RST);
        yamux_look_at(channel);
        return;
    }
    /* The other side has not heard of a stream whose SYN did not leave. */
    if (!channel->owes_syn)
        yamux_answer(channel->session, &reset);
    yamux_stream_flagged(&channel->flow, YAMUX_RST);
    yamux_retire(channel);
}

void yamux_channel_pause(struct yamux_channel *channel, bool paused)
{
    channel->paused = paused;
    if (!paused && channel->in.len > 0)
        yamux_look_at(channel);
}

void yamux_session_part(struct yamux_session *session, enum yamux_reason reason)
{
    const struct yamux_header header = {.type = YAMUX_GO_AWAY,
                                        .length = (uint32_t)reason};
    if (session->we_parted)
        return;
    session->we_parted = true;
    yamux_answer(session, &header);
}

static void put_header(struct buffer *out, const struct yamux_channel *channel,
                       enum yamux_type type, uint16_t flags, uint32_t length)
{
    const struct yamux_header header = {
        .type = type, .flags = flags, .stream = channel->id, .length = length};
    yamux_header_write(buffer_extend(out, YAMUX_HEADER_BYTES), &header);
}

/* One ping at a time, and few. */
static void measure(struct yamux_session *session)
{
    uint64_t age = session->now_ms - session->pinged_ms;
    if (session->measuring ||
        (session->round_trip_ms > 0 && age < MEASURE_AGAIN_MS))
        return;
    const struct yamux_header ping = {
        .type = YAMUX_PING, .flags = YAMUX_SYN, .length = ++session->ping};
    session->measuring = true;
    session->pinged_ms = session->now_ms;
    yamux_answer(session, &ping);
}

/* A sender that a window holds back uses half of it up in half a round trip;
 * what takes four times as long is not held back. */
static void grow(struct yamux_channel *channel)
{
    struct yamux_session *session = channel->session;
    uint64_t elapsed_ms = session->now_ms - channel->credited_ms;
    uint32_t window = channel->flow.window;
    if (session->round_trip_ms == 0 ||
        elapsed_ms > 2 * session->round_trip_ms || window >= YAMUX_WINDOW_MAX ||
        session->window_bytes + window > session->limits->window_bytes_max)
        return;
    yamux_stream_grow(&channel->flow);
    session->window_bytes += channel->flow.window - window;
}

static uint32_t take_credit(struct yamux_channel *channel)
{
    if (!yamux_owes_credit(channel))
        return 0;
    measure(channel->session);
    grow(channel);
    channel->credited_ms = channel->session->now_ms;
    return yamux_stream_credit(&channel->flow, (uint32_t)channel->in.len);
}

static uint16_t take_opening_flags(struct yamux_channel *channel)
{
    uint16_t flags = channel->owes_syn   ? YAMUX_SYN
                     : channel->owes_ack ? YAMUX_ACK
                                         : 0;
    yamux_stream_flagged(&channel->flow, flags);
    channel->owes_syn = channel->owes_ack = false;
    return flags;
}

static void put_data(struct yamux_channel *channel, struct buffer *out,
                     uint16_t flags, size_t len)
{
    put_header(out, channel, YAMUX_DATA, flags, (uint32_t)len);
    yamux_stream_sent(&channel->flow, (uint32_t)len);
    channel->session->bytes_out += len;
    while (len > 0) {
        bytes front = byte_queue_front(&channel->out);
        size_t taken = front.len < len ? front.len : len;
        buffer_put(out, front.at, taken);
        byte_queue_pop(&channel->out, taken);
        len -= taken;
    }
    yamux_count_queues(channel);
    if (channel->wants_room && channel->out.len <= channel->queue_bytes_max / 2)
        yamux_look_at(channel);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* room of at least TURN_BYTES_MIN. An end is a frame of its own: a side that
 * looks at flags first would lose the data beside it. */
static void put_turn(struct yamux_channel *channel, struct buffer *out,
                     size_t room)
{
    bool is_only = ring_is_alone(&channel->session->turns);
    size_t len = least(channel->out.len, yamux_stream_room(&channel->flow));
    len = least(len, room - 3 * YAMUX_HEADER_BYTES);
    len = least(len, is_only ? len : TURN_BYTES_MAX);
    uint16_t flags = take_opening_flags(channel);
    uint32_t credit = take_credit(channel);
    if (credit > 0 || (flags && len == 0)) {
        put_header(out, channel, YAMUX_WINDOW, flags, credit);
        flags = 0;
    }
    if (len > 0)
        put_data(channel, out, flags, len);
    if (owes_end(channel)) {
        put_header(out, channel, YAMUX_WINDOW, YAMUX_FIN, 0);
        yamux_stream_flagged(&channel->flow, YAMUX_FIN);
    }
    if (yamux_stream_is_over(&channel->flow))
        yamux_retire(channel);
}

static void put_control(struct yamux_session *session, struct buffer *out,
                        size_t max)
{
    struct buffer *control = &session->control;
    size_t len = least(control->len, max - max % YAMUX_HEADER_BYTES);
    buffer_put(out, control->at, len);
    control->len -= len;
    if (control->len == 0)
        buffer_free(control);
    else
        memmove(control->at, control->at + len, control->len);
}

bool yamux_session_is_ready(const struct yamux_session *session)
{
    return session->control.len > 0 || !ring_is_alone(&session->turns);
}

bool yamux_session_take(struct yamux_session *session, struct buffer *out,
                        size_t max)
{
    size_t start = out->len;
    struct ring *node;
    ASSERT(max >= YAMUX_TAKE_BYTES_MIN);
    put_control(session, out, max);
    while (max - (out->len - start) >= TURN_BYTES_MIN &&
           (node = ring_first(&session->turns))) {
        struct yamux_channel *channel = RING_ITEM(node, struct yamux_channel,
                                                  in_turns);
        ring_remove(node);
        put_turn(channel, out, max - (out->len - start));
        queue_turn(channel);
    }
    return yamux_session_is_ready(session);
}
