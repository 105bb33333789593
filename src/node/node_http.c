/* What the port answers: JSON-RPC, the console, how the node is. */
#include <string.h>
#include <sys/resource.h>

#include "base/attributes.h"
#include "base/log.h"
#include "io/listener.h"
#include "net/http_server.h"
#include "net/websocket.h"
#include "node/console.h"
#include "node/dispatcher.h"
#include "node/http_routes.h"
#include "node/metrics.h"
#include "node/node_core.h"
#include "node/peers.h"
#include "node/usage.h"

static void send_http(void *to, struct rpc_reply *reply)
{
    if (reply->text.len)
        http_respond(to, 200, "application/json", &reply->text);
    else
        http_respond(to, 204, NULL, &reply->text);
}

/* False: what it shows is wrong, and it is answered. */
static bool check_token(const struct node *node, struct http_request *request,
                        bool *may_write)
{
    static const struct http_header scheme = {"WWW-Authenticate", "Bearer"};
    enum token_verdict verdict =
        node->token.is_set
            ? token_check(&node->token,
                          http_request_header(request, "Authorization"))
            : TOKEN_RIGHT;
    *may_write = verdict == TOKEN_RIGHT;
    if (verdict != TOKEN_WRONG)
        return true;
    log_warn("token_wrong", "limit=rpc-token");
    http_respond_static(request, 401, &scheme, 1,
                        bytes_str("the token is not that of --rpc-token\n"));
    return false;
}

static void answer_rpc(void *context, struct http_request *request)
{
    struct node *node = context;
    bool may_write;
    if (!check_token(node, request, &may_write))
        return;
    dispatcher_take(
        node->dispatcher, request->body,
        &(struct dispatcher_caller){NULL, may_write, {send_http, request}});
}

static void answer_health(void *context, struct http_request *request)
{
    (void)context;
    http_respond_text(request, 200, "ok");
}

/* Ready is a node that gets to disk what it takes in. */
static void answer_ready(void *context, struct http_request *request)
{
    const struct node *node = context;
    const char *fault = producer_fault(node->producer);
    http_respond_text(request, fault ? 503 : 200, fault ? fault : "ready");
}

static void gather_metrics(const struct node *node, struct metrics *out)
{
    const struct chain_head *head = chain_head(node->host.chain);
    *out = (struct metrics){
        .chain_id = chain_config(node->host.chain)->chain_id,
        .head_number = head->number,
        .head_timestamp = head->header.timestamp,
        .blocks = node->blocks,
        .transactions = node->transactions,
        .gas = node->gas,
        .pool_pending = pool_pending_count(node->host.pool),
        .pool_queued = pool_queued_count(node->host.pool),
        .connections = http_server_connections(node->server),
        .connections_max = node->options->connections_max,
        .started_seconds = node->started_ms / 1000,
        .is_ready = !producer_fault(node->producer),
        .calls = &node->counters,
        .has_peers = node->host.peers != NULL,
    };
    if (out->has_peers)
        out->peers = peer_host_stats(node->host.peers);
    out->is_relay = node_relay_stats(node, &out->relay);
    usage_read(&out->usage, node->dir);
}

static void answer_metrics(void *context, struct http_request *request)
{
    struct metrics metrics;
    struct buffer text = {0};
    gather_metrics(context, &metrics);
    metrics_put(&text, &metrics);
    http_respond(request, 200, METRICS_CONTENT_TYPE, &text);
}

/* What the port answers; JSON-RPC first, for it is asked most. */
static const struct http_route routes[] = {
    {HTTP_POST, "/", answer_rpc},        {HTTP_GET, "/healthz", answer_health},
    {HTTP_GET, "/readyz", answer_ready}, {HTTP_GET, "/metrics", answer_metrics},
    {HTTP_GET, "/*", console_answer}, /* last: --no-console leaves it out */
};

static void answer(void *context, struct http_request *request)
{
    struct node *node = context;
    size_t count = ARRAY_LEN(routes) - (node->options->no_console);
    if (strcmp(request->path, "/") == 0 && websocket_is_asked_for(request)) {
        bool may_write;
        if (check_token(node, request, &may_write))
            peers_answer(node->peers, request, may_write);
        return;
    }
    http_routes_answer(routes, count, context, request);
}

/* Files besides the connections: the chain's, the console's, what runs
 * below. */
#define FILES_SPARE 256

/* As many descriptors as connections need, or fewer connections. */
static void allow_files(struct http_options *http, unsigned peers)
{
    struct rlimit files;
    unsigned spare = FILES_SPARE + peers;
    rlim_t wanted = (rlim_t)http->connections_max + spare;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == wanted)
        return;
    http->connections_max = files.rlim_cur > spare + FILES_SPARE
                                ? (unsigned)files.rlim_cur - spare
                                : FILES_SPARE;
    log_warn("fewer_connections", "limit=RLIMIT_NOFILE connections=%u",
             http->connections_max);
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static void warn_if_open(const struct node *node)
{
    const struct options *options = node->options;
    if (is_loopback(options->host) || node->token.is_set)
        return;
    log_warn("open_to_all",
             "host=%s why=without --rpc-token whoever reaches the port can "
             "send from the accounts of this node%s",
             options->host,
             options->no_development
                 ? ""
                 : ", change any balance, code or clock, and take blocks back");
}

loft_err node_open_server(struct node *node)
{
    const struct options *options = node->options;
    struct http_options http = {
        .body_bytes_max = options->body_bytes_max,
        .header_bytes_max = options->header_bytes_max,
        .connections_max = (unsigned)options->connections_max,
        .address_connections_max = (unsigned)options->address_connections_max,
        .idle_seconds_max = (unsigned)options->idle_seconds_max,
        .allow_hosts = options->allow_host.at,
        .allow_host_count = options->allow_host.count,
        .allow_origins = options->allow_origin.at,
        .allow_origin_count = options->allow_origin.count,
    };
    int fd;
    allow_files(&http, node_peers_files(options));
    TRY(listener_open(&fd, &node->port, options->host,
                      (uint16_t)options->port));
    warn_if_open(node);
    return http_server_open(&node->server, node->loop, fd, &http, answer, node);
}
