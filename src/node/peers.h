#pragma once
/* Connections that stay: WebSockets of the HTTP port and a Unix socket. Each
 * is a peer to the methods (rpc/rpc_peer.h), so that it can subscribe.
 *
 * Replies leave as they are ready, not in the order of the requests, as
 * JSON-RPC has it; those of calls that the loop runs are in order.
 *
 * Limits   struct peers_options; PEER_REQUESTS_MAX requests of one peer that
 *          are not answered yet, then it is not read for a while;
 *          PEERS_BYTES_MAX of all that is half read or waits to leave.
 * Threads  the loop's.
 */
#include "io/loop.h"
#include "net/http_server.h"
#include "node/dispatcher.h"
#include "rpc/rpc_host.h"

#define PEER_REQUESTS_MAX 1024
#define PEERS_BYTES_MAX ((size_t)256 << 20)

struct peers;

struct peers_options {
    struct loop *loop;
    struct rpc_host *host;
    struct dispatcher *dispatcher;
    size_t message_bytes_max;
    size_t queue_bytes_max; /* of one that does not read */
    uint64_t idle_ms;       /* of a WebSocket that answers no ping */
    unsigned count_max;     /* on the Unix socket */
};

struct peers *peers_open(const struct peers_options *options);

/* Closes them all. Replies that are due to them are dropped when they come. */
void peers_close(struct peers *peers); /* NULL is fine */

/* Serves a path; its file goes with peers_close(). */
MUST_USE loft_err peers_listen(struct peers *peers, const char *path);

/* Answers an HTTP request that asks for a WebSocket. Who connects to the Unix
 * socket may write: the file's mode lets nobody else. */
void peers_answer(struct peers *peers, struct http_request *request,
                  bool may_write);

size_t peers_count(const struct peers *peers);
