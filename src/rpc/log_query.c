#include "rpc/log_query.h"

#include <inttypes.h>

#include "crypto/keccak.h"
#include "rpc/shapes.h"

static bool put_log(struct log_query *query, const struct shaped_log *log)
{
    if (!log_filter_matches(query->filter, log->log))
        return true;
    size_t max = query->max ? query->max : LOGS_MAX;
    if (query->found++ == max)
        return rpc_fail(query->call, RPC_LIMIT_EXCEEDED,
                        "query returned more than %zu results; ask for fewer "
                        "blocks",
                        max);
    if (query->put)
        query->put(query->context, log);
    else
        shape_log(query->call->out, log);
    return true;
}

bool log_query_block(struct log_query *query, const struct rpc_block *block)
{
    struct rpc_call *call = query->call;
    struct chain_view *view = NULL;
    struct block body;
    const struct receipt *receipts;
    size_t count;
    if (!log_filter_may_match(query->filter, &block->header.logs_bloom))
        return true;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = chain_view_block(view, &body, &block->hash);
    if (code == LOFT_OK)
        code = chain_view_receipts(view, &receipts, &count, &block->hash);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    struct shaped_log log = {
        .block_hash = &body.hash,
        .block_number = body.header.number,
        .timestamp = body.header.timestamp,
        .removed = query->removed,
    };
    for (size_t t = 0; t < count && t < body.transaction_count; t++) {
        hash32 hash = keccak256(body.raw_transactions[t]);
        log.transaction_hash = &hash;
        log.transaction_index = t;
        for (size_t i = 0; i < receipts[t].log_count; i++, log.index++) {
            log.log = &receipts[t].logs[i];
            if (!put_log(query, &log))
                return false;
        }
    }
    return true;
}

static bool put_logs_by_hash(struct log_query *query)
{
    struct rpc_block block;
    struct rpc_block_ref ref = {.kind = BLOCK_HASHED,
                                .hash = query->filter->block_hash};
    if (!rpc_find_block(query->call, &block, &ref))
        return false;
    if (!block.found)
        return rpc_fail(query->call, RPC_SERVER_ERROR, "unknown block");
    return log_query_block(query, &block);
}

uint64_t log_filter_number(const struct rpc_call *call,
                           const struct rpc_block_ref *ref, uint64_t newest)
{
    return ref->kind == BLOCK_NUMBERED ? ref->number
                                       : rpc_newest_number(call, ref, newest);
}

static bool put_logs_in_range(struct log_query *query)
{
    struct rpc_call *call = query->call;
    struct rpc_block block;
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    uint64_t newest = chain_view_head(view)->number;
    uint64_t from = log_filter_number(call, &query->filter->from, newest);
    uint64_t to = log_filter_number(call, &query->filter->to, newest);
    if (from > to)
        return rpc_fail(call, RPC_INVALID_PARAMS, "invalid block range params");
    if (to > newest)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "block range extends beyond current head block");
    uint64_t max = query->blocks_max ? query->blocks_max : LOG_BLOCKS_MAX;
    if (to - from >= max)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "block range of more than %" PRIu64 " blocks", max);
    for (uint64_t number = from; number <= to; number++) {
        if (rpc_is_stopped(call) || !rpc_find_number(call, &block, number))
            return false;
        if (block.found && !log_query_block(query, &block))
            return false;
    }
    return true;
}

bool log_query_run(struct log_query *query)
{
    return query->filter->has_hash ? put_logs_by_hash(query)
                                   : put_logs_in_range(query);
}

bool log_filter_check(struct rpc_call *call, const struct log_filter *filter)
{
    bool numbered = filter->from.kind == BLOCK_NUMBERED &&
                    filter->to.kind == BLOCK_NUMBERED;
    return !numbered || filter->from.number <= filter->to.number ||
           rpc_fail(call, RPC_INVALID_PARAMS, "invalid block range params");
}
