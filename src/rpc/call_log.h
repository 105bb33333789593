#pragma once
/* What a contract says while eth_call runs it, and why the call failed, for
 * the node's log: console.log's lines, and the error.
 *
 *     call_log_begin(&log, &simulation);
 *     ... simulation_run() ...
 *     call_log_end(&log, &execution);
 *
 * Lines are kept until the call is done: a trial that goes on on another
 * thread says nothing.
 */
#include "base/vec.h"
#include "evm/console_log.h"
#include "rpc/simulation.h"

#define CALL_LOG_LINES_MAX 1000 /* of one call */

struct call_log {
    struct simulation *simulation;
    struct console_log *console; /* NULL: nobody wants to know */
    struct buffer lines;         /* a NUL behind each */
    size_t count;
};

void call_log_begin(struct call_log *log, struct simulation *simulation);

/* NULL: the call is not done. The log is empty afterwards. */
void call_log_end(struct call_log *log, const struct execution *execution);
