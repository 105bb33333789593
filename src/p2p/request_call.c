/* Requests of ours: each on a stream of its own, which then serves the next. */
#include "p2p/request_parts.h"

/* Who asks ends a stream first, so that no request goes into one that is
 * ending. */
#define LINE_IDLE_MS 10000

/* A stream on which we ask. */
struct line {
    struct requests *requests;
    struct line *next; /* of those that are idle */
    struct peer_stream *stream;
    struct peer_id peer;
    struct request_reader reader;
    struct request_type answers[2];
    struct request_call *call; /* NULL: it is idle, or over */
    bool is_idle, is_finished;
};

struct request_call {
    struct requests *requests;
    struct line *line;
    struct peer_id peer;
    request_done *done;
    void *context;
};

/* The same bytes for the same peer, also behind the id's end. */
static struct peer_id key_of(const struct peer_id *peer)
{
    struct peer_id key;
    memset(&key, 0, sizeof key);
    memcpy(key.at, peer->at, peer->len);
    key.len = peer->len;
    return key;
}

static bool count_out(struct requests *requests, const struct peer_id *peer)
{
    unsigned *count = map_put(&requests->out, peer, NULL);
    if (*count >= requests->protocol->out_max)
        return false;
    ++*count;
    return true;
}

static void discount_out(struct requests *requests, const struct peer_id *peer)
{
    unsigned *count = map_get(&requests->out, peer);
    if (--*count == 0)
        map_remove(&requests->out, peer);
}

static void free_call(struct request_call *call)
{
    discount_out(call->requests, &call->peer);
    free(call);
}

/* The call is over; its line may be taken for another one meanwhile. */
static void tell(struct line *line, const struct request_result *result)
{
    struct request_call *call = line->call;
    request_done *done = call->done;
    void *context = call->context;
    line->call = NULL;
    free_call(call);
    done(context, result);
}

/* The other side is at fault. */
static void tell_broken(struct line *line)
{
    peer_host_blame(line->requests->host, &line->peer, REQUEST_FAULT_POINTS,
                    err_sentence());
    peer_stream_reset(line->stream);
    tell(line, &(struct request_result){.status = REQUEST_BROKEN});
}

/* Who refuses has finished, so the line is of no more use. */
static void tell_refused(struct line *line, bytes payload)
{
    struct request_error message;
    if (tlv_read(&message, &request_error_shape, payload) != LOFT_OK) {
        tell_broken(line);
        return;
    }
    peer_stream_finish(line->stream);
    tell(line, &(struct request_result){
                   .status = REQUEST_REFUSED,
                   .code = message.code.value,
                   .why = message.why,
               });
}

static void be_idle(struct line *line)
{
    line->is_idle = true;
    line->next = line->requests->idle;
    line->requests->idle = line;
    peer_stream_deadline(line->stream, LINE_IDLE_MS);
}

static void be_used(struct line *line)
{
    struct line **at = &line->requests->idle;
    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    line->is_idle = false;
}

static void tell_answered(struct line *line, bytes payload)
{
    if (!line->is_finished)
        be_idle(line);
    tell(line, &(struct request_result){.status = REQUEST_ANSWERED,
                                        .payload = payload});
}

static void line_got(void *context, struct peer_stream *stream, bytes data)
{
    struct line *line = context;
    struct request_frame frame;
    bool is_whole;
    if (!line->call) {
        peer_stream_reset(stream);
        return;
    }
    loft_err err = request_reader_take(&line->reader, &frame, &is_whole, &data);
    if (err == LOFT_OK && is_whole && data.len > 0)
        err = err_say(LOFT_ERR_FORMAT, "more than an answer");
    if (err != LOFT_OK)
        tell_broken(line);
    else if (is_whole && frame.type == REQUEST_ERROR)
        tell_refused(line, frame.payload);
    else if (is_whole)
        tell_answered(line, frame.payload);
}

static void line_finished(void *context, struct peer_stream *stream)
{
    struct line *line = context;
    if (!line->call) {
        peer_stream_finish(stream);
        return;
    }
    err_keep("a stream that is finished without an answer");
    tell_broken(line);
}

static enum request_status status_of(enum peer_stream_end end)
{
    return end == PEER_STREAM_REFUSED   ? REQUEST_UNSUPPORTED
           : end == PEER_STREAM_TIMEOUT ? REQUEST_TIMED_OUT
                                        : REQUEST_LOST;
}

static void line_ended(void *context, struct peer_stream *stream,
                       enum peer_stream_end end)
{
    struct line *line = context;
    (void)stream;
    if (line->is_idle)
        be_used(line);
    if (line->call)
        tell(line, &(struct request_result){.status = status_of(end)});
    line->requests->streams--;
    request_reader_fini(&line->reader);
    free(line);
}

static const struct peer_stream_calls line_calls = {
    .got = line_got,
    .finished = line_finished,
    .ended = line_ended,
};

static struct line *open_line(struct requests *requests,
                              const struct peer_id *peer)
{
    struct line *line = MEMORY_NEW(struct line);
    line->requests = requests;
    line->peer = *peer;
    line->stream = peer_host_open_stream(
        requests->host, peer, &requests->protocol->name, 1, &line_calls, line);
    if (!line->stream) {
        free(line);
        return NULL;
    }
    requests->streams++;
    return line;
}

/* One that is idle, or a new one; NULL: there is none to be had. */
static struct line *find_line(struct requests *requests,
                              const struct peer_id *peer)
{
    for (struct line *line = requests->idle; line; line = line->next)
        if (peer_id_equal(&line->peer, peer)) {
            be_used(line);
            return line;
        }
    return open_line(requests, peer);
}

static void ask_on(struct line *line, const struct request_kind *kind,
                   bytes payload)
{
    struct buffer frame = {0};
    line->answers[0] = (struct request_type){kind->type,
                                             kind->answer_bytes_max};
    line->answers[1] = (struct request_type){REQUEST_ERROR,
                                             REQUEST_ERROR_BYTES_MAX};
    line->reader.types = line->answers;
    line->reader.type_count = ARRAY_LEN(line->answers);
    request_frame_put(&frame, kind->type, payload);
    if (!peer_stream_send(line->stream, buffer_bytes(&frame)))
        peer_stream_reset(line->stream);
    /* Who does not know an odd type waits for more: it is told that there is
     * none. */
    line->is_finished = kind->type % 2;
    if (line->is_finished)
        peer_stream_finish(line->stream);
    buffer_free(&frame);
}

loft_err request_send(struct request_call **out, struct requests *requests,
                      const struct peer_id *peer, uint16_t type, bytes payload,
                      unsigned ms_max, request_done *done, void *context)
{
    const struct request_kind *kind = request_find_kind(requests, type);
    const struct peer_id key = key_of(peer);
    ASSERT(kind && payload.len <= kind->ask_bytes_max);
    if (!count_out(requests, &key))
        return err_say(LOFT_ERR_LIMIT, "%u requests to this peer are in flight",
                       requests->protocol->out_max);
    struct line *line = find_line(requests, &key);
    if (!line) {
        discount_out(requests, &key);
        return err_say(LOFT_ERR_NOT_FOUND, "no stream to a peer that is not "
                                           "connected, or has too many");
    }
    struct request_call *call = MEMORY_NEW(struct request_call);
    *call = (struct request_call){requests, line, key, done, context};
    line->call = call;
    peer_stream_deadline(line->stream, ms_max);
    ask_on(line, kind, payload);
    *out = call;
    return LOFT_OK;
}

void request_cancel(struct request_call *call)
{
    call->line->call = NULL;
    peer_stream_reset(call->line->stream);
    free_call(call);
}
