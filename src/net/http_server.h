#pragma once
/* An HTTP/1.1 server inside the event loop, over libmicrohttpd: no threads of
 * its own. It reads requests whole, checks where they come from, and hands
 * them to one handler, which answers at once or later.
 *
 * Web pages of others are kept out in two ways. Host must be a loopback name,
 * a numeric address or a name allowed by the options, so that a foreign name
 * made to point here (DNS rebinding) gets nothing. Origin, where a browser
 * sends one, must be of this machine or allowed; what is allowed gets the
 * CORS headers that browsers ask for.
 *
 * Limits    struct http_options; over them a request gets 413, 431 or 503.
 * Threads   the loop's.
 * Lifetime  the server closes before its loop and its listening socket's
 *           descriptor is its own from http_server_open() on.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "io/loop.h"

#define HTTP_BODY_BYTES_MAX (5u << 20)
#define HTTP_BODIES_BYTES_MAX (256u << 20)  /* of all requests together */
#define HTTP_ANSWERS_BYTES_MAX (256u << 20) /* that wait to be taken */
#define HTTP_HEADER_BYTES_MAX (16u << 10)
#define HTTP_CONNECTIONS_MAX 512
#define HTTP_IDLE_SECONDS_MAX 60

struct http_server;

enum http_method { HTTP_GET, HTTP_POST };

/* Good from the handler's call to http_respond(). */
struct http_request {
    enum http_method method; /* HEAD comes as GET */
    const char *path;        /* without the query */
    bytes body;
};

/* Calls http_respond() once, now or later. */
typedef void http_handler(void *context, struct http_request *request);

struct http_options {
    size_t body_bytes_max; /* 0: HTTP_BODY_BYTES_MAX; so for the rest */
    size_t bodies_bytes_max;
    size_t header_bytes_max; /* of one request's head */
    size_t answers_bytes_max;
    unsigned connections_max;         /* net/http_clients.h */
    unsigned address_connections_max; /* from one address; 0: no limit */
    unsigned idle_seconds_max; /* a silent connection is closed; so is one whose
                                  request or answer takes longer */
    /* Names for Host and origins like "https://dapp.example"; "*" is any.
     * Borrowed for the server's life. */
    const char *const *allow_hosts;
    size_t allow_host_count;
    const char *const *allow_origins;
    size_t allow_origin_count;
};

/* Serves on a listening socket. */
MUST_USE loft_err http_server_open(struct http_server **out, struct loop *loop,
                                   int fd, const struct http_options *options,
                                   http_handler *handler, void *context);

/* Requests that wait for their answer get none; the answers that come later
 * are dropped. */
void http_server_close(struct http_server *server); /* NULL is fine */

/* Connections that are open. */
unsigned http_server_connections(const struct http_server *server);

/* Takes the body's memory. content_type is static. */
void http_respond(struct http_request *request, unsigned status,
                  const char *content_type, struct buffer *body);

/* A field of the request's head, NULL where it has none. Good as long as the
 * request. */
const char *http_request_header(const struct http_request *request,
                                const char *name);

struct http_header {
    const char *name, *value;
};

/* The same with fields of the response's own, from memory that outlives the
 * server: nothing is copied but the fields. */
void http_respond_static(struct http_request *request, unsigned status,
                         const struct http_header *headers, size_t count,
                         bytes body);

/* The connection leaves HTTP with status 101 and these fields; then `taken` is
 * given its socket, which is non-blocking, and what was read of it already,
 * good until it returns. close(close_context) takes the place of close(fd), and
 * has been called for all of them before http_server_close(). */
struct http_socket {
    int fd;
    bytes early;
    void (*close)(void *close_context);
    void *close_context;
};
typedef void http_taken(void *context, const struct http_socket *socket);
void http_respond_switch(struct http_request *request,
                         const struct http_header *headers, size_t count,
                         http_taken *taken, void *context);

/* The same with a sentence as text/plain. */
void http_respond_text(struct http_request *request, unsigned status,
                       const char *text);
