#pragma once
/* The inside of net/http_server.h, for its own files: http_server.c opens and
 * closes the server and lets it run, http_exchange.c takes requests,
 * http_respond.c answers them.
 */
#include <microhttpd.h>

#include "net/http_clients.h"
#include "net/http_server.h"

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

/* http_exchange.c: what libmicrohttpd calls. */

/* When the head is there, for each piece of the body, once more at its end,
 * and again when a suspended connection is resumed. */
enum MHD_Result http_on_access(void *context, struct MHD_Connection *connection,
                               const char *path, const char *method,
                               const char *version, const char *upload,
                               size_t *upload_len, void **slot);
void http_on_completed(void *context, struct MHD_Connection *connection,
                       void **slot, enum MHD_RequestTerminationCode code);
void exchange_free(struct exchange *exchange);

/* http_respond.c: answers before the handler is asked. */

enum MHD_Result http_refuse(struct exchange *exchange, unsigned status,
                            const char *text);
enum MHD_Result http_refuse_method(struct exchange *exchange);
/* What a browser asks before it lets a page send JSON here. */
enum MHD_Result http_answer_preflight(struct exchange *exchange);

static inline const char *http_header_of(struct MHD_Connection *connection,
                                         const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}
