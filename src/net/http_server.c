#include "net/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "net/http_clients.h"
#include "net/http_exchange.h"

/* More connections than may stay, until those that are cut have gone. */
#define CONNECTIONS_SPARE 64

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
        0, NULL, NULL, http_on_access, server,
        /* The logger first: it is to hear of faults in the others. */
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT,
        server->options.connections_max + CONNECTIONS_SPARE,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        server->options.address_connections_max, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_CONNECTION_TIMEOUT,
        server->options.idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        server->options.header_bytes_max, MHD_OPTION_NOTIFY_COMPLETED,
        http_on_completed, server, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
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
