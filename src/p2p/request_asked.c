/* Requests of theirs: read, given to whoever answers, and their answers. */
#include "p2p/request_parts.h"

#define SERVED_IDLE_MS 60000

/* A stream on which we are asked, one request at a time. */
struct served {
    struct requests *requests;
    struct peer_stream *stream;
    struct peer_id peer;
    struct request_reader reader;
    struct request *request; /* that is not answered yet, or NULL */
    bool was_asked, is_finished;
};

struct request {
    struct requests *requests;
    struct served *served; /* NULL once its stream is over */
    struct peer_id peer;
    uint16_t type; /* REQUEST_ERROR where none was read */
};

/* The answer leaves, and the next request may come. */
static void send_answer(struct served *served, uint16_t type, bytes payload)
{
    struct buffer frame = {0};
    request_frame_put(&frame, type, payload);
    served->request = NULL;
    if (!peer_stream_send(served->stream, buffer_bytes(&frame)))
        peer_stream_reset(served->stream);
    else if (served->is_finished || type == REQUEST_ERROR)
        peer_stream_finish(served->stream);
    peer_stream_deadline(served->stream, SERVED_IDLE_MS);
    peer_stream_pause(served->stream, false);
    buffer_free(&frame);
}

static void say(struct request *request, uint16_t type, bytes payload)
{
    if (request->served)
        send_answer(request->served, type, payload);
    request->requests->in--;
    free(request);
}

void request_answer(struct request *request, bytes payload)
{
    const struct request_kind *kind = request_find_kind(request->requests,
                                                        request->type);
    ASSERT(kind && payload.len <= kind->answer_bytes_max);
    say(request, request->type, payload);
}

void request_refuse(struct request *request, uint64_t code, const char *why)
{
    struct buffer payload = {0};
    struct request_error message = {.code = {code, true}};
    if (why)
        message.why = bytes_str(why);
    if (message.why.len > REQUEST_SENTENCE_BYTES_MAX)
        message.why.len = REQUEST_SENTENCE_BYTES_MAX;
    tlv_put(&payload, &message, &request_error_shape);
    say(request, REQUEST_ERROR, buffer_bytes(&payload));
    buffer_free(&payload);
}

void request_refuse_err(struct request *request, loft_err err)
{
    request_refuse(request,
                   err == LOFT_ERR_REFUSED  ? REQUEST_UNKNOWN
                   : err == LOFT_ERR_LIMIT  ? REQUEST_TOO_LARGE
                   : err == LOFT_ERR_FORMAT ? REQUEST_MALFORMED
                   : err == LOFT_ERR_BUSY   ? REQUEST_BUSY
                                            : REQUEST_FAILED,
                   err_sentence());
}

const struct peer_id *request_peer(const struct request *request)
{
    return &request->peer;
}

bool request_is_gone(const struct request *request)
{
    return !request->served;
}

static struct request *new_request(struct served *served, uint16_t type)
{
    struct request *request = MEMORY_NEW(struct request);
    request->requests = served->requests;
    request->served = served;
    request->peer = served->peer;
    request->type = type;
    served->request = request;
    served->was_asked = true;
    served->requests->in++;
    return request;
}

void *request_asked_accept(void *context, struct peer_stream *stream)
{
    struct requests *requests = context;
    struct served *served = MEMORY_NEW(struct served);
    served->requests = requests;
    served->stream = stream;
    served->peer = *peer_stream_peer(stream);
    request_reader_init(&served->reader, requests->asks,
                        requests->protocol->kind_count);
    requests->streams++;
    peer_stream_deadline(stream, requests->protocol->answer_ms);
    return served;
}

/* A peer of a later version asks what we do not know: no fault of its. */
static void refuse_frame(struct served *served, loft_err err)
{
    if (err != LOFT_ERR_REFUSED)
        peer_host_blame(served->requests->host, &served->peer,
                        REQUEST_FAULT_POINTS, err_sentence());
    served->is_finished = true;
    request_refuse_err(new_request(served, REQUEST_ERROR), err);
}

/* Until it is answered no more is read: who asks waits. */
static void give(struct served *served, const struct request_frame *frame)
{
    const struct request_kind *kind = request_find_kind(served->requests,
                                                        frame->type);
    struct request *request = new_request(served, frame->type);
    peer_stream_pause(served->stream, true);
    if (kind->asked)
        kind->asked(served->requests->context, request, frame->payload);
    else
        request_refuse(request, REQUEST_UNKNOWN, NULL);
}

static void served_got(void *context, struct peer_stream *stream, bytes data)
{
    struct served *served = context;
    struct request_frame frame;
    bool is_whole;
    if (served->request || served->is_finished) {
        peer_stream_reset(stream);
        return;
    }
    if (request_reader_is_between(&served->reader))
        peer_stream_deadline(stream, served->requests->protocol->answer_ms);
    loft_err err = request_reader_take(&served->reader, &frame, &is_whole,
                                       &data);
    if (err != LOFT_OK)
        refuse_frame(served, err);
    else if (is_whole && data.len > 0)
        refuse_frame(served, err_say(LOFT_ERR_FORMAT,
                                     "a request before the last one's answer"));
    else if (is_whole)
        give(served, &frame);
}

static void served_finished(void *context, struct peer_stream *stream)
{
    struct served *served = context;
    bool is_done = served->is_finished;
    served->is_finished = true;
    if (served->request || is_done)
        return;
    if (!request_reader_is_between(&served->reader))
        request_refuse(new_request(served, REQUEST_ERROR), REQUEST_MALFORMED,
                       "a frame that is cut short");
    else if (!served->was_asked || served->reader.skipped > 0)
        request_refuse(new_request(served, REQUEST_ERROR), REQUEST_UNKNOWN,
                       "nothing known was asked");
    else
        peer_stream_finish(stream);
}

static void served_ended(void *context, struct peer_stream *stream,
                         enum peer_stream_end end)
{
    struct served *served = context;
    (void)stream, (void)end;
    if (served->request)
        served->request->served = NULL;
    served->requests->streams--;
    request_reader_fini(&served->reader);
    free(served);
}

const struct peer_stream_calls request_asked_calls = {
    .got = served_got,
    .finished = served_finished,
    .ended = served_ended,
};
