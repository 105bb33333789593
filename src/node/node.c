#include "node/node.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/attributes.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/keccak.h"
#include "evm/console_log.h"
#include "io/listener.h"
#include "io/loop.h"
#include "net/http_server.h"
#include "net/websocket.h"
#include "node/backup.h"
#include "node/banner.h"
#include "node/console.h"
#include "node/data_dir.h"
#include "node/dev_accounts.h"
#include "node/dev_genesis.h"
#include "node/dispatcher.h"
#include "node/export_blocks.h"
#include "node/file.h"
#include "node/fork.h"
#include "node/http_routes.h"
#include "node/import_blocks.h"
#include "node/metrics.h"
#include "node/peers.h"
#include "node/producer.h"
#include "node/state_file.h"
#include "node/supervision.h"
#include "node/token.h"
#include "node/usage.h"
#include "rpc/filters.h"
#include "rpc/methods.h"
#include "rpc/pending.h"
#include "rpc/rpc_host.h"
#include "rpc/subscriptions.h"

#define GENESIS_BYTES_MAX (256u << 20)
#define SUGGESTED_TIP_WEI 1000000000u

struct node {
    struct rpc_host host; /* first: methods hold this pointer */
    const struct options *options;
    const char *dir;
    struct arena arena; /* for as long as the node */
    struct genesis genesis;
    struct fork *fork; /* NULL: the chain is all this node's own */
    struct signer *signer;
    struct loop *loop;
    struct loop_signal *on_int, *on_term;
    struct producer *producer;
    struct console_log *log; /* what contracts say */
    struct loop_task *news;  /* of the head, for subscriptions */
    struct dispatcher *dispatcher;
    struct http_server *server;
    struct peers *peers;
    struct token token; /* for calls that change something */
    uint16_t port;
    uint64_t started_ms; /* Unix time */
    struct rpc_counters counters;
    uint64_t blocks, transactions, gas; /* made since then */
    bool is_failing; /* the last block could not be made, or not synced */
};

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

/* Ready is a node whose blocks get to disk. */
static void answer_ready(void *context, struct http_request *request)
{
    const struct node *node = context;
    if (node->is_failing)
        http_respond_text(request, 503, "the last block could not be made");
    else
        http_respond_text(request, 200, "ready");
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
        .is_ready = !node->is_failing,
        .calls = &node->counters,
    };
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

static bool are_calls_logged(const struct node *node)
{
    return node->host.dev.is_on && node->host.dev.are_calls_logged &&
           log_enabled(LOG_INFO);
}

static void print_line(void *context, bytes text)
{
    (void)context;
    log_info("console", "%.*s", (int)text.len, (const char *)text.at);
}

static struct evm_tracer *watch(void *context)
{
    struct node *node = context;
    return are_calls_logged(node) ? console_log_tracer(node->log) : NULL;
}

static void print_failures(struct node *node, const struct block *block,
                           const struct block_outcome *outcome)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < outcome->count; i++) {
        const struct execution *execution = &outcome->executions[i];
        char hash[65] = {0};
        if (execution->status == EVM_STOPPED)
            continue;
        hash32 name = keccak256(block->raw_transactions[i]);
        hex_write(hash, bytes_hash(&name));
        log_info("transaction_failed", "hash=0x%s why=%s", hash,
                 failure_text(&arena, &node->host.dev.errors, execution->status,
                              execution->why, execution->output));
    }
    arena_fini(&arena);
}

static void on_mined(void *context, const struct block *block,
                     const struct block_outcome *outcome, bool is_waited_for)
{
    struct node *node = context;
    if (is_waited_for)
        failures_note(&node->host.failures, block, outcome);
    if (are_calls_logged(node))
        print_failures(node, block, outcome);
    node->blocks++;
    node->transactions += block->transaction_count;
    node->gas += block->header.gas_used;
    node->is_failing = false;
}

static void on_settled(void *context, loft_err code)
{
    struct node *node = context;
    node->is_failing = code != LOFT_OK;
    dispatcher_settled(node->dispatcher, code);
    failures_clear(&node->host.failures);
    if (code == LOFT_OK)
        subscriptions_tell_head(node->host.subscriptions);
}

