#include "rpc/filters.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "crypto/secret.h"
#include "rpc/head_changes.h"
#include "rpc/log_query.h"
#include "rpc/rpc_host.h"

#define WARNING_SECONDS 60 /* between two log lines on the same limit */

struct filter {
    enum filter_kind kind;
    uint64_t asked_at;       /* Unix seconds */
    struct head_mark seen;   /* blocks and logs */
    uint64_t sequence;       /* transactions: the next to read */
    struct log_filter *logs; /* NULL but for logs */
    size_t bytes;            /* of memory for them */
};

struct filters {
    struct filter_limits limits;
    struct map by_id; /* u256 -> struct filter */
    size_t bytes;
    hash32 *hashes;     /* a ring of FILTER_HASHES_MAX; NULL: none yet */
    uint64_t sequence;  /* of the next hash */
    uint64_t warned_at; /* Unix seconds, of one too many; 0: never */
};

struct filters *filters_new(const struct filter_limits *limits)
{
    struct filters *filters = MEMORY_NEW(struct filters);
    filters->limits = *limits;
    map_init(&filters->by_id, sizeof(u256), sizeof(struct filter));
    return filters;
}

void filters_free(struct filters *filters)
{
    if (!filters)
        return;
    MAP_FOR_EACH (i, &filters->by_id)
        free(((struct filter *)map_value_at(&filters->by_id, i))->logs);
    map_fini(&filters->by_id);
    free(filters->hashes);
    free(filters);
}

size_t filters_count(const struct filters *filters)
{
    return filters->by_id.len;
}

bool filters_remove(struct filters *filters, const u256 *id)
{
    struct filter *filter = map_get(&filters->by_id, id);
    if (!filter)
        return false;
    filters->bytes -= filter->bytes;
    free(filter->logs);
    return map_remove(&filters->by_id, id);
}

static bool is_stale(const struct filters *filters, const struct filter *filter,
                     uint64_t now)
{
    return now > filter->asked_at &&
           now - filter->asked_at > filters->limits.age_seconds_max;
}

/* Those that nobody has asked for too long. */
static void sweep(struct filters *filters, uint64_t now)
{
    for (uint32_t i = filters->by_id.len; i-- > 0;) {
        u256 id;
        if (!is_stale(filters, map_value_at(&filters->by_id, i), now))
            continue;
        memcpy(&id, map_key_at(&filters->by_id, i), sizeof id);
        filters_remove(filters, &id);
    }
}

/* Whoever asks for one too many mostly asks again and again. */
static void warn_of_count(struct filters *filters, uint64_t now)
{
    if (filters->warned_at && now - filters->warned_at < WARNING_SECONDS)
        return;
    filters->warned_at = now;
    log_warn("limit", "filters_max=%zu", filters->limits.count_max);
}

static bool has_room(struct filters *filters, struct rpc_call *call,
                     size_t size, uint64_t now)
{
    if (filters->by_id.len >= filters->limits.count_max) {
        warn_of_count(filters, now);
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "too many filters (at most %zu, --filters-max), "
                        "uninstall some",
                        filters->limits.count_max);
    }
    return filters->bytes + size <= FILTER_BYTES_MAX ||
           rpc_fail(call, RPC_LIMIT_EXCEEDED,
                    "filters name too many addresses and topics (at most %u "
                    "bytes of them)",
                    FILTER_BYTES_MAX);
}

/* Nobody can guess another's id. */
static u256 draw_id(const struct filters *filters)
{
    u256 id = U256_ZERO;
    do
        random_bytes(id.limb, 16);
    while (u256_is_zero(id) || map_get(&filters->by_id, &id));
    return id;
}

bool filters_add(struct filters *filters, struct rpc_call *call,
                 enum filter_kind kind, const struct log_filter *logs)
{
    struct filter filter = {
        .kind = kind,
        .asked_at = call->host->ops->now(call->host),
        .sequence = filters->sequence,
        .bytes = logs ? log_filter_size(logs) : 0,
    };
    sweep(filters, filter.asked_at);
    if (!has_room(filters, call, filter.bytes, filter.asked_at) ||
        !head_mark_now(call, &filter.seen))
        return false;
    if (logs)
        filter.logs = log_filter_clone(logs);
    u256 id = draw_id(filters);
    *(struct filter *)map_put(&filters->by_id, &id, NULL) = filter;
    filters->bytes += filter.bytes;
    json_put_quantity_u256(call->out, id);
    return true;
}

static struct filter *find(struct filters *filters, struct rpc_call *call,
                           const u256 *id)
{
    uint64_t now = call->host->ops->now(call->host);
    sweep(filters, now);
    struct filter *filter = map_get(&filters->by_id, id);
    if (filter)
        filter->asked_at = now;
    else
        rpc_fail(call, RPC_SERVER_ERROR, "filter not found");
    return filter;
}

static bool put_block_hash(void *context, const struct rpc_block *block,
                           bool removed)
{
    struct rpc_call *call = context;
    if (!removed)
        json_put_hash(call->out, &block->hash);
    return true;
}

static bool in_range(const struct log_filter *filter, uint64_t number)
{
    if (filter->from.kind == BLOCK_NUMBERED && number < filter->from.number)
        return false;
    return filter->to.kind != BLOCK_NUMBERED || number <= filter->to.number;
}

