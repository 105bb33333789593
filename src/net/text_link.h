#pragma once
/* A connection that carries whole texts both ways: a WebSocket
 * (net/websocket.h), or a socket with a stream of JSON values
 * (net/json_socket.h). Each puts this at the front of a struct of its own.
 *
 *     TRY(websocket_open(&link, &options));
 *     link->text = …, link->closed = …, link->context = …;
 *     link->ops->begin(link, early);
 *
 * Lifetime  from its open to link->ops->close(), which its owner calls, also
 *           after `closed`; it may be called from inside these functions.
 * Limits    struct text_link_options.
 * Threads   the loop's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "io/loop.h"
#include "io/stream.h"

struct text_link;

struct text_link_options {
    struct loop *loop;
    int fd; /* the link's, also where it cannot be opened */
    size_t message_bytes_max;
    size_t queue_bytes_max; /* io/stream.h */
    struct stream_budget *budget;
    /* How long a WebSocket may be silent, and one message take to arrive. A
     * socket of this machine may take for ever. */
    uint64_t idle_ms;
    void (*close)(void *close_context); /* in the place of close(fd), or NULL */
    void *close_context;
};

/* Opens a link; its owner then sets its functions, and begins it. */
typedef loft_err text_link_open(struct text_link **out,
                                const struct text_link_options *options);

struct text_link_ops {
    /* Reads what had come already when it was opened. */
    void (*begin)(struct text_link *link, bytes early);
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
