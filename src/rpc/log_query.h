#pragma once
/* Reads the logs of blocks that match a filter, and writes each as an element
 * of an array that is open. For eth_getLogs, filters and subscriptions.
 *
 * Limits  LOG_BLOCKS_MAX blocks and LOGS_MAX logs a query.
 * Errors  false after rpc_fail().
 */
#include "rpc/log_filter.h"

#define LOG_BLOCKS_MAX 100000
#define LOGS_MAX 10000

struct shaped_log;

struct log_query {
    struct rpc_call *call;
    const struct log_filter *filter;
    size_t max;          /* an error if there are more; 0: LOGS_MAX */
    uint64_t blocks_max; /* the same; 0: LOG_BLOCKS_MAX */
    bool removed; /* the logs of blocks that are not canonical any more */
    size_t found;
    /* What becomes of a log that matches; NULL: call->out takes it. */
    void (*put)(void *context, const struct shaped_log *log);
    void *context;
};

/* The logs of one block, whatever range the filter names. */
bool log_query_block(struct log_query *query, const struct rpc_block *block);

/* Those of the block or the range that the filter names. */
bool log_query_run(struct log_query *query);

/* The number that an end of the range means. */
uint64_t log_filter_number(const struct rpc_call *call,
                           const struct rpc_block_ref *ref, uint64_t newest);

/* The range is one that can be asked for, as far as it can be told without
 * the chain. */
bool log_filter_check(struct rpc_call *call, const struct log_filter *filter);
