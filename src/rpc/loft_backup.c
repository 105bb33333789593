/* loft_backup: a copy of the chain on disk, in the folder that the node's
 * operator has named for that. Nothing in the request says where. */
#include "rpc/block_ref.h"
#include "rpc/methods.h"
#include "rpc/rpc_host.h"

bool loft_backup(struct rpc_call *call)
{
    struct rpc_backup backup = {0};
    struct chain_view *view;
    if (!rpc_view(call, &view))
        return false;
    /* What the copy holds is this block, or a later one. */
    uint64_t number = chain_view_head(view)->number;
    loft_err code = call->host->ops->backup(call->host, call->arena, &backup);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    json_begin_object(call->out);
    json_key(call->out, "path");
    json_put_text(call->out, backup.path);
    json_key(call->out, "bytes");
    json_put_quantity(call->out, backup.bytes);
    json_key(call->out, "blockNumber");
    json_put_quantity(call->out, number);
    json_end_object(call->out);
    return true;
}