static void on_changed(void *context)
{
    struct node *node = context;
    pending_drop(node->host.pending);
    loop_task_schedule(node->news);
}

/* What is not yet on disk is told when it is: on_settled(). */
static void tell_news(void *context)
{
    struct node *node = context;
    if (!producer_is_unsettled(node->producer))
        subscriptions_tell_head(node->host.subscriptions);
}

static bool is_unsettled(void *context)
{
    const struct node *node = context;
    return producer_is_unsettled(node->producer);
}

static struct node *node_of(struct rpc_host *host)
{
    return (struct node *)host;
}

static loft_err open_view(struct rpc_host *host, struct chain_view **out)
{
    return chain_view_open(out, chain_store(host->chain),
                           chain_config(host->chain), chain_base(host->chain));
}

static void close_view(struct rpc_host *host, struct chain_view *view)
{
    (void)host;
    chain_view_close(view);
}

static loft_err settle(struct rpc_host *host)
{
    return producer_settle(node_of(host)->producer);
}

static bool arrived(struct rpc_host *host)
{
    return producer_arrived(node_of(host)->producer);
}

static loft_err mine(struct rpc_host *host, uint64_t blocks, uint64_t seconds,
                     uint64_t at)
{
    return producer_mine(node_of(host)->producer, blocks, seconds, at);
}

static enum rpc_mining mining_of(enum producer_mode mode)
{
    static const enum rpc_mining ways[] = {
        [PRODUCE_AT_ONCE] = MINES_AT_ONCE,
        [PRODUCE_AT_INTERVAL] = MINES_AT_INTERVAL,
        [PRODUCE_ON_REQUEST] = MINES_ON_REQUEST,
    };
    return ways[mode];
}

static void set_mining(struct rpc_host *host, enum rpc_mining how,
                       uint64_t interval_ms)
{
    static const enum producer_mode modes[] = {
        [MINES_AT_ONCE] = PRODUCE_AT_ONCE,
        [MINES_AT_INTERVAL] = PRODUCE_AT_INTERVAL,
        [MINES_ON_REQUEST] = PRODUCE_ON_REQUEST,
    };
    producer_set_mode(node_of(host)->producer, modes[how], interval_ms);
    host->mining = how;
    host->mining_interval_ms = interval_ms;
}

static void changed(struct rpc_host *host)
{
    producer_changed(node_of(host)->producer);
}

static uint64_t now(struct rpc_host *host)
{
    (void)host;
    return clock_unix_ms() / 1000;
}

static const address *accounts(struct rpc_host *host, size_t *count)
{
    return signer_accounts(node_of(host)->signer, count);
}

static loft_err sign(struct rpc_host *host, struct ecdsa_signature *out,
                     const address *who, const hash32 *digest)
{
    return signer_sign(node_of(host)->signer, out, who, digest);
}

static void usage(struct rpc_host *host, struct rpc_usage *out)
{
    const struct node *node = node_of(host);
    struct usage now;
    usage_read(&now, node->dir);
    *out = (struct rpc_usage){
        .memory_bytes = now.memory_bytes,
        .disk_bytes = now.disk_bytes,
        .disk_free_bytes = now.disk_free_bytes,
        .uptime_seconds = (clock_unix_ms() - node->started_ms) / 1000,
    };
}

static loft_err backup(struct rpc_host *host, struct arena *arena,
                       struct rpc_backup *out)
{
    const struct node *node = node_of(host);
    struct backup_options options = {
        .store = chain_store(host->chain),
        .fork = node->fork,
        .data_dir = node->dir,
        .folder = node->options->backup_dir,
        .kept = (unsigned)node->options->backups_kept,
    };
    if (!*options.folder)
        return err_say(LOFT_ERR_REFUSED,
                       "no folder for backups is named; --backup-dir does");
    return backup_make(arena, &out->path, &out->bytes, &options);
}

static loft_err forward(struct rpc_host *host, struct buffer *reply,
                        bytes request)
{
    return remote_post(fork_remote(node_of(host)->fork), reply, request);
}

