#pragma once
/* A connection that carries whole texts both ways: a WebSocket
 * (net/websocket.h), or a socket with a stream of JSON values
 * (net/json_socket.h). Each puts this at the front of a struct of its own.
 *
 * Lifetime  from its open to link->ops->close(), which its owner calls, also
 *           after `closed`; it may be called from inside these functions.
 * Threads   the loop's.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct text_link;

struct text_link_ops {
    /* False: the connection is cut. `closed` is called later, not here. */
    bool (*send)(struct text_link *link, bytes text);
    /* Reads no more for now: what was read already still comes. */
    void (*pause)(struct text_link *link, bool paused);
    void (*close)(struct text_link *link);
};

struct text_link {
    const struct text_link_ops *ops;
    /* A whole text, good until it returns. */
    void (*text)(void *context, bytes text);
    /* Nothing comes any more, and nothing leaves; why, for the log. */
    void (*closed)(void *context, const char *why);
    void *context;
};
