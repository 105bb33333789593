#include "p2p/perf.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

#define HEADER_BYTES 8
#define CHUNK_BYTES ((size_t)64 << 10)
#define QUEUE_BYTES (4 * CHUNK_BYTES)

const struct perf_limits PERF_LIMITS = {
    .streams_per_peer_max = 2,
    .streams_max = 8,
    .bytes_max = (uint64_t)4 << 30,
    .ms_max = 60 * 1000,
};

static const char protocol_name[] = "/perf/1.0.0";
static const char *const protocol_names[] = {protocol_name};
/* What is sent: any bytes serve. */
static const uint8_t zeros[CHUNK_BYTES];

/* Sends as much of *left as the stream takes. */
static void send_zeros(struct peer_stream *stream, uint64_t *left)
{
    while (*left > 0) {
        size_t len = *left < CHUNK_BYTES ? (size_t)*left : CHUNK_BYTES;
        if (!peer_stream_send(stream, bytes_of(zeros, len)))
            return;
        *left -= len;
    }
}

/* A server's stream: first it counts what comes, then it sends. */

struct perf_server {
    struct peer_protocol protocol;
    struct perf_limits limits;
    unsigned streams;
};

struct service {
    struct perf_server *server;
    uint8_t header[HEADER_BYTES];
    uint64_t got; /* the header with it */
    uint64_t left;
    bool is_sending, is_cut;
};

static void *accept_service(void *context, struct peer_stream *stream)
{
    struct perf_server *server = context;
    if (server->streams >= server->limits.streams_max)
        return NULL;
    struct service *service = MEMORY_NEW(struct service);
    service->server = server;
    server->streams++;
    peer_stream_deadline(stream, server->limits.ms_max);
    return service;
}

static void service_got(void *context, struct peer_stream *stream, bytes data)
{
    struct service *service = context;
    for (size_t i = 0; i < data.len && service->got + i < HEADER_BYTES; i++)
        service->header[service->got + i] = data.at[i];
    service->got += data.len;
    if (service->got > HEADER_BYTES + service->server->limits.bytes_max)
        peer_stream_reset(stream);
}

static void go_on_sending(struct service *service, struct peer_stream *stream)
{
    send_zeros(stream, &service->left);
    if (service->left > 0)
        return;
    service->is_sending = false;
    if (service->is_cut)
        peer_stream_reset(stream);
    else
        peer_stream_finish(stream);
}

/* "the max uint64 value" may be asked for: what one sends until the other side
 * has enough. */
static void service_finished(void *context, struct peer_stream *stream)
{
    struct service *service = context;
    if (service->got < HEADER_BYTES) {
        peer_stream_reset(stream);
        return;
    }
    service->left = load_be64(service->header);
    service->is_cut = service->left > service->server->limits.bytes_max;
    if (service->is_cut)
        service->left = service->server->limits.bytes_max;
    service->is_sending = true;
    go_on_sending(service, stream);
}

static void service_drained(void *context, struct peer_stream *stream)
{
    struct service *service = context;
    if (service->is_sending)
        go_on_sending(service, stream);
}

static void service_ended(void *context, struct peer_stream *stream,
                          enum peer_stream_end end)
{
    struct service *service = context;
    (void)stream, (void)end;
    service->server->streams--;
    free(service);
}

static const struct peer_stream_calls service_calls = {
    .got = service_got,
    .finished = service_finished,
    .drained = service_drained,
    .ended = service_ended,
};

struct perf_server *perf_serve(struct peer_host *host,
                               const struct perf_limits *limits)
{
    struct perf_server *server = MEMORY_NEW(struct perf_server);
    server->limits = *limits;
    server->protocol = (struct peer_protocol){
        .name = protocol_name,
        .calls = &service_calls,
        .accept = accept_service,
        .streams_per_peer_max = limits->streams_per_peer_max,
        .queue_bytes_max = QUEUE_BYTES,
    };
    peer_host_handle(host, &server->protocol, server);
    return server;
}

