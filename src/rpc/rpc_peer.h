#pragma once
/* A connection that can be told things unasked: a WebSocket or a Unix socket.
 * Whoever serves connections puts this at the front of a struct of its own,
 * and calls subscriptions_drop() (rpc/subscriptions.h) when the connection is
 * gone.
 *
 * Threads  the loop's.
 */
#include <stdbool.h>

#include "base/vec.h"

struct rpc_peer {
    /* Queues one JSON text, whose memory it takes. False: the peer does not
     * read what it was sent, its bound is reached, and it is being closed. */
    bool (*push)(struct rpc_peer *peer, struct buffer *text);
};
