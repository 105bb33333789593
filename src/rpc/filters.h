#pragma once
/* Filters that are asked for what is new: eth_newFilter and its kin.
 *
 * A filter of blocks or logs remembers the block that it saw last; what is new
 * is read when it is asked for, so that a filter that nobody asks costs
 * nothing. Filters of pending transactions share one list of the newest
 * hashes, of which each remembers how far it has read.
 *
 * Source   execution-apis, eth/filter.yaml; geth for texts.
 * Threads  the loop's; what they read of the chain a worker reads for them.
 * Limits   struct filter_limits; FILTER_BLOCKS_MAX blocks an answer, of what is
 *          new the rest comes with the next; FILTER_HASHES_MAX hashes, older
 * ones are lost to who asks later; FILTER_BYTES_MAX of memory for what is
 * asked.
 */
#include "rpc/log_filter.h"
#include "rpc/rpc.h"

#define FILTER_BLOCKS_MAX 10000
#define FILTER_HASHES_MAX 65536
#define FILTER_BYTES_MAX (16u << 20)

struct filters;

struct filter_limits {
    size_t count_max;
    uint64_t age_seconds_max; /* since it was asked last */
};

enum filter_kind { FILTER_LOGS, FILTER_BLOCKS, FILTER_TRANSACTIONS };

struct filters *filters_new(const struct filter_limits *limits);
void filters_free(struct filters *filters); /* NULL is fine */

/* Makes a filter from the newest block on and writes its id; `logs`, which is
 * copied, for FILTER_LOGS alone. */
bool filters_add(struct filters *filters, struct rpc_call *call,
                 enum filter_kind kind, const struct log_filter *logs);

/* False: there is none by this id. */
bool filters_remove(struct filters *filters, const u256 *id);

/* Writes what is new since the last time as an array. */
bool filters_put_changes(struct filters *filters, struct rpc_call *call,
                         const u256 *id);

/* Writes all logs that match, from the range that the filter names. */
bool filters_put_logs(struct filters *filters, struct rpc_call *call,
                      const u256 *id);

/* A transaction is pending from now on. */
void filters_tell_transaction(struct filters *filters, const hash32 *hash);

size_t filters_count(const struct filters *filters);