static loft_err begin_anew(struct rpc_host *host);

static const struct rpc_host_ops host_ops = {
    .open_view = open_view,
    .close_view = close_view,
    .settle = settle,
    .arrived = arrived,
    .mine = mine,
    .set_mining = set_mining,
    .begin_anew = begin_anew,
    .changed = changed,
    .now = now,
    .accounts = accounts,
    .sign = sign,
    .usage = usage,
    .backup = backup,
    .forward = forward,
};

/* genesis.json, known again by its hash. */
static loft_err read_genesis(struct node *node)
{
    struct file file;
    char digits[65] = {0};
    uint64_t unused = 0;
    TRY(file_open(&file, node->options->genesis, GENESIS_BYTES_MAX));
    hash32 hash = keccak256(file.contents);
    loft_err code = genesis_read(&node->arena, &node->genesis, file.contents);
    file_close(&file);
    if (code != LOFT_OK)
        return err_in(code, "%s", node->options->genesis);
    hex_write(digits, bytes_hash(&hash));
    return data_dir_identify(
        node->dir, arena_printf(&node->arena, "genesis file 0x%s", digits),
        &unused);
}

static loft_err read_hardfork(enum chain_fork *out,
                              const struct options *options)
{
    return fork_by_name(out, options->hardfork) && *out >= FORK_PARIS
               ? LOFT_OK
               : err_say(LOFT_ERR_USAGE,
                         "--hardfork %s: not a fork from Paris to BPO2",
                         options->hardfork);
}

/* The rules alone: the first block and the state are the remote chain's. */
static loft_err make_fork(struct node *node)
{
    enum chain_fork fork;
    uint64_t unused = 0;
    TRY(read_hardfork(&fork, node->options));
    TRY(data_dir_identify(
        node->dir,
        arena_printf(&node->arena, "a fork under %s", fork_name(fork)),
        &unused));
    TRY(fork_open(&node->fork, node->options, node->dir));
    fork_config(node->fork, &node->genesis.config, fork);
    node->host.is_fork = true;
    return LOFT_OK;
}

static loft_err make_genesis(struct node *node)
{
    const struct options *options = node->options;
    struct dev_genesis_options dev = {
        .chain_id = options->chain_id,
        .timestamp = options->timestamp,
        .gas_limit = options->gas_limit,
        .base_fee = options->base_fee,
        .balance_ether = options->balance,
    };
    dev.accounts = signer_accounts(node->signer, &dev.account_count);
    TRY(read_hardfork(&dev.fork, options));
    if (dev.timestamp == 0)
        dev.timestamp = clock_unix_ms() / 1000;
    TRY(data_dir_identify(node->dir,
                          arena_printf(&node->arena,
                                       "chain id %" PRIu64 " and fork %s",
                                       dev.chain_id, fork_name(dev.fork)),
                          &dev.timestamp));
    if (options->timestamp && options->timestamp != dev.timestamp)
        return err_say(LOFT_ERR_REFUSED,
                       "%s holds a chain that began at %" PRIu64
                       ", not at --timestamp %" PRIu64,
                       node->dir, dev.timestamp, options->timestamp);
    dev_genesis_make(&node->arena, &node->genesis, &dev);
    return LOFT_OK;
}

static loft_err find_genesis(struct node *node)
{
    const struct options *options = node->options;
    if (*options->fork_url && *options->genesis)
        return err_say(LOFT_ERR_USAGE,
                       "--fork-url and --genesis name two beginnings");
    return *options->fork_url  ? make_fork(node)
           : *options->genesis ? read_genesis(node)
                               : make_genesis(node);
}

static enum store_durability durability_of(const struct options *options)
{
    static const enum store_durability kinds[] = {STORE_DURABLE, STORE_GROUP,
                                                  STORE_DEV};
    return options->temporary ? STORE_DEV : kinds[options->durability];
}

/* 0: as the rules have it. */
static uint64_t code_bytes_max(const struct options *options)
{
    return options->disable_code_size_limit ? INT32_MAX
                                            : options->code_size_limit;
}

