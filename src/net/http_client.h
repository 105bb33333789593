#pragma once
/* An HTTP client that waits, over libcurl: for programs that have nothing else
 * to do, and for threads that may wait. One connection is kept and used again.
 *
 * A URL is http:// or https://. Redirects are not followed, proxies and
 * credentials of the environment are not used: what is asked for here is one
 * server.
 *
 * Limits   the whole of a request within timeout_ms, its reply within
 *          reply_bytes_max.
 * Threads  one client belongs to one thread.
 * Errors   LOFT_ERR_USAGE: no such URL; LOFT_ERR_IO: no libcurl, no
 *          connection, or it broke; LOFT_ERR_TIMEOUT; LOFT_ERR_LIMIT: the reply
 * is too large.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define HTTP_CLIENT_TIMEOUT_MS 30000
#define HTTP_CLIENT_REPLY_BYTES_MAX ((size_t)256 << 20)

struct http_client;

struct http_client_options {
    const char *url;
    uint32_t timeout_ms; /* 0: HTTP_CLIENT_TIMEOUT_MS; so for the next */
    size_t reply_bytes_max;
    const char *token;          /* for Authorization: Bearer; may be NULL */
    const char *const *headers; /* "Name: value", copied */
    size_t header_count;
};

MUST_USE loft_err http_client_open(struct http_client **out,
                                   const struct http_client_options *options);
void http_client_close(struct http_client *client); /* NULL is fine */

/* What the server is called in messages: its URL as far as its host, for what
 * follows may hold a key. */
const char *http_client_name(const struct http_client *client);

/* Appends the reply's body, whatever the status. */
MUST_USE loft_err http_client_post(struct http_client *client,
                                   struct buffer *reply, unsigned *status,
                                   const char *content_type, bytes body);

/* Asks the same server for another path. */
MUST_USE loft_err http_client_get(struct http_client *client,
                                  struct buffer *reply, unsigned *status,
                                  const char *path);
