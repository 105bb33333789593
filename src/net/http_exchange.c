/* Requests, from their head to their end. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/http_access.h"
#include "net/http_exchange.h"

#define BODY_TOO_LARGE \
    "the request's body is larger than the server allows (--body-bytes-max)"

/* How many times the limit a body may have and still be read to its end. */
#define DROPPED_BODIES 4

/* A body's first memory, whatever length is claimed for it. */
#define BODY_BYTES_FIRST (64u << 10)

void exchange_free(struct exchange *exchange)
{
    exchange->previous->next = exchange->next;
    exchange->next->previous = exchange->previous;
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    buffer_free(&exchange->body);
    free(exchange);
}

static struct http_client *client_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection,
                                   MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

static struct exchange *exchange_new(struct http_server *server,
                                     struct MHD_Connection *connection,
                                     enum http_method method, const char *path)
{
    struct exchange *exchange = MEMORY_NEW(struct exchange);
    exchange->server = server;
    exchange->connection = connection;
    exchange->client = client_of(connection);
    exchange->request.method = method;
    exchange->request.path = path;
    exchange->next = &server->exchanges;
    exchange->previous = server->exchanges.previous;
    exchange->previous->next = exchange;
    exchange->next->previous = exchange;
    return exchange;
}

static bool method_read(enum http_method *out, const char *name)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {{"POST", HTTP_POST}, {"GET", HTTP_GET}, {"HEAD", HTTP_GET}};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            *out = methods[i].method;
            return true;
        }
    }
    return false;
}

/* The length the client claims; a wrong one was refused before this. */
static size_t claimed_length(struct MHD_Connection *connection)
{
    const char *text = http_header_of(connection,
                                      MHD_HTTP_HEADER_CONTENT_LENGTH);
    return text ? strtoull(text, NULL, 10) : 0;
}

/* What is not much too long is read and dropped, so that the client gets to
 * read why; one that asks first (RFC 9110 10.1.1) is told at once. */
static enum MHD_Result refuse_length(struct exchange *exchange, size_t len)
{
    size_t max = exchange->server->options.body_bytes_max;
    if (len <= max)
        return MHD_YES;
    log_warn("request_refused", "limit=body-bytes-max bytes=%zu", len);
    exchange->too_large = true;
    if (len / DROPPED_BODIES <= max &&
        !http_header_of(exchange->connection, MHD_HTTP_HEADER_EXPECT))
        return MHD_YES;
    return http_refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, BODY_TOO_LARGE);
}

/* The head of a request is there: checks it, and makes the exchange. */
static enum MHD_Result begin(struct http_server *server,
                             struct MHD_Connection *connection,
                             const char *path, const char *method_name,
                             void **slot)
{
    const struct http_options *options = &server->options;
    struct http_names hosts = {options->allow_hosts, options->allow_host_count};
    struct http_names origins = {options->allow_origins,
                                 options->allow_origin_count};
    enum http_method method = HTTP_GET;
    bool known = method_read(&method, method_name);
    struct exchange *exchange = exchange_new(server, connection, method, path);
    *slot = exchange;

    const char *host = http_header_of(connection, MHD_HTTP_HEADER_HOST);
    if (host && !http_host_allowed(host, hosts))
        return http_refuse(
            exchange, MHD_HTTP_FORBIDDEN,
            "the name in Host is not allowed; --allow-host adds it");
    const char *origin = http_header_of(connection, MHD_HTTP_HEADER_ORIGIN);
    if (origin && !http_origin_allowed(origin, origins))
        return http_refuse(
            exchange, MHD_HTTP_FORBIDDEN,
            "this origin is not allowed; --allow-origin adds it");
    exchange->origin = origin;
    if (strcmp(method_name, "OPTIONS") == 0 && origin)
        return http_answer_preflight(exchange);
    if (!known)
        return http_refuse_method(exchange);
    return refuse_length(exchange, claimed_length(connection));
}

/* Takes a piece of the body. What is too much is read and dropped, so that
 * the client gets to read why; one that goes on and on is cut off. */
static enum MHD_Result take_body(struct exchange *exchange, const char *at,
                                 size_t len)
{
    struct http_server *server = exchange->server;
    size_t max = server->options.body_bytes_max;
    if (exchange->phase == ANSWERED)
        return MHD_YES;
    if (exchange->too_large)
        exchange->body.len += len; /* counts only */
    else if (len > max - exchange->body.len ||
             len > server->options.bodies_bytes_max - server->bodies_bytes) {
        exchange->too_large = true;
        server->bodies_bytes -= exchange->body.len;
        buffer_free(&exchange->body);
    } else {
        if (!exchange->body.at)
            VEC_RESERVE(&exchange->body,
                        len < BODY_BYTES_FIRST ? len + 1 : len);
        buffer_put(&exchange->body, at, len);
        server->bodies_bytes += len;
    }
    return exchange->too_large && exchange->body.len / DROPPED_BODIES > max
               ? MHD_NO
               : MHD_YES;
}

static enum MHD_Result call_handler(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->phase = WAITING;
    exchange->in_handler = true;
    http_client_is_served(exchange->client);
    exchange->request.body = buffer_bytes(&exchange->body);
    server->handler(server->context, &exchange->request);
    exchange->in_handler = false;
    if (exchange->phase == ANSWERED)
        return MHD_queue_response(exchange->connection, exchange->status,
                                  exchange->response);
    MHD_suspend_connection(exchange->connection);
    return MHD_YES;
}

enum MHD_Result http_on_access(void *context, struct MHD_Connection *connection,
                               const char *path, const char *method,
                               const char *version, const char *upload,
                               size_t *upload_len, void **slot)
{
    struct exchange *exchange = *slot;
    (void)version;
    if (!exchange)
        return begin(context, connection, path, method, slot);
    if (*upload_len) {
        size_t len = *upload_len;
        *upload_len = 0;
        return take_body(exchange, upload, len);
    }
    if (exchange->too_large)
        return http_refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE,
                           BODY_TOO_LARGE);
    if (exchange->phase == OPEN)
        return call_handler(exchange);
    if (exchange->phase == WAITING) /* the server is closing */
        return MHD_NO;
    return MHD_queue_response(connection, exchange->status, exchange->response);
}

void http_on_completed(void *context, struct MHD_Connection *connection,
                       void **slot, enum MHD_RequestTerminationCode code)
{
    struct http_server *server = context;
    struct exchange *exchange = *slot;
    (void)connection;
    if (!exchange)
        return;
    if (code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
        log_warn("connection_cut", "limit=idle-seconds-max seconds=%u why=%s",
                 server->options.idle_seconds_max,
                 exchange->phase == ANSWERED ? "an answer not taken"
                                             : "a body that does not come");
    *slot = NULL;
    if (!exchange->too_large)
        server->bodies_bytes -= exchange->body.len;
    server->answers_bytes -= exchange->answer_bytes;
    http_client_waits(exchange->client);
    if (exchange->phase == WAITING)
        exchange->connection = NULL; /* freed when it is answered */
    else
        exchange_free(exchange);
}