static loft_err open_chain(struct node *node)
{
    const struct options *options = node->options;
    TRY(data_dir_open(&node->arena, &node->dir, options->data_dir,
                      options->temporary));
    TRY(find_genesis(node));
    node->genesis.config.code_bytes_max = code_bytes_max(options);
    struct chain_options chain = {
        .dir = node->dir,
        .store = {.durability = durability_of(options),
                  .bytes_max = options->data_bytes_max},
        .state = {.keep_preimages = true, .keep_history = true},
        .base = node->fork ? fork_base(node->fork) : NULL,
    };
    loft_err code = chain_open(&node->host.chain, &chain, &node->genesis);
    return code == LOFT_ERR_REFUSED
               ? err_in(code,
                        "%s was made with other options; --data-dir names "
                        "another folder, --temporary takes a fresh one",
                        node->dir)
               : code;
}

static loft_err begin_fork(struct node *node)
{
    size_t count;
    const address *accounts = signer_accounts(node->signer, &count);
    return fork_begin(node->fork, node->host.chain, accounts, count,
                      node->options->balance);
}

static loft_err begin_anew(struct rpc_host *host)
{
    struct node *node = node_of(host);
    const struct chain_base *base = chain_base(host->chain);
    TRY(chain_rewind(host->chain, base ? base->header.number : 0));
    return node->fork ? begin_fork(node) : LOFT_OK;
}

static enum producer_mode mode_of(const struct options *options)
{
    return options->no_mining    ? PRODUCE_ON_REQUEST
           : options->block_time ? PRODUCE_AT_INTERVAL
                                 : PRODUCE_AT_ONCE;
}

/* A chain that is ahead of the clock, as time travel leaves it, goes on from
 * where it is. */
static void begin_plan(struct node *node)
{
    const struct options *options = node->options;
    uint64_t newest = chain_head(node->host.chain)->header.timestamp;
    uint64_t seconds = now(&node->host);
    node->host.plan = (struct block_plan){.gas_limit = options->gas_limit};
    if (options->disable_block_gas_limit)
        node->host.plan.gas_limit = node->host.plan.departure.gas_limit =
            INT64_MAX;
    if (newest > seconds)
        block_plan_set_clock(&node->host.plan, newest, seconds);
}

static void open_producer(struct node *node)
{
    const struct options *options = node->options;
    enum producer_mode mode = mode_of(options);
    struct producer_options producer = {
        .chain = node->host.chain,
        .pool = node->host.pool,
        .loop = node->loop,
        .mode = mode,
        .interval_ms = options->block_time,
        .shares_sync = durability_of(options) == STORE_GROUP,
        .keep_blocks = options->prune_history,
        .plan = &node->host.plan,
        .watch = watch,
        .mined = on_mined,
        .changed = on_changed,
        .settled = on_settled,
        .context = node,
    };
    node->producer = producer_open(&producer);
    node->host.mining = mining_of(mode);
    node->host.mining_interval_ms = options->block_time;
    node->host.gas_price = options->gas_price;
    node->host.priority_fee = u256_from(SUGGESTED_TIP_WEI);
}

static void open_listeners(struct node *node)
{
    const struct options *options = node->options;
    const struct filter_limits filters = {
        .count_max = options->filters_max,
        .age_seconds_max = options->filter_age_max,
    };
    node->host.pending = pending_new();
    node->host.filters = filters_new(&filters);
    node->host.subscriptions = subscriptions_new(&node->host,
                                                 options->subscriptions_max);
    node->news = loop_task_open(node->loop, tell_news, node);
}

static void open_dispatcher(struct node *node)
{
    const struct options *options = node->options;
    struct dispatcher_options dispatcher = {
        .host = &node->host,
        .loop = node->loop,
        .threads = (unsigned)options->rpc_threads,
        .timeout_ms = options->rpc_timeout,
        .is_unsettled = is_unsettled,
        .context = node,
    };
    node->host.limits = (struct rpc_limits){
        .batch_max = options->rpc_batch_max,
        .answer_bytes_max = options->rpc_answer_bytes_max,
        .request_bytes_max = options->body_bytes_max,
        .depth_max = (unsigned)options->rpc_depth_max,
        .call_gas_max = options->rpc_gas_cap,
    };
    node->dispatcher = dispatcher_open(&dispatcher);
}

