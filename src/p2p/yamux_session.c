/* The receiving half of a Yamux session, and the calls to its user. */
#include "p2p/yamux_session.h"

#include <stdlib.h>

#include "base/assert.h"
#include "p2p/yamux_parts.h"

static bool spend(struct yamux_rate *rate, uint64_t now_ms, unsigned per_s_max)
{
    uint64_t most = (uint64_t)per_s_max * 1000;
    uint64_t elapsed_ms = now_ms - rate->at_ms;
    uint64_t more = elapsed_ms > 1000 ? most : elapsed_ms * per_s_max;
    rate->at_ms = now_ms;
    rate->thousandths += more;
    if (rate->thousandths > most)
        rate->thousandths = most;
    if (rate->thousandths < 1000)
        return false;
    rate->thousandths -= 1000;
    return true;
}

static struct yamux_rate full_rate(uint64_t now_ms, unsigned per_s_max)
{
    return (struct yamux_rate){(uint64_t)per_s_max * 1000, now_ms};
}

void yamux_session_init(struct yamux_session *session, bool is_dialer,
                        const struct yamux_limits *limits,
                        const struct yamux_calls *calls, void *context,
                        uint64_t now_ms)
{
    *session = (struct yamux_session){
        .calls = calls,
        .context = context,
        .limits = limits,
        .now_ms = now_ms,
        .is_dialer = is_dialer,
        .next_id = is_dialer ? 1 : 2,
        .opens = full_rate(now_ms, limits->opens_per_s_max),
        .pings = full_rate(now_ms, limits->pings_per_s_max),
    };
    map_init(&session->channels, sizeof(uint32_t), sizeof(void *));
    ring_init(&session->all);
    ring_init(&session->turns);
    ring_init(&session->work);
}

void yamux_attach(struct yamux_session *session, struct yamux_channel *channel,
                  uint32_t id, bool is_ours)
{
    *channel = (struct yamux_channel){
        .session = session,
        .id = id,
        .flow = yamux_stream_of(is_ours),
        .credited_ms = session->now_ms,
    };
    ring_init(&channel->in_turns);
    ring_init(&channel->in_work);
    ring_put(&session->all, &channel->in_all);
    memcpy(map_put(&session->channels, &id, NULL), &channel, sizeof channel);
    *(is_ours ? &session->streams_out : &session->streams_in) += 1;
    session->window_bytes += channel->flow.window;
}

static void end(struct yamux_channel *channel)
{
    struct yamux_session *session = channel->session;
    byte_queue_clear(&channel->in);
    byte_queue_clear(&channel->out);
    yamux_count_queues(channel);
    ring_remove(&channel->in_all);
    ring_remove(&channel->in_turns);
    ring_remove(&channel->in_work);
    if (session->body == channel)
        session->body = NULL;
    *(channel->flow.is_ours ? &session->streams_out
                            : &session->streams_in) -= 1;
    session->window_bytes -= channel->flow.window;
    session->calls->ended(session->context, channel);
}

void yamux_session_fini(struct yamux_session *session)
{
    struct ring *node;
    session->is_over = true;
    while ((node = ring_first(&session->all)))
        end(RING_ITEM(node, struct yamux_channel, in_all));
    map_fini(&session->channels);
    buffer_free(&session->control);
}

size_t yamux_session_memory(const struct yamux_session *session)
{
    const struct map *map = &session->channels;
    size_t channels = session->streams_in + session->streams_out;
    return session->control.cap + (size_t)map->cap * map->entry_len +
           (size_t)map->cap * 2 * sizeof *map->slots +
           channels * sizeof(struct yamux_channel) +
           session->queue_memory_bytes;
}

static struct yamux_channel *find(const struct yamux_session *session,
                                  uint32_t id)
{
    struct yamux_channel *channel = NULL;
    const void *found = map_get(&session->channels, &id);
    if (found)
        memcpy(&channel, found, sizeof channel);
    return channel;
}

/* Calls */

