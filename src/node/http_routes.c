#include "node/http_routes.h"

#include <stdbool.h>
#include <string.h>

static bool is_open_ended(const struct http_route *route)
{
    size_t len = strlen(route->path);
    return len && route->path[len - 1] == '*';
}

static bool names(const struct http_route *route, const char *path)
{
    if (is_open_ended(route))
        return strncmp(route->path, path, strlen(route->path) - 1) == 0;
    return strcmp(route->path, path) == 0;
}

void http_routes_answer(const struct http_route *routes, size_t count,
                        void *context, struct http_request *request)
{
    const struct http_route *other = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!names(&routes[i], request->path))
            continue;
        if (routes[i].method == request->method) {
            routes[i].answer(context, request);
            return;
        }
        /* What may lie below a folder is not known to be there. */
        if (!is_open_ended(&routes[i]))
            other = &routes[i];
    }
    if (!other)
        http_respond_text(request, 404, "nothing is here; JSON-RPC is at /");
    else if (other->method == HTTP_POST)
        http_respond_text(request, 405, "this takes POST");
    else
        http_respond_text(request, 405, "this takes GET");
}