static void stop(void *context)
{
    loop_stop(context);
}

static loft_err open_loop(struct node *node)
{
    TRY(loop_open(&node->loop));
    TRY(loop_signal_open(&node->on_int, node->loop, SIGINT, stop, node->loop));
    return loop_signal_open(&node->on_term, node->loop, SIGTERM, stop,
                            node->loop);
}

/* Files besides the connections: the chain's, the console's, what runs
 * below. */
#define FILES_SPARE 256

/* As many descriptors as connections need, or fewer connections. */
static void allow_files(struct http_options *http)
{
    struct rlimit files;
    rlim_t wanted = (rlim_t)http->connections_max + FILES_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == wanted)
        return;
    http->connections_max = files.rlim_cur > 2 * FILES_SPARE
                                ? (unsigned)files.rlim_cur - FILES_SPARE
                                : FILES_SPARE;
    log_warn("fewer_connections", "limit=RLIMIT_NOFILE connections=%u",
             http->connections_max);
}

static loft_err open_server(struct node *node)
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
    allow_files(&http);
    TRY(listener_open(&fd, &node->port, options->host,
                      (uint16_t)options->port));
    return http_server_open(&node->server, node->loop, fd, &http, answer, node);
}

/* Where --ipc is given alone, the socket lies beside the data. */
static const char *ipc_path(struct node *node)
{
    return strcmp(node->options->ipc, "data") == 0
               ? arena_printf(&node->arena, "%s/loftd.ipc", node->dir)
               : node->options->ipc;
}

static loft_err open_peers(struct node *node)
{
    const struct options *options = node->options;
    node->peers = peers_open(&(struct peers_options){
        .loop = node->loop,
        .host = &node->host,
        .dispatcher = node->dispatcher,
        .message_bytes_max = options->body_bytes_max,
        .queue_bytes_max = options->peer_queue_bytes_max,
        .idle_ms = options->idle_seconds_max * 1000,
        .count_max = (unsigned)options->connections_max,
    });
    return *options->ipc ? peers_listen(node->peers, ipc_path(node)) : LOFT_OK;
}

