#include "net/http_server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_access.h"
#include "net/http_clients.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define BODY_TOO_LARGE \
    "the request's body is larger than the server allows (--body-bytes-max)"

/* How many times the limit a body may have and still be read to its end. */
#define DROPPED_BODIES 4

/* More connections than may stay, until those that are cut have gone. */
#define CONNECTIONS_SPARE 64

/* A body's first memory, whatever length is claimed for it. */
#define BODY_BYTES_FIRST (64u << 10)

/* OPEN -> WAITING: the body is there and the handler has been called;
 * WAITING -> ANSWERED: by http_respond(). Where the connection ends while the
 * handler still holds the request, the connection goes to NULL and
 * http_respond() frees it. */
enum exchange_phase { OPEN, WAITING, ANSWERED };

struct exchange {
    struct http_request request; /* first: handlers hold this pointer */
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_client *client;
    enum exchange_phase phase;
    bool in_handler; /* the handler has not returned yet */
    bool too_large;
    unsigned status;
    struct MHD_Response *response;
    const char *origin; /* NULL: no browser */
    http_taken *taken;  /* of a connection that leaves HTTP */
    void *taken_context;
    struct buffer body;
    size_t answer_bytes; /* of its own memory, not sent yet */
    struct exchange *next, *previous;
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *timer;
    struct loop_task *again;
    bool timer_runs;
    struct http_clients *clients;
    size_t bodies_bytes, answers_bytes;
    http_handler *handler;
    void *context;
    struct exchange exchanges; /* a ring with this as its end */
};

static void exchange_free(struct exchange *exchange)
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

static const char *header_of(struct MHD_Connection *connection,
                             const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

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
    return exchange->connection ? header_of(exchange->connection, name) : NULL;
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

/* Answers before the handler is asked. */
static enum MHD_Result refuse(struct exchange *exchange, unsigned status,
                              const char *text)
{
    struct buffer body = {0};
    buffer_printf(&body, "%s\n", text);
    exchange->phase = ANSWERED;
    exchange->response = response_new(exchange, TEXT_TYPE, &body);
    return MHD_queue_response(exchange->connection, status, exchange->response);
}

/* What a browser asks before it lets a page send JSON here. */
static enum MHD_Result answer_preflight(struct exchange *exchange)
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

static enum MHD_Result refuse_method(struct exchange *exchange)
{
    struct buffer body = {0};
    buffer_printf(&body, "this server answers GET, POST and OPTIONS\n");
    exchange->phase = ANSWERED;
    exchange->response = response_new(exchange, TEXT_TYPE, &body);
    add_header(exchange->response, MHD_HTTP_HEADER_ALLOW, "GET, POST, OPTIONS");
    return MHD_queue_response(exchange->connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                              exchange->response);
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
    const char *text = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
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
        !header_of(exchange->connection, MHD_HTTP_HEADER_EXPECT))
        return MHD_YES;
    return refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, BODY_TOO_LARGE);
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

    const char *host = header_of(connection, MHD_HTTP_HEADER_HOST);
    if (host && !http_host_allowed(host, hosts))
        return refuse(exchange, MHD_HTTP_FORBIDDEN,
                      "the name in Host is not allowed; --allow-host adds it");
    const char *origin = header_of(connection, MHD_HTTP_HEADER_ORIGIN);
    if (origin && !http_origin_allowed(origin, origins))
        return refuse(exchange, MHD_HTTP_FORBIDDEN,
                      "this origin is not allowed; --allow-origin adds it");
    exchange->origin = origin;
    if (strcmp(method_name, "OPTIONS") == 0 && origin)
        return answer_preflight(exchange);
    if (!known)
        return refuse_method(exchange);
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

/* libmicrohttpd calls this when the head is there, for each piece of the
 * body, once more at its end, and again when a suspended one is resumed. */
static enum MHD_Result on_access(void *context,
                                 struct MHD_Connection *connection,
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
        return refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, BODY_TOO_LARGE);
    if (exchange->phase == OPEN)
        return call_handler(exchange);
    if (exchange->phase == WAITING) /* the server is closing */
        return MHD_NO;
    return MHD_queue_response(connection, exchange->status, exchange->response);
}

static void on_completed(void *context, struct MHD_Connection *connection,
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

static void on_connection(void *context, struct MHD_Connection *connection,
                          void **slot, enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = context;
    int fd = MHD_get_connection_info(connection,
                                     MHD_CONNECTION_INFO_CONNECTION_FD)
                 ->connect_fd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *slot = http_client_join(server->clients, fd);
    } else {
        http_client_leave(*slot);
        *slot = NULL;
    }
}

