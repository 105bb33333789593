#include "node/node.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "evm/console_log.h"
#include "net/http_server.h"
#include "node/banner.h"
#include "node/config_out.h"
#include "node/data_dir.h"
#include "node/dev_accounts.h"
#include "node/dispatcher.h"
#include "node/export_blocks.h"
#include "node/fork.h"
#include "node/import_blocks.h"
#include "node/node_core.h"
#include "node/peers.h"
#include "node/state_file.h"
#include "node/supervision.h"
#include "rpc/filters.h"
#include "rpc/methods.h"
#include "rpc/pending.h"
#include "rpc/subscriptions.h"

static void open_dispatcher(struct node *node)
{
    const struct options *options = node->options;
    struct dispatcher_options dispatcher = {
        .host = &node->host,
        .loop = node->loop,
        .threads = (unsigned)options->rpc_threads,
        .timeout_ms = options->rpc_timeout,
        .is_unsettled = node_is_unsettled,
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
    memory_hold_little();
    log_set(options->log_level, options->log_json);
    arena_init(&node->arena);
    node->host.ops = &node_host_ops;
    development_init(&node->host.dev);
    node->host.dev.is_on = !options->no_development;
    node->host.dev.auto_impersonate = options->auto_impersonate;
    node->host.dev.are_calls_logged = !options->disable_console_log;
    node->host.slots_in_epoch = options->slots_in_an_epoch;
    node->host.failures.names = &node->host.dev.errors;
    node->log = console_log_new(node_print_line, node);
    node->host.failures.told = (enum failures_told)options->revert_errors;
    if (*options->rpc_token)
        TRY(token_read(&node->token, options->rpc_token));
    node->signer = signer_new();
    TRY(dev_accounts_derive(node->signer, options->mnemonic,
                            options->derivation_path, options->accounts));
    TRY(node_open_chain(node));
    if (node->fork)
        TRY(node_begin_fork(node));
    if (*options->import)
        TRY(import_blocks(node->host.chain, options->import));
    if (*options->load_state)
        TRY(state_file_load(node->host.chain, options->load_state, false));
    if (*options->state)
        TRY(state_file_load(node->host.chain, options->state, true));
    return store_sync(chain_store(node->host.chain));
}

/* What serving needs beyond that. */
static loft_err node_listen(struct node *node)
{
    memory_trim(); /* a genesis or an import may have been large */
    node->host.pool = pool_new();
    pool_set_order(node->host.pool,
                   node->options->order == 0 ? POOL_BY_FEES : POOL_BY_ARRIVAL);
    rpc_counters_init(&node->counters, rpc_methods, rpc_method_count);
    node->host.counters = &node->counters;
    TRY(open_loop(node));
    node_begin_plan(node);
    node_open_listeners(node);
    node_open_producer(node);
    TRY(node_restore_pool(node));
    open_dispatcher(node);
    TRY(open_peers(node));
    TRY(node_open_peers(node));
    return node_open_server(node);
}

static void node_close(struct node *node)
{
    node_close_peers(node);
    peers_close(node->peers);
    http_server_close(node->server);
    dispatcher_close(node->dispatcher);
    rpc_counters_fini(&node->counters);
    producer_close(node->producer);
    loop_task_close(node->news);
    loop_timer_close(node->wake);
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
    chain_view_close(atomic_exchange(&node->view, NULL));
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
    if (*node->options->config_out)
        TRY(config_out_write(node->options, node->signer, node->host.chain));
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
