/* What RPC methods ask of the node. */
#include "node/backup.h"
#include "node/fork.h"
#include "node/node_core.h"
#include "node/usage.h"

static loft_err open_view(struct rpc_host *host, struct chain_view **out)
{
    struct store *store = chain_store(host->chain);
    const struct chain_config *config = chain_config(host->chain);
    const struct chain_base *base = chain_base(host->chain);
    struct chain_view *view = atomic_exchange(&node_of(host)->view, NULL);
    *out = NULL;
    if (!view)
        return chain_view_open(out, store, config, base);
    loft_err code = chain_view_wake(view, store, config, base);
    if (code == LOFT_OK)
        *out = view;
    else
        chain_view_close(view);
    return code;
}

static void close_view(struct rpc_host *host, struct chain_view *view)
{
    if (!view)
        return;
    chain_view_rest(view);
    chain_view_close(atomic_exchange(&node_of(host)->view, view));
}

static loft_err settle(struct rpc_host *host)
{
    return producer_settle(node_of(host)->producer);
}

static bool arrived(struct rpc_host *host)
{
    return producer_arrived(node_of(host)->producer);
}

static loft_err mine(struct rpc_host *host, struct block_series *series)
{
    return producer_mine(node_of(host)->producer, series);
}

enum rpc_mining node_mining(enum producer_mode mode)
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

static uint64_t clock_ms(struct rpc_host *host)
{
    (void)host;
    return clock_monotonic_ns() / 1000000;
}

static void wake_in(struct rpc_host *host, uint64_t ms)
{
    struct node *node = node_of(host);
    uint64_t at = clock_ms(host) + ms;
    if (node->wake_at_ms && node->wake_at_ms <= at)
        return;
    node->wake_at_ms = at;
    loop_timer_start(node->wake, ms);
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
        .memory_bytes = now.private_bytes,
        .resident_bytes = now.memory_bytes,
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

const struct rpc_host_ops node_host_ops = {
    .open_view = open_view,
    .close_view = close_view,
    .settle = settle,
    .arrived = arrived,
    .mine = mine,
    .set_mining = set_mining,
    .begin_anew = node_begin_anew,
    .changed = changed,
    .now = now,
    .clock_ms = clock_ms,
    .wake_in = wake_in,
    .accounts = accounts,
    .sign = sign,
    .usage = usage,
    .backup = backup,
    .forward = forward,
};
