#include "p2p/request.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/map.h"
#include "base/memory.h"
#include "codec/tlv.h"
#include "p2p/request_frame.h"

#define FAULT_POINTS 10

struct requests {
    struct peer_host *host;
    const struct request_protocol *protocol;
    struct peer_protocol wire;
    void *context;
    struct request_type asks[REQUEST_KINDS_MAX];
    struct map out; /* struct peer_id to unsigned: calls in flight */
    size_t in;      /* requests of theirs, answered or not */
};

struct request {
    struct requests *requests;
    struct peer_stream *stream; /* NULL once it is over */
    struct peer_id peer;
    struct request_reader reader;
    bool is_asked;    /* someone holds it to answer */
    bool is_answered; /* nothing more is to be said */
};

struct request_call {
    struct requests *requests;
    struct peer_stream *stream;
    struct peer_id peer;
    struct request_reader reader;
    struct request_type answers[2];
    request_done *done; /* NULL once it was called, or must not be */
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

static void free_if_over(struct request *request)
{
    if (request->stream || (request->is_asked && !request->is_answered))
        return;
    request->requests->in--;
    request_reader_fini(&request->reader);
    free(request);
}

static void say(struct request *request, uint16_t type, bytes payload)
{
    struct buffer frame = {0};
    ASSERT(!request->is_answered);
    request->is_answered = true;
    if (request->stream) {
        request_frame_put(&frame, type, payload);
        if (peer_stream_send(request->stream, buffer_bytes(&frame)))
            peer_stream_finish(request->stream);
        else
            peer_stream_reset(request->stream);
        buffer_free(&frame);
    }
    free_if_over(request);
}

/* The answer's type is that of the request, which the reader still has. */
void request_answer(struct request *request, bytes payload)
{
    uint16_t type = request->reader.type;
    const struct request_kind *kind = find_kind(request->requests, type);
    ASSERT(payload.len <= kind->answer_bytes_max);
    say(request, type, payload);
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
    return !request->stream;
}

static void *accept_request(void *context, struct peer_stream *stream)
{
    struct requests *requests = context;
    struct request *request = MEMORY_NEW(struct request);
    request->requests = requests;
    request->stream = stream;
    request->peer = *peer_stream_peer(stream);
    request_reader_init(&request->reader, requests->asks,
                        requests->protocol->kind_count);
    requests->in++;
    peer_stream_deadline(stream, requests->protocol->answer_ms);
    return request;
}

/* A peer of a later version asks what we do not know: no fault of its. */
static void blame_for(struct request *request, loft_err err)
{
    if (err != LOFT_ERR_REFUSED)
        peer_host_blame(request->requests->host, &request->peer, FAULT_POINTS,
                        err_sentence());
}

static void give(struct request *request, const struct request_frame *frame)
{
    const struct request_kind *kind = find_kind(request->requests, frame->type);
    request->is_asked = true;
    if (kind->asked)
        kind->asked(request->requests->context, request, frame->payload);
    else
        request_refuse(request, REQUEST_UNKNOWN, NULL);
}

/* What follows the request may be frames of later versions; it is not read. */
static void request_got(void *context, struct peer_stream *stream, bytes data)
{
    struct request *request = context;
    struct request_frame frame;
    bool is_whole;
    (void)stream;
    if (request->is_asked || request->is_answered)
        return;
    loft_err err = request_reader_take(&request->reader, &frame, &is_whole,
                                       &data);
    if (err != LOFT_OK) {
        blame_for(request, err);
        request_refuse_err(request, err);
    } else if (is_whole) {
        give(request, &frame);
    }
}

static void request_finished(void *context, struct peer_stream *stream)
{
    struct request *request = context;
    (void)stream;
    if (request->is_asked || request->is_answered)
        return;
    if (request_reader_is_between(&request->reader))
        request_refuse(request, REQUEST_UNKNOWN, "nothing known was asked");
    else
        request_refuse(request, REQUEST_MALFORMED, "a frame that is cut short");
}

static void request_ended(void *context, struct peer_stream *stream,
                          enum peer_stream_end end)
{
    struct request *request = context;
    (void)stream, (void)end;
    request->stream = NULL;
    free_if_over(request);
}

static const struct peer_stream_calls request_calls = {
    .got = request_got,
    .finished = request_finished,
    .ended = request_ended,
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
        .calls = &request_calls,
        .accept = accept_request,
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
    ASSERT(requests->in == 0 && requests->out.len == 0);
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

static void tell(struct request_call *call, const struct request_result *result)
{
    request_done *done = call->done;
    call->done = NULL;
    if (done)
        done(call->context, result);
}

/* The other side is at fault. */
static void tell_broken(struct request_call *call)
{
    peer_host_blame(call->requests->host, &call->peer, FAULT_POINTS,
                    err_sentence());
    tell(call, &(struct request_result){.status = REQUEST_BROKEN});
    peer_stream_reset(call->stream);
}

static void tell_refused(struct request_call *call, bytes payload)
{
    struct error_message message;
    if (tlv_read(&message, &error_shape, payload) != LOFT_OK) {
        tell_broken(call);
        return;
    }
    tell(call, &(struct request_result){
                   .status = REQUEST_REFUSED,
                   .code = message.code.value,
                   .why = message.why,
               });
}

static void call_got(void *context, struct peer_stream *stream, bytes data)
{
    struct request_call *call = context;
    struct request_frame frame;
    bool is_whole;
    (void)stream;
    if (!call->done)
        return;
    if (request_reader_take(&call->reader, &frame, &is_whole, &data) !=
        LOFT_OK) {
        tell_broken(call);
        return;
    }
    if (!is_whole)
        return;
    if (frame.type == REQUEST_ERROR)
        tell_refused(call, frame.payload);
    else
        tell(call, &(struct request_result){.status = REQUEST_ANSWERED,
                                            .payload = frame.payload});
}

/* Finished without an answer. */
static void call_finished(void *context, struct peer_stream *stream)
{
    struct request_call *call = context;
    (void)stream;
    if (!call->done)
        return;
    err_keep("a stream that is finished without an answer");
    tell_broken(call);
}

static enum request_status status_of(enum peer_stream_end end)
{
    return end == PEER_STREAM_REFUSED   ? REQUEST_UNSUPPORTED
           : end == PEER_STREAM_TIMEOUT ? REQUEST_TIMED_OUT
                                        : REQUEST_LOST;
}

static void free_call(struct request_call *call)
{
    discount_out(call->requests, &call->peer);
    request_reader_fini(&call->reader);
    free(call);
}

static void call_ended(void *context, struct peer_stream *stream,
                       enum peer_stream_end end)
{
    struct request_call *call = context;
    (void)stream;
    tell(call, &(struct request_result){.status = status_of(end)});
    free_call(call);
}

static const struct peer_stream_calls call_calls = {
    .got = call_got,
    .finished = call_finished,
    .ended = call_ended,
};

static struct request_call *new_call(struct requests *requests,
                                     const struct peer_id *peer,
                                     const struct request_kind *kind)
{
    struct request_call *call = MEMORY_NEW(struct request_call);
    call->requests = requests;
    call->peer = *peer;
    call->answers[0] = (struct request_type){kind->type,
                                             kind->answer_bytes_max};
    call->answers[1] = (struct request_type){REQUEST_ERROR, ERROR_BYTES_MAX};
    request_reader_init(&call->reader, call->answers, ARRAY_LEN(call->answers));
    return call;
}

static void send_frame(struct peer_stream *stream, uint16_t type, bytes payload)
{
    struct buffer frame = {0};
    request_frame_put(&frame, type, payload);
    if (peer_stream_send(stream, buffer_bytes(&frame)))
        peer_stream_finish(stream);
    else
        peer_stream_reset(stream);
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
    struct request_call *call = new_call(requests, &key, kind);
    call->done = done;
    call->context = context;
    call->stream = peer_host_open_stream(
        requests->host, peer, &requests->protocol->name, 1, &call_calls, call);
    if (!call->stream) {
        free_call(call);
        return err_say(LOFT_ERR_NOT_FOUND, "no stream to a peer that is not "
                                           "connected, or has too many");
    }
    peer_stream_deadline(call->stream, ms_max);
    send_frame(call->stream, type, payload);
    *out = call;
    return LOFT_OK;
}

void request_cancel(struct request_call *call)
{
    call->done = NULL;
    peer_stream_reset(call->stream);
}
