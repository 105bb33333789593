#include "p2p/test/yamux_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/yamux_session.h"

#define STREAMS_MAX 64 /* ids of a run are below */
#define QUEUE_BYTES ((size_t)300 << 10)
#define ROUNDS_MAX 1000 /* in which all that waits arrives */

static const struct yamux_limits limits = {
    .streams_in_max = 12,
    .streams_out_max = 16,
    .opens_per_s_max = 1000,
    .pings_per_s_max = 1000,
    .window_bytes_max = (size_t)24 << 20,
};

struct end {
    struct yamux_channel channel;
    struct side *side;
    uint32_t id;
    uint64_t sent, got;
    bool is_live, finished, told_finish, was_reset, was_fuller;
};

struct side {
    struct yamux_session session;
    struct side *other;
    struct end *ends[STREAMS_MAX]; /* by id, kept when they are over */
    struct end *opening;           /* not seen by the session yet */
    struct buffer wire;            /* to the other side */
    size_t read;
    unsigned wakes;
};

struct model {
    struct side sides[2];
    uint64_t now_ms;
};

static uint8_t byte_at(const struct end *end, bool by_dialer, uint64_t at)
{
    return (uint8_t)(at * 31 + (at >> 9) + end->id * 7 + by_dialer);
}

static struct end *end_of(struct yamux_channel *channel)
{
    return (struct end *)channel;
}

/* An end that the other side opened is known by its id once it has one. */
static void place(struct side *side)
{
    struct end *end = side->opening;
    if (!end || end->channel.id == 0)
        return;
    ASSERT(end->channel.id < STREAMS_MAX && !side->ends[end->channel.id]);
    end->id = end->channel.id;
    side->ends[end->id] = end;
    side->opening = NULL;
}

static struct yamux_channel *opened(void *context)
{
    struct side *side = context;
    place(side);
    struct end *end = MEMORY_NEW(struct end);
    end->side = side;
    end->is_live = true;
    end->channel.queue_bytes_max = QUEUE_BYTES;
    side->opening = end;
    return &end->channel;
}

static size_t got(void *context, struct yamux_channel *channel, bytes data)
{
    struct side *side = context;
    struct end *end = end_of(channel);
    place(side);
    ASSERT(!end->channel.paused && !end->told_finish && !end->was_reset);
    for (size_t i = 0; i < data.len; i++)
        ASSERT(data.at[i] ==
               byte_at(end, side->other->session.is_dialer, end->got + i));
    /* Now and then a reader has enough. */
    size_t taken = data.len;
    if (data.len % 11 == 5) {
        taken /= 2;
        yamux_channel_pause(channel, true);
    }
    end->got += taken;
    return taken;
}

static void finished(void *context, struct yamux_channel *channel)
{
    struct side *side = context;
    struct end *end = end_of(channel);
    place(side);
    const struct end *source = side->other->ends[end->id];
    ASSERT(!end->told_finish && source->finished && end->got == source->sent);
    end->told_finish = true;
}

static void drained(void *context, struct yamux_channel *channel)
{
    (void)context;
    struct end *end = end_of(channel);
    ASSERT(end->was_fuller && yamux_channel_room(channel) >= QUEUE_BYTES / 2);
    end->was_fuller = false;
}

static void ended(void *context, struct yamux_channel *channel)
{
    struct side *side = context;
    struct end *end = end_of(channel);
    place(side);
    bool is_done = end->finished && end->told_finish;
    ASSERT(end->is_live &&
           (is_done || channel->flow.was_reset || side->session.is_over));
    end->was_reset |= channel->flow.was_reset;
    end->is_live = false;
}

static void wake(void *context)
{
    struct side *side = context;
    side->wakes++;
}

static const struct yamux_calls calls = {
    opened, got, finished, drained, ended, wake,
};

static void open_stream(struct side *side)
{
    struct end *end = MEMORY_NEW(struct end);
    end->side = side;
    if (side->session.next_id >= STREAMS_MAX ||
        !yamux_session_open(&side->session, &end->channel, QUEUE_BYTES)) {
        free(end);
        return;
    }
    end->id = end->channel.id;
    end->is_live = true;
    side->ends[end->id] = end;
}

static void send_some(struct end *end, uint8_t how)
{
    static uint8_t data[256 * 512];
    size_t len = (size_t)how * (how & 1 ? 511 : 3) + 1;
    size_t room = yamux_channel_room(&end->channel);
    for (size_t i = 0; i < len; i++)
        data[i] = byte_at(end, end->side->session.is_dialer, end->sent + i);
    bool taken = yamux_channel_send(&end->channel, bytes_of(data, len));
    ASSERT(taken == (len <= room));
    if (taken)
        end->sent += len;
    if (!taken || yamux_channel_room(&end->channel) < QUEUE_BYTES / 2)
        end->was_fuller = true;
}