/* What is left of `data` when the reader has what it takes now. */
static bytes give(struct yamux_channel *channel, bytes data)
{
    struct yamux_session *session = channel->session;
    if (channel->paused || channel->flow.was_reset)
        return data;
    session->bytes_in += data.len;
    size_t taken = session->calls->got(session->context, channel, data);
    session->bytes_in -= data.len - taken;
    ASSERT(taken == data.len || channel->paused || channel->flow.was_reset);
    return bytes_of(data.at + taken, data.len - taken);
}

/* The queue stays as it is while its reader looks at it: what is left after a
 * reset goes with the channel. */
static void give_queued(struct yamux_channel *channel)
{
    while (channel->in.len > 0 && !channel->paused &&
           !channel->flow.was_reset) {
        bytes front = byte_queue_front(&channel->in);
        bytes left = give(channel, front);
        byte_queue_pop(&channel->in, front.len - left.len);
        yamux_count_queues(channel);
    }
}

/* All that they sent is read, and they send no more. */
static bool is_read_out(const struct yamux_channel *channel)
{
    return channel->flow.they_finished && channel->in.len == 0 &&
           channel->session->body != channel;
}

static void tell(struct yamux_channel *channel)
{
    struct yamux_session *session = channel->session;
    bool is_live = !channel->flow.was_reset;
    if (is_live && is_read_out(channel) && !channel->told_finish) {
        channel->told_finish = true;
        session->calls->finished(session->context, channel);
    }
    if (channel->wants_room && !yamux_stream_is_over(&channel->flow) &&
        !channel->finishing &&
        channel->out.len <= channel->queue_bytes_max / 2) {
        channel->wants_room = false;
        session->calls->drained(session->context, channel);
    }
}

static void work_on(struct yamux_channel *channel)
{
    const struct yamux_stream *flow = &channel->flow;
    give_queued(channel);
    tell(channel);
    if (flow->was_reset || (yamux_stream_is_over(flow) && channel->told_finish))
        end(channel);
    else
        yamux_take_turns(channel); /* for the credit that reading earned */
}

void yamux_session_work(struct yamux_session *session, uint64_t now_ms)
{
    struct ring *node;
    session->now_ms = now_ms;
    while ((node = ring_first(&session->work))) {
        ring_remove(node);
        work_on(RING_ITEM(node, struct yamux_channel, in_work));
    }
}

/* Ids: those of a side are every second one, and may come a little out of
 * order where several threads of the other side open streams. */

static bool is_theirs(const struct yamux_session *session, uint32_t id)
{
    return (id & 1) == (session->is_dialer ? 0 : 1);
}

static uint32_t count_of(uint32_t id)
{
    return id / 2 + (id & 1); /* odd ones: 1, 2, 3; even ones too */
}

static uint64_t *recent_word(struct yamux_session *session, uint32_t count)
{
    return &session->recent[count % YAMUX_RECENT_IDS / 64];
}

static bool is_used(struct yamux_session *session, uint32_t id)
{
    uint32_t count = count_of(id);
    if (count > session->newest)
        return false;
    if (session->newest - count >= YAMUX_RECENT_IDS)
        return true;
    return *recent_word(session, count) >> (count % 64) & 1;
}

static void use(struct yamux_session *session, uint32_t id)
{
    uint32_t count = count_of(id);
    if (count > session->newest) {
        uint32_t ahead = count - session->newest;
        for (uint32_t i = 0; i < ahead && i < YAMUX_RECENT_IDS; i++)
            *recent_word(session, count - i) &= ~(1ull << ((count - i) % 64));
        session->newest = count;
    }
    *recent_word(session, count) |= 1ull << (count % 64);
}

static bool was_opened(struct yamux_session *session, uint32_t id)
{
    return is_theirs(session, id)
               ? is_used(session, id)
               : session->next_id == 0 || id < session->next_id;
}

/* Frames */

/* For a stream that is over on our side, which the other may not know: what
 * its window allows. */