/* What every use of the options needs: accounts and chain. */
static loft_err node_open(struct node *node)
{
    const struct options *options = node->options;
    /* A peer that is gone, a file at its limit: errors, not the end. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    log_set(options->log_level, options->log_json);
    arena_init(&node->arena);
    node->host.ops = &host_ops;
    development_init(&node->host.dev);
    node->host.dev.is_on = !options->no_development;
    node->host.dev.auto_impersonate = options->auto_impersonate;
    node->host.dev.are_calls_logged = !options->disable_console_log;
    node->host.failures.names = &node->host.dev.errors;
    node->log = console_log_new(print_line, node);
    node->host.failures.told = (enum failures_told)options->revert_errors;
    if (*options->rpc_token)
        TRY(token_read(&node->token, options->rpc_token));
    node->signer = signer_new();
    TRY(dev_accounts_derive(node->signer, options->mnemonic,
                            options->derivation_path, options->accounts));
    TRY(open_chain(node));
    if (node->fork)
        TRY(begin_fork(node));
    if (*options->import)
        TRY(import_blocks(node->host.chain, options->import));
    if (*options->load_state)
        TRY(state_file_load(node->host.chain, options->load_state, false));
    return *options->state
               ? state_file_load(node->host.chain, options->state, true)
               : LOFT_OK;
}

/* What serving needs beyond that. */
static loft_err node_listen(struct node *node)
{
    node->host.pool = pool_new();
    pool_set_order(node->host.pool,
                   node->options->order == 0 ? POOL_BY_FEES : POOL_BY_ARRIVAL);
    rpc_counters_init(&node->counters, rpc_methods, rpc_method_count);
    node->host.counters = &node->counters;
    TRY(open_loop(node));
    begin_plan(node);
    open_listeners(node);
    open_producer(node);
    open_dispatcher(node);
    TRY(open_peers(node));
    return open_server(node);
}

static void node_close(struct node *node)
{
    peers_close(node->peers);
    http_server_close(node->server);
    dispatcher_close(node->dispatcher);
    rpc_counters_fini(&node->counters);
    producer_close(node->producer);
    loop_task_close(node->news);
    subscriptions_free(node->host.subscriptions);
    filters_free(node->host.filters);
    pending_free(node->host.pending);
    loop_signal_close(node->on_int);
    loop_signal_close(node->on_term);
    loop_close(node->loop);
    console_log_free(node->log);
    failures_fini(&node->host.failures);
    development_fini(&node->host.dev);
    pool_free(node->host.pool);
    chain_close(node->host.chain);
    fork_close(node->fork);
    if (node->options->temporary && node->dir)
        data_dir_remove(node->dir);
    signer_free(node->signer);
    arena_fini(&node->arena);
    free(node);
}

static loft_err dump_state(struct node *node)
{
    const struct options *options = node->options;
    if (*options->dump_state)
        TRY(state_file_dump(node->host.chain, options->dump_state));
    return *options->state ? state_file_dump(node->host.chain, options->state)
                           : LOFT_OK;
}

static loft_err serve(struct node *node)
{
    TRY(node_listen(node));
    banner_print(node->options, node->signer, node->options->host, node->port);
    struct supervision *supervision = supervision_open(node->loop,
                                                       node->host.chain);
    loop_run(node->loop);
    supervision_close(supervision);
    dispatcher_finish(node->dispatcher);
    producer_finish(node->producer);
    log_info("stopped", "head=%" PRIu64, chain_head(node->host.chain)->number);
    return dump_state(node);
}

/* The state root as the trie's table has it, and computed anew from accounts
 * and storage. */
static loft_err read_roots(struct node *node, hash32 *kept, hash32 *computed)
{
    struct store_txn *txn;
    TRY(store_begin_read(chain_store(node->host.chain), &txn));
    loft_err code = state_root(txn, kept);
    if (code == LOFT_OK)
        code = state_recompute_root(txn, computed);
    store_abort(txn);
    return code;
}

/* The state is the header's too, unless it was amended since. */
static loft_err verify(struct node *node)
{
    const struct chain_head *head = chain_head(node->host.chain);
    hash32 kept, computed;
    bool amended;
    TRY(read_roots(node, &kept, &computed));
    TRY(chain_is_amended(node->host.chain, &amended));
    if (!amended && !hash32_equal(&kept, &head->header.state_root))
        return err_say(LOFT_ERR_CORRUPT,
                       "block %" PRIu64 ": the trie has another root than the "
                       "header",
                       head->number);
    if (!hash32_equal(&computed, &kept))
        return err_say(LOFT_ERR_CORRUPT,
                       "block %" PRIu64 ": accounts and storage have another "
                       "root than the trie",
                       head->number);
    printf("ok: block %" PRIu64 ", state as %s\n", head->number,
           amended ? "its trie says, amended since" : "its header says");
    return LOFT_OK;
}

loft_err node_run(const struct options *options)
{
    struct node *node = MEMORY_NEW(struct node);
    node->options = options;
    node->started_ms = clock_unix_ms();
    loft_err code = node_open(node);
    if (code == LOFT_OK)
        code = options->verify ? verify(node) : serve(node);
    node_close(node);
    return code;
}

loft_err node_import(const struct options *options, uint64_t *head)
{
    struct node *node = MEMORY_NEW(struct node);
    node->options = options;
    loft_err code = node_open(node);
    if (code == LOFT_OK)
        *head = chain_head(node->host.chain)->number;
    node_close(node);
    return code;
}

loft_err node_export(const struct options *options, FILE *to, uint64_t first,
                     uint64_t last)
{
    struct node *node = MEMORY_NEW(struct node);
    node->options = options;
    loft_err code = node_open(node);
    if (code == LOFT_OK)
        code = export_blocks(node->host.chain, to, first, last);
    node_close(node);
    return code;
}
