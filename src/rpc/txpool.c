/* txpool_: the transactions that wait. */
#include "rpc/methods.h"
#include "rpc/rpc_host.h"

bool txpool_status(struct rpc_call *call)
{
    const struct pool *pool = call->host->pool;
    json_begin_object(call->out);
    json_key(call->out, "pending");
    json_put_quantity(call->out, pool_pending_count(pool));
    json_key(call->out, "queued");
    json_put_quantity(call->out, pool_queued_count(pool));
    json_end_object(call->out);
    return true;
}