static loft_err receive_late(struct yamux_session *session,
                             const struct yamux_header *header)
{
    if (!was_opened(session, header->stream))
        return err_say(LOFT_ERR_REFUSED, "yamux: stream %u was not opened",
                       header->stream);
    if (header->type != YAMUX_DATA)
        return LOFT_OK;
    if (header->length > session->late_bytes_max)
        return err_say(LOFT_ERR_REFUSED,
                       "yamux: %u bytes for stream %u, which is over",
                       header->length, header->stream);
    session->late_bytes_max -= header->length;
    session->body_left = header->length;
    return LOFT_OK;
}

static bool has_room(const struct yamux_session *session)
{
    return !session->we_parted &&
           session->streams_in < session->limits->streams_in_max &&
           session->window_bytes + YAMUX_WINDOW_FIRST <=
               session->limits->window_bytes_max;
}

static loft_err check_opening(struct yamux_session *session, uint32_t id)
{
    unsigned opens_max = session->limits->opens_per_s_max;
    if (!is_theirs(session, id))
        return err_say(LOFT_ERR_REFUSED,
                       "yamux: stream %u opened, a number of our side", id);
    if (is_used(session, id))
        return err_say(LOFT_ERR_REFUSED, "yamux: stream %u opened again", id);
    if (!spend(&session->opens, session->now_ms, opens_max))
        return err_say(LOFT_ERR_LIMIT,
                       "yamux: more than %u streams opened a second",
                       opens_max);
    return LOFT_OK;
}

static loft_err refuse(struct yamux_session *session,
                       const struct yamux_header *header)
{
    const struct yamux_header reset = {
        .type = YAMUX_WINDOW, .flags = YAMUX_RST, .stream = header->stream};
    yamux_answer(session, &reset);
    session->late_bytes_max += YAMUX_WINDOW_FIRST;
    return receive_late(session, header);
}

static loft_err receive_on(struct yamux_channel *channel,
                           const struct yamux_header *header, bool is_first)
{
    struct yamux_session *session = channel->session;
    bool was_acknowledged = channel->flow.acknowledged;
    TRY(yamux_stream_receive(&channel->flow, header, is_first));
    if (channel->flow.is_ours && channel->flow.acknowledged &&
        !was_acknowledged)
        session->unacknowledged--;
    if (header->type == YAMUX_DATA && header->length > 0) {
        session->body = channel;
        session->body_left = header->length;
    }
    if (yamux_stream_is_over(&channel->flow))
        yamux_retire(channel);
    else if (channel->flow.they_finished)
        yamux_look_at(channel);
    yamux_take_turns(channel);
    return LOFT_OK;
}

static loft_err receive_opening(struct yamux_session *session,
                                const struct yamux_header *header)
{
    struct yamux_channel *channel = NULL;
    TRY(check_opening(session, header->stream));
    use(session, header->stream);
    if (has_room(session))
        channel = session->calls->opened(session->context);
    if (!channel)
        return refuse(session, header);
    size_t queue_bytes_max = channel->queue_bytes_max;
    yamux_attach(session, channel, header->stream, false);
    channel->queue_bytes_max = queue_bytes_max;
    channel->owes_ack = true;
    return receive_on(channel, header, true);
}

static loft_err receive_streams(struct yamux_session *session,
                                const struct yamux_header *header)
{
    struct yamux_channel *channel = find(session, header->stream);
    if (channel)
        return receive_on(channel, header, false);
    return header->flags & YAMUX_SYN ? receive_opening(session, header)
                                     : receive_late(session, header);
}

/* The shortest of all: a longer one has waited behind the data that it is to
 * tell the window of, and windows would grow with what waits in them. */
static void note_round_trip(struct yamux_session *session, uint64_t taken_ms)
{
    uint64_t took_ms = taken_ms > 0 ? taken_ms : 1;
    if (session->round_trip_ms == 0 || took_ms < session->round_trip_ms)
        session->round_trip_ms = took_ms;
}

