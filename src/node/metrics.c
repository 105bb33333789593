#include "node/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

#include "base/log.h"

enum kind { GAUGE, COUNTER };

static void put_help(struct buffer *out, const char *name, enum kind kind,
                     const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                  kind == COUNTER ? "counter" : "gauge");
}

static void put(struct buffer *out, const char *name, enum kind kind,
                const char *help, uint64_t value)
{
    put_help(out, name, kind, help);
    buffer_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void put_chain(struct buffer *out, const struct metrics *metrics)
{
    put_help(out, "loft_info", GAUGE, "Version and chain.");
    buffer_printf(out,
                  "loft_info{version=\"" LOFT_VERSION "\",chain_id=\"%" PRIu64
                  "\"} 1\n",
                  metrics->chain_id);
    put(out, "loft_ready", GAUGE, "Whether /readyz says yes.",
        metrics->is_ready);
    put(out, "loft_head_number", GAUGE, "Number of the newest block.",
        metrics->head_number);
    put(out, "loft_head_timestamp_seconds", GAUGE, "Time of the newest block.",
        metrics->head_timestamp);
    put(out, "loft_blocks_total", COUNTER, "Blocks made.", metrics->blocks);
    put(out, "loft_transactions_total", COUNTER, "Transactions in them.",
        metrics->transactions);
    put(out, "loft_gas_used_total", COUNTER, "Gas that they used.",
        metrics->gas);
}

static void put_pool(struct buffer *out, const struct metrics *metrics)
{
    put_help(out, "loft_pool_transactions", GAUGE, "Transactions that wait.");
    buffer_printf(out,
                  "loft_pool_transactions{state=\"pending\"} %" PRIu64
                  "\nloft_pool_transactions{state=\"queued\"} %" PRIu64 "\n",
                  metrics->pool_pending, metrics->pool_queued);
}

/* One line a method that was called. */
static void put_methods(struct buffer *out, const struct rpc_counters *calls,
                        const char *name, size_t offset, const char *help,
                        bool is_time)
{
    put_help(out, name, COUNTER, help);
    for (size_t i = 0; i < calls->count; i++) {
        const struct rpc_counter *counter = &calls->at[i];
        uint64_t value = *(const atomic_uint_fast64_t *)((const char *)counter +
                                                         offset);
        if (!counter->calls)
            continue;
        buffer_printf(out, "%s{method=\"%s\"} ", name, counter->name);
        if (is_time)
            buffer_printf(out, "%" PRIu64 ".%09" PRIu64 "\n",
                          value / 1000000000u, value % 1000000000u);
        else
            buffer_printf(out, "%" PRIu64 "\n", value);
    }
}

static void put_calls(struct buffer *out, const struct rpc_counters *calls)
{
    put_methods(out, calls, "loft_rpc_calls_total",
                offsetof(struct rpc_counter, calls),
                "Calls of JSON-RPC methods.", false);
    put_methods(out, calls, "loft_rpc_failures_total",
                offsetof(struct rpc_counter, failures),
                "Calls answered with an error.", false);
    put_methods(out, calls, "loft_rpc_seconds_total",
                offsetof(struct rpc_counter, nanoseconds),
                "Time inside the methods.", true);
    put(out, "loft_rpc_unknown_total", COUNTER,
        "Calls of methods that there are not.", calls->unknown);
}

/* Descriptors that are open, but for the one that lists them. */
static uint64_t open_descriptors(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1;
}

static void put_process(struct buffer *out, const struct metrics *metrics)
{
    struct timespec used;
    struct rlimit limit;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    put_help(out, "process_cpu_seconds_total", COUNTER, "Processor time used.");
    buffer_printf(out, "process_cpu_seconds_total %lld.%09ld\n",
                  (long long)used.tv_sec, used.tv_nsec);
    put(out, "process_start_time_seconds", GAUGE, "When it began, Unix time.",
        metrics->started_seconds);
    put(out, "process_resident_memory_bytes", GAUGE, "Memory, resident.",
        metrics->usage.memory_bytes);
    put(out, "process_private_memory_bytes", GAUGE,
        "Of it, what is no page of a file.", metrics->usage.private_bytes);
    put(out, "process_open_fds", GAUGE, "File descriptors that are open.",
        open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put(out, "process_max_fds", GAUGE, "And that may be.", limit.rlim_cur);
}

static void put_refusals(struct buffer *out,
                         const struct peer_host_stats *peers)
{
    put_help(out, "loft_peers_refused_total", COUNTER,
             "Connections of peers refused or ended by us.");
    for (int i = 0; i < PEER_HOST_REFUSAL_COUNT; i++)
        buffer_printf(out,
                      "loft_peers_refused_total{reason=\"%s\"} %" PRIu64 "\n",
                      peer_host_refusal_name((enum peer_host_refusal)i),
                      peers->refused_total[i]);
}

static void put_peers(struct buffer *out, const struct peer_host_stats *peers)
{
    put_help(out, "loft_peers", GAUGE, "Peers that are connected.");
    buffer_printf(out,
                  "loft_peers{direction=\"in\"} %u\n"
                  "loft_peers{direction=\"out\"} %u\n",
                  peers->conns_in, peers->conns_out);
    put(out, "loft_peers_pending", GAUGE, "Accepted and not yet secured.",
        peers->pending);
    put(out, "loft_peer_dials", GAUGE, "Dials under way.", peers->dials);
    put(out, "loft_peer_streams", GAUGE, "Streams that are open.",
        peers->streams_in + peers->streams_out);
    put(out, "loft_peer_memory_bytes", GAUGE, "What connections hold.",
        peers->memory_bytes);
    put(out, "loft_peer_received_bytes_total", COUNTER, "From peers.",
        peers->bytes_in_total);
    put(out, "loft_peer_sent_bytes_total", COUNTER, "To peers.",
        peers->bytes_out_total);
    put(out, "loft_peer_connections_total", COUNTER, "Secured.",
        peers->conns_in_total + peers->conns_out_total);
    put(out, "loft_peer_dials_failed_total", COUNTER, "Dials that failed.",
        peers->dials_failed_total);
    put(out, "loft_peer_waits_total", COUNTER,
        "Of connections, for the others to be served.", peers->waits_total);
    put_refusals(out, peers);
}

static void put_relay(struct buffer *out, const struct relay_stats *relay)
{
    put(out, "loft_relay_reservations", GAUGE,
        "Peers that are reached through this relay.", relay->reservations);
    put(out, "loft_relay_circuits", GAUGE, "Connections through it.",
        relay->circuits);
    put(out, "loft_relay_circuits_total", COUNTER, "Since the start.",
        relay->circuits_total);
    put(out, "loft_relay_bytes_total", COUNTER, "That passed, either way.",
        relay->bytes_total);
    put(out, "loft_relay_refused_total", COUNTER,
        "Reservations and connections that were refused.",
        relay->refused_total);
}

void metrics_put(struct buffer *out, const struct metrics *metrics)
{
    put_chain(out, metrics);
    put_pool(out, metrics);
    put_calls(out, metrics->calls);
    put(out, "loft_connections", GAUGE, "Connections that are open.",
        metrics->connections);
    put(out, "loft_connections_max", GAUGE, "And that may be.",
        metrics->connections_max);
    put(out, "loft_data_bytes", GAUGE, "What the chain takes on disk.",
        metrics->usage.disk_bytes);
    put(out, "loft_data_free_bytes", GAUGE, "What the disk has left for it.",
        metrics->usage.disk_free_bytes);
    put(out, "loft_log_dropped_total", COUNTER,
        "Log lines over the rate's bound.", log_dropped());
    if (metrics->has_peers)
        put_peers(out, &metrics->peers);
    if (metrics->is_relay)
        put_relay(out, &metrics->relay);
    put_process(out, metrics);
}
