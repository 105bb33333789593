/* Answers, by the handler and before it is asked. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_exchange.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

static void add_header(struct MHD_Response *response, const char *name,
                       const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_warn("header_refused", "name=%s", name);
}

static void add_cors(struct MHD_Response *response, const char *origin)
{
    add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    add_header(response, MHD_HTTP_HEADER_VARY, "Origin");
}

static struct MHD_Response *response_new(struct exchange *exchange,
                                         const char *content_type,
                                         struct buffer *body)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body->len, body->at, MHD_RESPMEM_MUST_FREE);
    ASSERT(response);
    *body = (struct buffer){0};
    if (content_type)
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (exchange->origin)
        add_cors(response, exchange->origin);
    return response;
}

static void send_response(struct exchange *exchange, unsigned status,
                          struct MHD_Response *response)
{
    exchange->phase = ANSWERED;
    exchange->status = status;
    exchange->response = response;
    http_client_waits(exchange->client);
    if (exchange->in_handler)
        return;
    /* Nothing else tells the loop of it. */
    MHD_resume_connection(exchange->connection);
    loop_task_schedule(exchange->server->again);
}

/* Answers that nobody reads must not fill the memory. False: a sentence has
 * taken the body's place. */
static bool reserve_answer(struct exchange *exchange, struct buffer *body)
{
    struct http_server *server = exchange->server;
    size_t max = server->options.answers_bytes_max;
    if (body->len <= max - server->answers_bytes) {
        exchange->answer_bytes = body->len;
        server->answers_bytes += body->len;
        return true;
    }
    log_warn("answer_dropped", "limit=HTTP_ANSWERS_BYTES_MAX waiting=%zu",
             server->answers_bytes);
    body->len = 0;
    buffer_printf(body, "too many answers wait to be taken "
                        "(HTTP_ANSWERS_BYTES_MAX)\n");
    return false;
}

void http_respond(struct http_request *request, unsigned status,
                  const char *content_type, struct buffer *body)
{
    struct exchange *exchange = (struct exchange *)request;
    ASSERT(exchange->phase == WAITING);
    if (!exchange->connection) {
        buffer_free(body);
        exchange_free(exchange);
        return;
    }
    if (!reserve_answer(exchange, body)) {
        status = MHD_HTTP_SERVICE_UNAVAILABLE;
        content_type = TEXT_TYPE;
    }
    send_response(exchange, status, response_new(exchange, content_type, body));
}

const char *http_request_header(const struct http_request *request,
                                const char *name)
{
    const struct exchange *exchange = (const struct exchange *)request;
    return exchange->connection ? http_header_of(exchange->connection, name)
                                : NULL;
}

void http_respond_static(struct http_request *request, unsigned status,
                         const struct http_header *headers, size_t count,
                         bytes body)
{
    struct exchange *exchange = (struct exchange *)request;
    ASSERT(exchange->phase == WAITING);
    if (!exchange->connection) {
        exchange_free(exchange);
        return;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_PERSISTENT);
    ASSERT(response);
    for (size_t i = 0; i < count; i++)
        add_header(response, headers[i].name, headers[i].value);
    if (exchange->origin)
        add_cors(response, exchange->origin);
    send_response(exchange, status, response);
}

/* A connection that has left HTTP. */
struct taken {
    struct http_server *server;
    struct MHD_UpgradeResponseHandle *handle;
};

static void close_taken(void *context)
{
    struct taken *taken = context;
    MHD_upgrade_action(taken->handle, MHD_UPGRADE_ACTION_CLOSE);
    loop_task_schedule(taken->server->again);
    free(taken);
}

static void on_switched(void *context, struct MHD_Connection *connection,
                        void *slot, const char *early, size_t early_len,
                        MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
    struct exchange *exchange = context;
    struct taken *taken = MEMORY_NEW(struct taken);
    (void)connection;
    (void)slot;
    *taken = (struct taken){exchange->server, handle};
    http_client_is_served(exchange->client);
    exchange->taken(exchange->taken_context,
                    &(struct http_socket){.fd = fd,
                                          .early = bytes_of(early, early_len),
                                          .close = close_taken,
                                          .close_context = taken});
}

void http_respond_switch(struct http_request *request,
                         const struct http_header *headers, size_t count,
                         http_taken *taken, void *context)
{
    struct exchange *exchange = (struct exchange *)request;
    ASSERT(exchange->phase == WAITING);
    if (!exchange->connection) {
        exchange_free(exchange);
        return;
    }
    exchange->taken = taken;
    exchange->taken_context = context;
    struct MHD_Response *response = MHD_create_response_for_upgrade(on_switched,
                                                                    exchange);
    ASSERT(response);
    for (size_t i = 0; i < count; i++)
        add_header(response, headers[i].name, headers[i].value);
    send_response(exchange, MHD_HTTP_SWITCHING_PROTOCOLS, response);
}

void http_respond_text(struct http_request *request, unsigned status,
                       const char *text)
{
    struct buffer body = {0};
    buffer_printf(&body, "%s\n", text);
    http_respond(request, status, TEXT_TYPE, &body);
}

enum MHD_Result http_refuse(struct exchange *exchange, unsigned status,
                            const char *text)
{
    struct buffer body = {0};
    buffer_printf(&body, "%s\n", text);
    exchange->phase = ANSWERED;
    exchange->response = response_new(exchange, TEXT_TYPE, &body);
    return MHD_queue_response(exchange->connection, status, exchange->response);
}

enum MHD_Result http_answer_preflight(struct exchange *exchange)
{
    struct buffer none = {0};
    struct MHD_Response *response = response_new(exchange, NULL, &none);
    exchange->phase = ANSWERED;
    exchange->response = response;
    add_header(response, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    add_header(response, "Access-Control-Allow-Headers",
               "Content-Type, Authorization");
    add_header(response, "Access-Control-Allow-Private-Network", "true");
    add_header(response, "Access-Control-Max-Age", "600");
    return MHD_queue_response(exchange->connection, MHD_HTTP_NO_CONTENT,
                              response);
}

enum MHD_Result http_refuse_method(struct exchange *exchange)
{
    struct buffer body = {0};
    buffer_printf(&body, "this server answers GET, POST and OPTIONS\n");
    exchange->phase = ANSWERED;
    exchange->response = response_new(exchange, TEXT_TYPE, &body);
    add_header(exchange->response, MHD_HTTP_HEADER_ALLOW, "GET, POST, OPTIONS");
    return MHD_queue_response(exchange->connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                              exchange->response);
}