void perf_server_free(struct perf_server *server)
{
    if (!server)
        return;
    ASSERT(server->streams == 0);
    free(server);
}

/* A client's stream: first it sends, then it counts what comes. */

struct perf_run {
    struct peer_stream *stream;
    struct transport transport;
    struct perf_order order;
    uint64_t upload_left, got;
    uint64_t started_us, taken_us;
    bool is_header_sent, has_finished, is_taken;
    perf_done *done; /* NULL once it is cancelled */
    void *context;
};

static uint64_t now_us(const struct perf_run *run)
{
    const struct transport *transport = &run->transport;
    if (transport->ops->now_us)
        return transport->ops->now_us(transport->context);
    return transport->ops->now_ms(transport->context) * 1000;
}

static void go_on(struct perf_run *run)
{
    uint8_t header[HEADER_BYTES];
    store_be64(header, run->order.download_bytes);
    if (!run->is_header_sent)
        run->is_header_sent = peer_stream_send(run->stream,
                                               bytes_of(header, sizeof header));
    if (!run->is_header_sent || run->has_finished)
        return;
    send_zeros(run->stream, &run->upload_left);
    if (run->upload_left == 0) {
        run->has_finished = true;
        peer_stream_finish(run->stream);
    }
}

static void run_drained(void *context, struct peer_stream *stream)
{
    (void)stream;
    go_on(context);
}

static void note_taken(struct perf_run *run)
{
    if (!run->is_taken)
        run->taken_us = now_us(run);
    run->is_taken = true;
}

/* A server that sends before it has all, or more than was asked for, is none
 * whose figures mean anything. */
static void run_got(void *context, struct peer_stream *stream, bytes data)
{
    struct perf_run *run = context;
    note_taken(run);
    if (!run->has_finished || data.len > run->order.download_bytes - run->got)
        peer_stream_reset(stream);
    else
        run->got += data.len;
}

static void run_finished(void *context, struct peer_stream *stream)
{
    (void)stream;
    note_taken(context);
}

static void run_ended(void *context, struct peer_stream *stream,
                      enum peer_stream_end end)
{
    struct perf_run *run = context;
    (void)stream;
    note_taken(run);
    const struct perf_result result = {
        .end = end,
        .is_complete = end == PEER_STREAM_DONE && run->has_finished &&
                       run->got == run->order.download_bytes,
        .upload_bytes = run->order.upload_bytes - run->upload_left,
        .download_bytes = run->got,
        .upload_us = run->taken_us - run->started_us,
        .download_us = now_us(run) - run->taken_us,
    };
    if (run->done)
        run->done(run->context, &result);
    free(run);
}

static const struct peer_stream_calls run_calls = {
    .got = run_got,
    .finished = run_finished,
    .drained = run_drained,
    .ended = run_ended,
};

loft_err perf_start(struct perf_run **out, struct peer_host *host,
                    const struct peer_id *peer, const struct perf_order *order,
                    perf_done *done, void *context)
{
    struct perf_run *run = MEMORY_NEW(struct perf_run);
    *run = (struct perf_run){
        .transport = *peer_host_transport(host),
        .order = *order,
        .upload_left = order->upload_bytes,
        .done = done,
        .context = context,
    };
    run->stream = peer_host_open_stream(host, peer, protocol_names, 1,
                                        &run_calls, run);
    if (!run->stream) {
        free(run);
        return err_say(LOFT_ERR_NOT_FOUND,
                       "no stream to a peer that is not connected, or has "
                       "too many");
    }
    run->started_us = now_us(run);
    peer_stream_deadline(run->stream, order->ms_max);
    go_on(run);
    *out = run;
    return LOFT_OK;
}

void perf_cancel(struct perf_run *run)
{
    run->done = NULL;
    peer_stream_reset(run->stream);
}
