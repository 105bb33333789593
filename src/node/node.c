#include "node/node.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "io/listener.h"
#include "io/loop.h"
#include "net/http_server.h"
#include "node/banner.h"
#include "node/dev_accounts.h"
#include "node/replies.h"
#include "rpc/host.h"
#include "rpc/methods.h"

struct node {
    struct rpc_host host; /* first: methods hold this pointer */
    const struct options *options;
    struct loop *loop;
    struct loop_signal *on_int, *on_term;
    struct signer *signer;
    struct rpc *rpc;
    struct replies *replies;
    struct http_server *server;
    uint16_t port;
};

static void answer(void *context, struct http_request *request)
{
    struct node *node = context;
    struct rpc_reply reply = {0};
    if (strcmp(request->path, "/") != 0) {
        http_respond_text(request, 404, "JSON-RPC is at /");
        return;
    }
    if (request->method != HTTP_POST) {
        http_respond_text(request, 405, "JSON-RPC takes POST");
        return;
    }
    rpc_handle(node->rpc, &reply, request->body);
    reply_send(request, &reply);
}

static void stop(void *context)
{
    loop_stop(context);
}

static const struct rpc_host_ops host_ops = {0};

static loft_err open_loop(struct node *node)
{
    signal(SIGPIPE, SIG_IGN);
    TRY(loop_open(&node->loop));
    TRY(loop_signal_open(&node->on_int, node->loop, SIGINT, stop, node->loop));
    return loop_signal_open(&node->on_term, node->loop, SIGTERM, stop,
                            node->loop);
}

static loft_err open_server(struct node *node)
{
    const struct options *options = node->options;
    struct http_options http = {
        .body_bytes_max = options->body_bytes_max,
        .header_bytes_max = options->header_bytes_max,
        .connections_max = (unsigned)options->connections_max,
        .idle_seconds_max = (unsigned)options->idle_seconds_max,
        .allow_hosts = options->allow_host.at,
        .allow_host_count = options->allow_host.count,
        .allow_origins = options->allow_origin.at,
        .allow_origin_count = options->allow_origin.count,
    };
    int fd;
    TRY(listener_open(&fd, &node->port, options->host,
                      (uint16_t)options->port));
    return http_server_open(&node->server, node->loop, fd, &http, answer, node);
}

static loft_err node_open(struct node *node)
{
    const struct options *options = node->options;
    log_set(options->log_level, options->log_json);
    node->host.ops = &host_ops;
    node->signer = signer_new();
    TRY(dev_accounts_derive(node->signer, options->mnemonic,
                            options->derivation_path, options->accounts));
    node->rpc = rpc_new(rpc_methods, rpc_method_count, &node->host);
    node->replies = replies_new();
    TRY(open_loop(node));
    return open_server(node);
}

static void node_close(struct node *node)
{
    http_server_close(node->server);
    replies_free(node->replies);
    rpc_free(node->rpc);
    loop_signal_close(node->on_int);
    loop_signal_close(node->on_term);
    loop_close(node->loop);
    signer_free(node->signer);
    free(node);
}

loft_err node_run(const struct options *options)
{
    struct node *node = MEMORY_NEW(struct node);
    node->options = options;
    loft_err code = node_open(node);
    if (code == LOFT_OK) {
        banner_print(options, node->signer, options->host, node->port);
        loop_run(node->loop);
        log_info("stopped", "port=%u", node->port);
    }
    node_close(node);
    return code;
}