struct log_changes {
    struct log_query query;
    size_t left; /* blocks */
};

/* Enough is enough for one answer, though a block is never divided. */
static bool put_block_logs(void *context, const struct rpc_block *block,
                           bool removed)
{
    struct log_changes *changes = context;
    if (rpc_is_stopped(changes->query.call))
        return false;
    if (!in_range(changes->query.filter, block->header.number))
        return true;
    changes->query.removed = removed;
    if (!log_query_block(&changes->query, block))
        return false;
    if (changes->query.found >= LOGS_MAX && !removed)
        changes->left = 0;
    return true;
}

static void put_hashes(struct filters *filters, struct rpc_call *call,
                       struct filter *filter)
{
    uint64_t kept = filters->sequence < FILTER_HASHES_MAX ? filters->sequence
                                                          : FILTER_HASHES_MAX;
    if (filter->sequence < filters->sequence - kept)
        filter->sequence = filters->sequence - kept;
    for (; filter->sequence < filters->sequence; filter->sequence++)
        json_put_hash(call->out,
                      &filters->hashes[filter->sequence % FILTER_HASHES_MAX]);
}

/* What is new, as a worker reads it: from one mark to another. */
struct reading {
    u256 id;
    enum filter_kind kind;
    const struct log_filter *logs;
    struct head_mark from, to;
    bytes text;
};

static bool put_changes(struct rpc_call *call, struct reading *reading)
{
    struct log_changes changes = {
        .query = {.call = call, .filter = reading->logs, .max = SIZE_MAX},
        .left = FILTER_BLOCKS_MAX,
    };
    bool ok;
    json_begin_array(call->out);
    if (reading->kind == FILTER_LOGS)
        ok = head_changes(call, &reading->to, &changes.left, put_block_logs,
                          &changes);
    else
        ok = head_changes(call, &reading->to, &changes.left, put_block_hash,
                          call);
    json_end_array(call->out);
    return ok;
}

/* The filter has seen it, unless it is gone, or was asked twice at a time. */
static bool keep_changes(struct rpc_call *call)
{
    const struct reading *reading = call->kept;
    struct filters *filters = call->host->filters;
    struct filter *filter = find(filters, call, &reading->id);
    if (!filter)
        return false;
    if (filter->seen.number != reading->from.number ||
        !hash32_equal(&filter->seen.hash, &reading->from.hash))
        return filters_put_changes(filters, call, &reading->id);
    filter->seen = reading->to;
    json_put_raw(call->out, reading->text);
    return true;
}

static bool read_changes(struct rpc_call *call)
{
    struct reading *reading = call->kept;
    struct buffer text = {0};
    struct json_writer *out = call->out;
    call->out = &(struct json_writer){&text, false};
    bool ok = put_changes(call, reading);
    call->out = out;
    reading->text = arena_copy(call->arena, buffer_bytes(&text));
    buffer_free(&text);
    return ok && rpc_go(call, RPC_ON_LOOP, keep_changes, reading);
}

static bool begin_reading(struct rpc_call *call, const struct filter *filter,
                          const u256 *id)
{
    struct reading *reading = ARENA_NEW(call->arena, struct reading);
    *reading = (struct reading){.id = *id,
                                .kind = filter->kind,
                                .from = filter->seen,
                                .to = filter->seen};
    if (filter->logs)
        reading->logs = log_filter_copy(call->arena, filter->logs);
    return rpc_go(call, RPC_ON_WORKER, read_changes, reading);
}

static bool put_none(struct json_writer *out)
{
    json_begin_array(out);
    json_end_array(out);
    return true;
}

bool filters_put_changes(struct filters *filters, struct rpc_call *call,
                         const u256 *id)
{
    struct head_mark head;
    struct filter *filter = find(filters, call, id);
    if (!filter)
        return false;
    if (filter->kind == FILTER_TRANSACTIONS) {
        json_begin_array(call->out);
        put_hashes(filters, call, filter);
        json_end_array(call->out);
        return true;
    }
    if (!head_mark_now(call, &head))
        return false;
    return hash32_equal(&head.hash, &filter->seen.hash)
               ? put_none(call->out)
               : begin_reading(call, filter, id);
}

static bool read_logs(struct rpc_call *call)
{
    struct log_query query = {
        .call = call, .filter = call->kept, .blocks_max = FILTER_BLOCKS_MAX};
    json_begin_array(call->out);
    bool ok = log_query_run(&query);
    json_end_array(call->out);
    return ok;
}

bool filters_put_logs(struct filters *filters, struct rpc_call *call,
                      const u256 *id)
{
    struct filter *filter = find(filters, call, id);
    if (!filter)
        return false;
    if (filter->kind != FILTER_LOGS)
        return rpc_fail(call, RPC_SERVER_ERROR, "filter not found");
    return rpc_go(call, RPC_ON_WORKER, read_logs,
                  log_filter_copy(call->arena, filter->logs));
}

void filters_tell_transaction(struct filters *filters, const hash32 *hash)
{
    if (filters->by_id.len == 0)
        return;
    if (!filters->hashes)
        filters->hashes = memory_alloc(FILTER_HASHES_MAX *
                                       sizeof *filters->hashes);
    filters->hashes[filters->sequence++ % FILTER_HASHES_MAX] = *hash;
}