static void on_log(void *context, const char *format, va_list args)
{
    char text[256];
    (void)context;
    if (!log_enabled(LOG_DEBUG))
        return;
    vsnprintf(text, sizeof text, format, args);
    log_debug("http", "%s", text);
}

/* Serves what is ready. The sockets are watched edge by edge, so that what is
 * left half read is told by a timeout of 0 and by nothing else. */
static void pump(void *context)
{
    struct http_server *server = context;
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
        return;
    if (timeout_ms == 0) {
        loop_task_schedule(server->again);
    } else if (!server->timer_runs) {
        server->timer_runs = true;
        loop_timer_start(server->timer, timeout_ms);
    }
}

static void on_timer(void *context)
{
    struct http_server *server = context;
    server->timer_runs = false;
    pump(server);
}

static void fill_defaults(struct http_options *options)
{
    if (!options->body_bytes_max)
        options->body_bytes_max = HTTP_BODY_BYTES_MAX;
    if (!options->bodies_bytes_max)
        options->bodies_bytes_max = HTTP_BODIES_BYTES_MAX;
    if (!options->answers_bytes_max)
        options->answers_bytes_max = HTTP_ANSWERS_BYTES_MAX;
    if (!options->header_bytes_max)
        options->header_bytes_max = HTTP_HEADER_BYTES_MAX;
    if (!options->connections_max)
        options->connections_max = HTTP_CONNECTIONS_MAX;
    if (!options->idle_seconds_max)
        options->idle_seconds_max = HTTP_IDLE_SECONDS_MAX;
}

static struct MHD_Daemon *start_daemon(struct http_server *server, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
            MHD_USE_ERROR_LOG | MHD_USE_SUPPRESS_DATE_NO_CLOCK,
        0, NULL, NULL, on_access, server,
        /* The logger first: it is to hear of faults in the others. */
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT,
        server->options.connections_max + CONNECTIONS_SPARE,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        server->options.address_connections_max, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_CONNECTION_TIMEOUT,
        server->options.idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        server->options.header_bytes_max, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

loft_err http_server_open(struct http_server **out, struct loop *loop, int fd,
                          const struct http_options *options,
                          http_handler *handler, void *context)
{
    struct http_server *server = MEMORY_NEW(struct http_server);
    server->options = *options;
    fill_defaults(&server->options);
    server->handler = handler;
    server->context = context;
    server->exchanges.next = server->exchanges.previous = &server->exchanges;
    server->clients = http_clients_open(
        loop, server->options.connections_max,
        (uint64_t)server->options.idle_seconds_max * 1000);
    server->daemon = start_daemon(server, fd);
    if (!server->daemon) {
        close(fd);
        http_clients_close(server->clients);
        free(server);
        return err_say(LOFT_ERR_IO, "the HTTP server could not start");
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(
        server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    loft_err code = loop_watch_open(&server->watch, loop, info->epoll_fd, pump,
                                    server);
    if (code != LOFT_OK) {
        MHD_stop_daemon(server->daemon);
        http_clients_close(server->clients);
        free(server);
        return code;
    }
    server->timer = loop_timer_open(loop, on_timer, server);
    server->again = loop_task_open(loop, pump, server);
    *out = server;
    return LOFT_OK;
}

unsigned http_server_connections(const struct http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(
        server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

/* Lets go of the requests that the handler still holds. */
static void detach_waiting(struct http_server *server)
{
    struct exchange *end = &server->exchanges;
    for (struct exchange *at = end->next; at != end; at = at->next)
        if (at->phase == WAITING && at->connection)
            MHD_resume_connection(at->connection);
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    MHD_run(server->daemon); /* wakes those that have been answered, */
    MHD_run(server->daemon); /* and sends */
    loop_watch_close(server->watch);
    loop_timer_close(server->timer);
    loop_task_close(server->again);
    detach_waiting(server);
    MHD_stop_daemon(server->daemon);
    http_clients_close(server->clients);
    /* Those still held are freed by their http_respond(): they stand alone. */
    struct exchange *end = &server->exchanges, *next;
    for (struct exchange *at = end->next; at != end; at = next) {
        next = at->next;
        at->next = at->previous = at;
        at->server = NULL;
    }
    free(server);
}
