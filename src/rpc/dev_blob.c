/* Blobs that came with transactions. */
#include "crypto/kzg_blob.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

static void put_blob(struct rpc_call *call, const struct kept_blob *kept)
{
    json_put_data(call->out, bytes_of(kept->blob, KZG_BLOB_LEN));
}

/* Null where it is not known, or not any more. */
bool anvil_get_blob_by_hash(struct rpc_call *call)
{
    const struct kept_blob *kept, *found = NULL;
    hash32 name;
    if (!rpc_param_hash(call, &name, 0))
        return false;
    for (size_t i = 0; (kept = blobs_at(&call->host->dev.blobs, i)); i++)
        if (hash32_equal(&kept->versioned_hash, &name))
            found = kept;
    if (!found)
        return put_null(call);
    put_blob(call, found);
    return true;
}

bool anvil_get_blobs_by_transaction_hash(struct rpc_call *call)
{
    const struct kept_blob *kept;
    size_t count = 0;
    hash32 hash;
    if (!rpc_param_hash(call, &hash, 0))
        return false;
    for (size_t i = 0; (kept = blobs_at(&call->host->dev.blobs, i)); i++) {
        if (!hash32_equal(&kept->transaction, &hash))
            continue;
        if (count++ == 0)
            json_begin_array(call->out);
        put_blob(call, kept);
    }
    if (count == 0)
        return put_null(call);
    json_end_array(call->out);
    return true;
}
