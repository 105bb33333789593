#include "rpc/call_log.h"

#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "rpc/failures.h"
#include "rpc/rpc_host.h"

static void keep_line(void *context, bytes text)
{
    struct call_log *log = context;
    if (log->count++ >= CALL_LOG_LINES_MAX)
        return;
    buffer_put_bytes(&log->lines, text);
    buffer_put_byte(&log->lines, 0);
}

void call_log_begin(struct call_log *log, struct simulation *simulation)
{
    struct development *dev = &simulation->call->host->dev;
    *log = (struct call_log){.simulation = simulation};
    if (!dev->is_on || !log_enabled(LOG_INFO) ||
        !atomic_load_explicit(&dev->are_calls_logged, memory_order_relaxed))
        return;
    log->console = console_log_new(keep_line, log);
    simulation->tracer = console_log_tracer(log->console);
}

static void print_lines(const struct call_log *log)
{
    const char *lines = (const char *)log->lines.at;
    for (size_t at = 0; at < log->lines.len; at += strlen(lines + at) + 1)
        log_info("console", "%s", lines + at);
    if (log->count > CALL_LOG_LINES_MAX)
        log_info("console", "%zu more lines", log->count - CALL_LOG_LINES_MAX);
}

static void print_failure(const struct call_log *log,
                          const struct execution *execution)
{
    const struct simulation *simulation = log->simulation;
    char to[41] = {0};
    hex_write(to, bytes_address(&simulation->tx.to));
    log_info("call_failed", "to=0x%s why=%s", to,
             failure_text(simulation->call->arena, NULL, execution->status,
                          execution->why, execution->output));
}

void call_log_end(struct call_log *log, const struct execution *execution)
{
    if (log->console && execution) {
        print_lines(log);
        if (execution->verdict == TX_OK && execution->status != EVM_STOPPED)
            print_failure(log, execution);
    }
    console_log_free(log->console);
    buffer_free(&log->lines);
    *log = (struct call_log){0};
}
