/* debug_getRaw…: blocks and what is in them as they are encoded. */
#include "rpc/block_ref.h"
#include "rpc/lookup.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

/* The block that parameter 0 names; that there is none is a failure. */
static bool find(struct rpc_call *call, struct chain_view **view,
                 struct rpc_block *block, const char *what)
{
    struct rpc_block_ref ref;
    if (!rpc_param_block(call, &ref, 0) || !rpc_view(call, view) ||
        !rpc_find_block(call, block, &ref))
        return false;
    return block->found ||
           rpc_fail(call, RPC_SERVER_ERROR, "%s not found", what);
}

static void put_and_free(struct rpc_call *call, struct buffer *encoded)
{
    json_put_data(call->out, buffer_bytes(encoded));
    buffer_free(encoded);
}

bool debug_get_raw_header(struct rpc_call *call)
{
    struct chain_view *view = NULL;
    struct rpc_block block;
    struct buffer encoded = {0};
    if (!find(call, &view, &block, "header"))
        return false;
    header_encode(&encoded, &block.header);
    put_and_free(call, &encoded);
    return true;
}

bool debug_get_raw_block(struct rpc_call *call)
{
    struct chain_view *view = NULL;
    struct rpc_block block;
    struct block whole;
    struct buffer encoded = {0};
    if (!find(call, &view, &block, "block"))
        return false;
    loft_err code = chain_view_block(view, &whole, &block.hash);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    block_encode(&encoded, &whole);
    put_and_free(call, &encoded);
    return true;
}

bool debug_get_raw_receipts(struct rpc_call *call)
{
    struct chain_view *view = NULL;
    struct rpc_block block;
    const struct receipt *receipts;
    size_t count;
    if (!find(call, &view, &block, "block"))
        return false;
    loft_err code = chain_view_receipts(view, &receipts, &count, &block.hash);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    json_begin_array(call->out);
    for (size_t i = 0; i < count; i++) {
        struct buffer encoded = {0};
        receipt_encode(&encoded, &receipts[i]);
        put_and_free(call, &encoded);
    }
    json_end_array(call->out);
    return true;
}

/* "0x" where there is no such transaction, as geth has it. */
bool debug_get_raw_transaction(struct rpc_call *call)
{
    struct block block;
    size_t index;
    hash32 hash;
    bool found;
    if (!rpc_param_hash(call, &hash, 0) ||
        !rpc_find_transaction(call, &block, &index, &found, &hash))
        return false;
    if (found) {
        json_put_data(call->out, block.raw_transactions[index]);
        return true;
    }
    if (call->place == RPC_ON_WORKER)
        return rpc_go(call, RPC_ON_LOOP, NULL, NULL);
    const struct pool_entry *waiting = pool_find(call->host->pool, &hash);
    json_put_data(call->out, waiting ? waiting->raw : BYTES_EMPTY);
    return true;
}

/* All of a block, as they stand in it. */
bool debug_get_raw_transactions(struct rpc_call *call)
{
    struct chain_view *view = NULL;
    struct rpc_block block;
    struct block whole;
    if (!find(call, &view, &block, "block"))
        return false;
    loft_err code = chain_view_block(view, &whole, &block.hash);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    json_begin_array(call->out);
    for (size_t i = 0; i < whole.transaction_count; i++)
        json_put_data(call->out, whole.raw_transactions[i]);
    json_end_array(call->out);
    return true;
}

/* Blocks come from the producer, or from a file whose first bad one ends the
 * import: none is kept to be shown. */
bool debug_get_bad_blocks(struct rpc_call *call)
{
    json_begin_array(call->out);
    json_end_array(call->out);
    return true;
}
