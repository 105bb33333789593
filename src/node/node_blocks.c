/* How blocks are made here, and who is told of them. */
#include "base/hex.h"
#include "base/log.h"
#include "crypto/keccak.h"
#include "evm/console_log.h"
#include "node/dispatcher.h"
#include "node/node_core.h"
#include "rpc/filters.h"
#include "rpc/pending.h"
#include "rpc/subscriptions.h"

#define SUGGESTED_TIP_WEI 1000000000u

static bool are_calls_logged(const struct node *node)
{
    return node->host.dev.is_on && node->host.dev.are_calls_logged &&
           log_enabled(LOG_INFO);
}

void node_print_line(void *context, bytes text)
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
}

static void on_settled(void *context, loft_err code)
{
    struct node *node = context;
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
    dispatcher_wake(node->dispatcher);
}

static void on_wake(void *context)
{
    struct node *node = context;
    node->wake_at_ms = 0;
    dispatcher_wake(node->dispatcher);
}

bool node_is_unsettled(void *context)
{
    const struct node *node = context;
    return producer_is_unsettled(node->producer);
}

static enum producer_mode mode_of(const struct options *options)
{
    bool waits = options->block_time && !options->mixed_mining;
    return options->no_mining ? PRODUCE_ON_REQUEST
           : waits            ? PRODUCE_AT_INTERVAL
                              : PRODUCE_AT_ONCE;
}

/* A chain that is ahead of the clock, as time travel leaves it, goes on from
 * where it is. */
void node_begin_plan(struct node *node)
{
    const struct options *options = node->options;
    uint64_t newest = chain_head(node->host.chain)->header.timestamp;
    uint64_t seconds = node->host.ops->now(&node->host);
    node->host.plan = (struct block_plan){.gas_limit = options->gas_limit};
    if (options->disable_block_gas_limit)
        node->host.plan.gas_limit = node->host.plan.departure.gas_limit =
            INT64_MAX;
    /* Before the merge, a block's difficulty follows from its time. */
    node->host.plan.departure.has_same_time =
        options->same_timestamps &&
        u256_is_zero(chain_head(node->host.chain)->header.difficulty);
    if (newest > seconds)
        block_plan_set_clock(&node->host.plan, newest, seconds);
}

void node_open_producer(struct node *node)
{
    const struct options *options = node->options;
    enum producer_mode mode = mode_of(options);
    struct producer_options producer = {
        .chain = node->host.chain,
        .pool = node->host.pool,
        .loop = node->loop,
        .mode = mode,
        .interval_ms = options->block_time,
        .durability = node_durability(options),
        .keeps_pool = !options->temporary,
        .keep_blocks = options->prune_history,
        .plan = &node->host.plan,
        .watch = watch,
        .mined = on_mined,
        .changed = on_changed,
        .settled = on_settled,
        .context = node,
    };
    node->producer = producer_open(&producer);
    node->host.mining = node_mining(mode);
    node->host.mining_interval_ms = options->block_time;
    node->host.gas_price = options->gas_price;
    node->host.priority_fee = options->disable_min_priority_fee
                                  ? U256_ZERO
                                  : u256_from(SUGGESTED_TIP_WEI);
}

void node_open_listeners(struct node *node)
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
    node->wake = loop_timer_open(node->loop, on_wake, node);
}
