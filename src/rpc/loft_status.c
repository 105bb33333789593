/* loft_status: how the node is doing, in one call. */
#include "p2p/peer_host.h"
#include "rpc/methods.h"
#include "rpc/rpc_host.h"

static void put_quantity(struct json_writer *out, const char *key,
                         uint64_t value)
{
    json_key(out, key);
    json_put_quantity(out, value);
}

static void put_head(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    const struct chain_head *head = chain_head(call->host->chain);
    json_key(out, "head");
    json_begin_object(out);
    put_quantity(out, "number", head->number);
    json_key(out, "hash");
    json_put_hash(out, &head->hash);
    put_quantity(out, "timestamp", head->header.timestamp);
    json_end_object(out);
}

static void put_pool(struct rpc_call *call)
{
    const struct pool *pool = call->host->pool;
    json_key(call->out, "pool");
    json_begin_object(call->out);
    put_quantity(call->out, "pending", pool_pending_count(pool));
    put_quantity(call->out, "queued", pool_queued_count(pool));
    json_end_object(call->out);
}

static void put_usage(struct rpc_call *call)
{
    struct rpc_usage usage;
    call->host->ops->usage(call->host, &usage);
    put_quantity(call->out, "memoryBytes", usage.memory_bytes);
    put_quantity(call->out, "residentBytes", usage.resident_bytes);
    put_quantity(call->out, "diskBytes", usage.disk_bytes);
    put_quantity(call->out, "diskFreeBytes", usage.disk_free_bytes);
    put_quantity(call->out, "uptimeSeconds", usage.uptime_seconds);
}

bool loft_status(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, "version");
    json_put_text(out, LOFT_VERSION);
    put_quantity(out, "chainId", chain_config(call->host->chain)->chain_id);
    put_head(call);
    put_pool(call);
    put_usage(call);
    if (call->host->peers)
        put_quantity(out, "peers", peer_host_count(call->host->peers));
    json_key(out, "mining");
    json_put_bool(out, call->host->mining != MINES_ON_REQUEST);
    json_key(out, "automine");
    json_put_bool(out, call->host->mining == MINES_AT_ONCE);
    json_end_object(out);
    return true;
}