static void carry(struct model *model, struct side *side, size_t max)
{
    struct side *other = side->other;
    if (side->wire.len == 0)
        return;
    bytes rest = bytes_of(side->wire.at + side->read,
                          side->wire.len - side->read);
    if (rest.len > max)
        rest.len = max;
    side->read += rest.len;
    /* Of exactly its size, so that a look beyond it is seen. */
    struct buffer exact = {0};
    buffer_put_bytes(&exact, rest);
    loft_err err = yamux_session_receive(&other->session, buffer_bytes(&exact),
                                         model->now_ms);
    buffer_free(&exact);
    if (err != LOFT_OK) {
        fprintf(stderr, "%s\n", err_sentence());
        abort();
    }
    place(other);
    if (side->read == side->wire.len)
        side->read = side->wire.len = 0;
}

static void take(struct side *side, size_t max)
{
    size_t start = side->wire.len;
    yamux_session_take(&side->session, &side->wire, max);
    ASSERT(side->wire.len - start <= max);
}

static void work(struct model *model, struct side *side)
{
    yamux_session_work(&side->session, model->now_ms);
}

/* The count of a session's memory, against its channels. */
static void check_memory(const struct yamux_session *session)
{
    size_t queues = 0, count = 0;
    for (const struct ring *node = session->all.next; node != &session->all;
         node = node->next, count++) {
        const struct yamux_channel *channel = RING_ITEM(
            node, const struct yamux_channel, in_all);
        queues += channel->in.memory_bytes + channel->out.memory_bytes;
    }
    ASSERT(queues == session->queue_memory_bytes);
    ASSERT(count == session->streams_in + session->streams_out);
}

static void act(struct model *model, struct side *side, unsigned what,
                uint8_t how)
{
    struct end *end = side->ends[how % STREAMS_MAX];
    bool is_live = end && end->is_live;
    switch (what % 8) {
    case 0:
        open_stream(side);
        break;
    case 1:
        end = side->ends[how % 8];
        if (end && end->is_live)
            send_some(end, how);
        break;
    case 2:
        if (is_live && how & 0x80) {
            end->finished = true;
            yamux_channel_finish(&end->channel);
        }
        break;
    case 3:
        if (is_live && how & 0x80) {
            end->was_reset = true;
            yamux_channel_reset(&end->channel);
            work(model, side);
        }
        break;
    case 4:
        if (is_live)
            yamux_channel_pause(&end->channel, how & 0x80);
        break;
    case 5:
        take(side, YAMUX_TAKE_BYTES_MIN + (size_t)how * how);
        work(model, side);
        break;
    case 6:
        carry(model, side, (size_t)how * how + 1);
        break;
    case 7:
        model->now_ms += how;
        work(model, side);
        break;
    }
    check_memory(&side->session);
    ASSERT(side->session.window_bytes <= limits.window_bytes_max);
    ASSERT(yamux_session_memory(&side->session) < (size_t)32 << 20);
}

static bool is_still(const struct side *side)
{
    return side->wire.len == 0 && yamux_session_memory(&side->session) == 0;
}

/* Each side finishes and reads all that comes. */
static void settle(struct model *model)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        model->now_ms++;
        if (is_still(&model->sides[0]) && is_still(&model->sides[1]))
            break;
        for (int i = 0; i < 2; i++) {
            struct side *side = &model->sides[i];
            for (int id = 0; id < STREAMS_MAX; id++) {
                struct end *end = side->ends[id];
                if (!end || !end->is_live)
                    continue;
                end->finished = true;
                yamux_channel_finish(&end->channel);
                yamux_channel_pause(&end->channel, false);
            }
            work(model, side);
            take(side, 65507);
            carry(model, side, 65507);
        }
    }
}

static void check_end(const struct side *side, uint32_t id)
{
    const struct end *end = side->ends[id], *source = side->other->ends[id];
    if (!end)
        return;
    ASSERT(!end->is_live);
    /* Refused for want of room there, or reset before it was announced. */
    ASSERT(source || end->was_reset);
    if (source)
        ASSERT(end->got <= source->sent);
    if (source && !end->was_reset && !source->was_reset)
        ASSERT(end->got == source->sent && end->told_finish);
}

void yamux_model_run(bytes commands)
{
    struct model *model = MEMORY_NEW(struct model);
    model->now_ms = 1000;
    for (int i = 0; i < 2; i++) {
        model->sides[i].other = &model->sides[1 - i];
        yamux_session_init(&model->sides[i].session, i == 0, &limits, &calls,
                           &model->sides[i], model->now_ms);
    }
    for (size_t i = 0; i + 2 <= commands.len; i += 2)
        act(model, &model->sides[commands.at[i] & 1], commands.at[i] >> 1,
            commands.at[i + 1]);
    settle(model);
    for (int i = 0; i < 2; i++) {
        struct side *side = &model->sides[i];
        ASSERT(ring_is_alone(&side->session.all));
        ASSERT(yamux_session_memory(&side->session) == 0);
        ASSERT(side->session.window_bytes == 0);
        ASSERT(side->session.unacknowledged == 0);
        for (uint32_t id = 0; id < STREAMS_MAX; id++)
            check_end(side, id);
    }
    for (int i = 0; i < 2; i++) {
        struct side *side = &model->sides[i];
        yamux_session_fini(&side->session);
        buffer_free(&side->wire);
        for (int id = 0; id < STREAMS_MAX; id++)
            free(side->ends[id]);
    }
    free(model);
}