static loft_err receive_ping(struct yamux_session *session,
                             const struct yamux_header *header)
{
    unsigned pings_max = session->limits->pings_per_s_max;
    const struct yamux_header answer = {
        .type = YAMUX_PING, .flags = YAMUX_ACK, .length = header->length};
    if (header->flags & YAMUX_ACK) {
        if (session->measuring && header->length == session->ping) {
            note_round_trip(session, session->now_ms - session->pinged_ms);
            session->measuring = false;
        }
        return LOFT_OK;
    }
    if (!spend(&session->pings, session->now_ms, pings_max))
        return err_say(LOFT_ERR_LIMIT, "yamux: more than %u pings a second",
                       pings_max);
    yamux_answer(session, &answer);
    return LOFT_OK;
}

static loft_err receive_parting(struct yamux_session *session,
                                const struct yamux_header *header)
{
    session->they_parted = true;
    if (header->length == YAMUX_NORMAL)
        return LOFT_OK;
    return err_say(LOFT_ERR_REFUSED, "yamux: the other side parts, %s",
                   header->length == YAMUX_PROTOCOL_ERROR
                       ? "for an error of protocol"
                       : "for an error of its own");
}

static loft_err receive_frame(struct yamux_session *session)
{
    struct yamux_header header;
    TRY(yamux_header_read(&header, session->header));
    if (session->control.len > YAMUX_CONTROL_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT,
                       "yamux: %zu bytes of answers that are not taken",
                       session->control.len);
    switch (header.type) {
    case YAMUX_DATA:
    case YAMUX_WINDOW:
        return receive_streams(session, &header);
    case YAMUX_PING:
        return receive_ping(session, &header);
    case YAMUX_GO_AWAY:
        return receive_parting(session, &header);
    }
    return LOFT_OK;
}

static void skip(bytes *rest, size_t len)
{
    *rest = bytes_of(rest->at + len, rest->len - len);
}

static void receive_body(struct yamux_session *session, bytes *rest)
{
    struct yamux_channel *channel = session->body;
    size_t len = rest->len < session->body_left ? rest->len
                                                : session->body_left;
    bytes piece = bytes_of(rest->at, len);
    skip(rest, len);
    session->body_left -= (uint32_t)len;
    if (session->body_left == 0)
        session->body = NULL;
    if (!channel || channel->flow.was_reset)
        return;
    bytes left = channel->in.len > 0 ? piece : give(channel, piece);
    if (channel->flow.was_reset)
        return;
    byte_queue_push(&channel->in, left);
    yamux_count_queues(channel);
    if (session->body_left == 0 && channel->flow.they_finished)
        yamux_look_at(channel);
    yamux_take_turns(channel);
}

static loft_err receive_header(struct yamux_session *session, bytes *rest)
{
    size_t missing = YAMUX_HEADER_BYTES - session->header_len;
    size_t len = rest->len < missing ? rest->len : missing;
    memcpy(session->header + session->header_len, rest->at, len);
    session->header_len += (uint32_t)len;
    skip(rest, len);
    if (session->header_len < YAMUX_HEADER_BYTES)
        return LOFT_OK;
    session->header_len = 0;
    return receive_frame(session);
}

static loft_err receive_all(struct yamux_session *session, bytes rest)
{
    while (rest.len > 0) {
        if (session->body_left > 0)
            receive_body(session, &rest);
        else
            TRY(receive_header(session, &rest));
    }
    return LOFT_OK;
}

void yamux_session_fail(struct yamux_session *session)
{
    struct ring *node;
    yamux_session_part(session, YAMUX_PROTOCOL_ERROR);
    session->is_over = true;
    while ((node = ring_first(&session->turns)))
        ring_remove(node);
}

loft_err yamux_session_receive(struct yamux_session *session, bytes data,
                               uint64_t now_ms)
{
    session->now_ms = now_ms;
    if (session->is_over)
        return err_say(LOFT_ERR_REFUSED, "yamux: the session is over");
    loft_err err = receive_all(session, data);
    if (err == LOFT_OK)
        yamux_session_work(session, now_ms);
    else
        yamux_session_fail(session);
    return err;
}
