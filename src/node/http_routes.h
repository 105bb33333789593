#pragma once
/* Which function answers which path on the daemon's port.
 *
 *     static const struct http_route routes[] = {
 *         {HTTP_POST, "/", answer_rpc},
 *         {HTTP_GET, "/healthz", answer_health},
 *     };
 *
 * A path that ends with a star stands for all that begin so; earlier rows win.
 * What no row names gets 404; a whole path that takes another method, 405.
 *
 * Threads  the loop's.
 */
#include <stddef.h>

#include "net/http_server.h"

struct http_route {
    enum http_method method; /* HTTP_GET answers HEAD too */
    const char *path;
    http_handler *answer;
};

/* Hands the request, with the context, to the row that names it. */
void http_routes_answer(const struct http_route *routes, size_t count,
                        void *context, struct http_request *request);
