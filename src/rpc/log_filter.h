#pragma once
/* Which logs a caller asks for, and whether a block may hold any.
 *
 * Source   execution-apis, Filter; geth's limits and texts.
 * Limits   LOG_FILTER_TOPICS_MAX positions, LOG_FILTER_CHOICES_MAX values in
 *          one position and addresses in all.
 * Lifetime what is read lives in the call's arena.
 */
#include "chain/block.h"
#include "rpc/block_ref.h"

#define LOG_FILTER_TOPICS_MAX 4
#define LOG_FILTER_CHOICES_MAX 1000

struct log_filter {
    struct rpc_block_ref from, to; /* the newest where they are left out */
    bool has_hash, has_from, has_to;
    hash32 block_hash;
    const address *emitters;
    size_t emitter_count; /* 0: any */
    size_t topic_count;
    struct {
        const hash32 *at;
        size_t count; /* 0: any */
    } topics[LOG_FILTER_TOPICS_MAX];
};

bool rpc_param_log_filter(struct rpc_call *call, struct log_filter *out,
                          unsigned at);

/* A copy in memory of its own, of log_filter_size() bytes, for free(). */
struct log_filter *log_filter_clone(const struct log_filter *filter);
struct log_filter *log_filter_copy(struct arena *arena,
                                   const struct log_filter *filter);
size_t log_filter_size(const struct log_filter *filter);

/* False: none of the logs under this bloom matches. */
bool log_filter_may_match(const struct log_filter *filter, const bloom *in);
bool log_filter_matches(const struct log_filter *filter,
                        const struct log_entry *log);
