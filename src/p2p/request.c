#include "p2p/request.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/map.h"
#include "base/memory.h"
#include "codec/tlv.h"
#include "p2p/request_frame.h"

#define FAULT_POINTS 10
/* Who asks ends a stream first, so that no request goes into one that is
 * ending. */
#define LINE_IDLE_MS 10000
#define SERVED_IDLE_MS 60000

struct requests {
    struct peer_host *host;
    const struct request_protocol *protocol;
    struct peer_protocol wire;
    void *context;
    struct request_type asks[REQUEST_KINDS_MAX];
    struct map out;    /* struct peer_id to unsigned: calls in flight */
    struct line *idle; /* the one used last is the first */
    size_t in;         /* requests of theirs that are not answered */
    size_t streams;
};

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

struct error_message {
    struct tlv_number code;
    bytes why;
};

static const struct tlv_rule error_rules[] = {
    {0, TLV_NUMBER, true, offsetof(struct error_message, code), 1, UINT64_MAX},
    {1, TLV_BYTES, false, offsetof(struct error_message, why), 0,
     REQUEST_SENTENCE_BYTES_MAX},
};

static const struct tlv_shape error_shape = {
    error_rules, ARRAY_LEN(error_rules), sizeof(struct error_message), "error"};

/* What both of an error's fields and some of later versions need. */
#define ERROR_BYTES_MAX 1024

static const struct request_kind *find_kind(const struct requests *requests,
                                            uint16_t type)
{
    const struct request_protocol *protocol = requests->protocol;
    for (size_t i = 0; i < protocol->kind_count; i++)
        if (protocol->kinds[i].type == type)
            return &protocol->kinds[i];
    return NULL;
}

/* Requests of theirs. */

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
    const struct request_kind *kind = find_kind(request->requests,
                                                request->type);
    ASSERT(kind && payload.len <= kind->answer_bytes_max);
    say(request, request->type, payload);
}

void request_refuse(struct request *request, uint64_t code, const char *why)
{
    struct buffer payload = {0};
    struct error_message message = {.code = {code, true}};
    if (why)
        message.why = bytes_str(why);
    if (message.why.len > REQUEST_SENTENCE_BYTES_MAX)
        message.why.len = REQUEST_SENTENCE_BYTES_MAX;
    tlv_put(&payload, &message, &error_shape);
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

static void *accept_stream(void *context, struct peer_stream *stream)
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
        peer_host_blame(served->requests->host, &served->peer, FAULT_POINTS,
                        err_sentence());
    served->is_finished = true;
    request_refuse_err(new_request(served, REQUEST_ERROR), err);
}

/* Until it is answered no more is read: who asks waits. */
static void give(struct served *served, const struct request_frame *frame)
{
    const struct request_kind *kind = find_kind(served->requests, frame->type);
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

static const struct peer_stream_calls served_calls = {
    .got = served_got,
    .finished = served_finished,
    .ended = served_ended,
};

static size_t queue_bytes(const struct request_protocol *protocol)
{
    size_t most = ERROR_BYTES_MAX;
    for (size_t i = 0; i < protocol->kind_count; i++) {
        const struct request_kind *kind = &protocol->kinds[i];
        ASSERT(kind->type != REQUEST_ERROR);
        ASSERT(kind->ask_bytes_max + REQUEST_HEAD_BYTES_MAX <=
               PEER_STREAM_QUEUE_BYTES);
        if (kind->answer_bytes_max > most)
            most = kind->answer_bytes_max;
    }
    return most + REQUEST_HEAD_BYTES_MAX;
}

struct requests *requests_open(struct peer_host *host,
                               const struct request_protocol *protocol,
                               void *context)
{
    struct requests *requests = MEMORY_NEW(struct requests);
    ASSERT(protocol->kind_count <= REQUEST_KINDS_MAX && protocol->out_max > 0);
    requests->host = host;
    requests->protocol = protocol;
    requests->context = context;
    for (size_t i = 0; i < protocol->kind_count; i++)
        requests->asks[i] = (struct request_type){
            protocol->kinds[i].type, protocol->kinds[i].ask_bytes_max};
    map_init(&requests->out, sizeof(struct peer_id), sizeof(unsigned));
    requests->wire = (struct peer_protocol){
        .name = protocol->name,
        .calls = &served_calls,
        .accept = accept_stream,
        .streams_per_peer_max = protocol->in_max,
        .queue_bytes_max = queue_bytes(protocol),
    };
    peer_host_handle(host, &requests->wire, requests);
    return requests;
}

void requests_close(struct requests *requests)
{
    if (!requests)
        return;
    ASSERT(requests->in == 0 && requests->streams == 0);
    ASSERT(requests->out.len == 0);
    map_fini(&requests->out);
    free(requests);
}

/* Requests of ours. */

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
    peer_host_blame(line->requests->host, &line->peer, FAULT_POINTS,
                    err_sentence());
    peer_stream_reset(line->stream);
    tell(line, &(struct request_result){.status = REQUEST_BROKEN});
}

/* Who refuses has finished, so the line is of no more use. */
static void tell_refused(struct line *line, bytes payload)
{
    struct error_message message;
    if (tlv_read(&message, &error_shape, payload) != LOFT_OK) {
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
    line->answers[1] = (struct request_type){REQUEST_ERROR, ERROR_BYTES_MAX};
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
    const struct request_kind *kind = find_kind(requests, type);
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
