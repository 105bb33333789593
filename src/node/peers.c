#include "node/peers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/listener.h"
#include "net/json_socket.h"
#include "net/websocket.h"
#include "rpc/rpc_peer.h"
#include "rpc/subscriptions.h"

struct peer {
    struct rpc_peer rpc; /* first: methods hold this pointer */
    struct peers *peers; /* NULL once it is gone */
    struct rpc_host *host;
    struct text_link *link;
    unsigned requests; /* whose replies have not come */
    bool is_paused, may_write;
    struct peer *next, *previous;
};

struct peers {
    struct peers_options options;
    struct stream_budget budget;
    struct peer all; /* a ring with this as its end */
    size_t count;
    int fd; /* of the Unix socket, -1: none */
    struct loop_watch *watch;
    char *path;
};

struct peers *peers_open(const struct peers_options *options)
{
    struct peers *peers = MEMORY_NEW(struct peers);
    peers->options = *options;
    peers->budget.bytes_max = PEERS_BYTES_MAX;
    peers->all.next = peers->all.previous = &peers->all;
    peers->fd = -1;
    return peers;
}

size_t peers_count(const struct peers *peers)
{
    return peers->count;
}

static struct peer *peer_of(struct rpc_peer *rpc)
{
    return (struct peer *)rpc;
}

static bool push(struct rpc_peer *rpc, struct buffer *text)
{
    struct peer *peer = peer_of(rpc);
    bool sent = peer->peers &&
                peer->link->ops->send(peer->link, buffer_bytes(text));
    buffer_free(text);
    return sent;
}

/* A call that was still running may have subscribed for one that is gone. */
static void free_if_done(struct peer *peer)
{
    if (peer->peers || peer->requests)
        return;
    subscriptions_drop(peer->host->subscriptions, &peer->rpc);
    free(peer);
}

static void leave(struct peer *peer)
{
    peer->previous->next = peer->next;
    peer->next->previous = peer->previous;
    peer->peers->count--;
    peer->peers = NULL;
    subscriptions_drop(peer->host->subscriptions, &peer->rpc);
    peer->link->ops->close(peer->link);
    free_if_done(peer);
}

/* The names of limits are options or constants: words with a dash or in
 * capitals within the brackets. */
static void on_closed(void *context, const char *why)
{
    if (strchr(why, '('))
        log_warn("peer_dropped", "why=%s", why);
    else
        log_debug("peer_left", "why=%s", why);
    leave(context);
}

static void pause_peer(struct peer *peer, bool paused)
{
    peer->is_paused = paused;
    peer->link->ops->pause(peer->link, paused);
}

static void send_reply(void *to, struct rpc_reply *reply)
{
    struct peer *peer = to;
    peer->requests--;
    if (!peer->peers) {
        free_if_done(peer);
        return;
    }
    if (reply->text.len)
        peer->link->ops->send(peer->link, buffer_bytes(&reply->text));
    if (peer->is_paused && peer->requests < PEER_REQUESTS_MAX / 2)
        pause_peer(peer, false);
}

static void on_text(void *context, bytes text)
{
    struct peer *peer = context;
    const struct dispatcher_caller caller = {
        &peer->rpc, peer->may_write, {send_reply, peer}};
    if (++peer->requests >= PEER_REQUESTS_MAX && !peer->is_paused)
        pause_peer(peer, true);
    dispatcher_take(peer->peers->options.dispatcher, text, &caller);
}

static struct peer *join(struct peers *peers, struct text_link *link,
                         bool may_write)
{
    struct peer *peer = MEMORY_NEW(struct peer);
    *peer = (struct peer){
        .rpc = {.push = push},
        .peers = peers,
        .host = peers->options.host,
        .link = link,
        .may_write = may_write,
        .next = &peers->all,
        .previous = peers->all.previous,
    };
    peer->next->previous = peer->previous->next = peer;
    peers->count++;
    return peer;
}

static void take(struct peers *peers, const struct http_socket *socket,
                 text_link_open *open, bool may_write)
{
    const struct text_link_options options = {
        .loop = peers->options.loop,
        .fd = socket->fd,
        .message_bytes_max = peers->options.message_bytes_max,
        .queue_bytes_max = peers->options.queue_bytes_max,
        .idle_ms = peers->options.idle_ms,
        .budget = &peers->budget,
        .close = socket->close,
        .close_context = socket->close_context,
    };
    struct text_link *link;
    if (open(&link, &options) != LOFT_OK) {
        log_warn("peer_refused", "why=%s", err_sentence());
        return;
    }
    link->text = on_text;
    link->closed = on_closed;
    link->context = join(peers, link, may_write);
    link->ops->begin(link, socket->early);
}

static void take_reader(void *context, const struct http_socket *socket)
{
    take(context, socket, websocket_open, false);
}

static void take_writer(void *context, const struct http_socket *socket)
{
    take(context, socket, websocket_open, true);
}

void peers_answer(struct peers *peers, struct http_request *request,
                  bool may_write)
{
    websocket_accept_request(request, may_write ? take_writer : take_reader,
                             peers);
}

static void take_local(struct peers *peers, int fd)
{
    const struct http_socket socket = {.fd = fd};
    if (peers->count < peers->options.count_max) {
        take(peers, &socket, json_socket_open, true);
        return;
    }
    log_warn("peer_refused", "limit=connections-max count=%zu", peers->count);
    close(fd);
}

static void on_connection(void *context)
{
    struct peers *peers = context;
    int fd = listener_accept(peers->fd);
    if (fd >= 0)
        take_local(peers, fd);
}

loft_err peers_listen(struct peers *peers, const char *path)
{
    TRY(listener_open_path(&peers->fd, path));
    peers->path = strdup(path);
    ASSERT(peers->path);
    return loop_watch_open(&peers->watch, peers->options.loop, peers->fd,
                           on_connection, peers);
}

void peers_close(struct peers *peers)
{
    if (!peers)
        return;
    while (peers->all.next != &peers->all)
        leave(peers->all.next);
    loop_watch_close(peers->watch);
    if (peers->fd >= 0) {
        close(peers->fd);
        unlink(peers->path);
    }
    free(peers->path);
    free(peers);
}
