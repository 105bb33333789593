#include "rpc/lookup.h"

#include "rpc/pending.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

/* A block that used no more is read and told in some milliseconds. */
#define LOOKUP_LOOP_GAS_MAX 3000000

/* What it holds may take longer to read and tell than a turn of the loop. */
static bool is_large(const struct header *header)
{
    return header->gas_used > LOOKUP_LOOP_GAS_MAX;
}

bool rpc_look_pending(struct rpc_call *call, struct pending_view *out)
{
    if (!pending_look(call, out))
        return false;
    return call->place != RPC_ON_LOOP || !is_large(&out->block.header) ||
           rpc_move(call);
}

static bool read_pending(struct rpc_call *call, struct block *out, bool *found)
{
    struct pending_view pending;
    *found = rpc_look_pending(call, &pending);
    if (*found)
        *out = pending.block;
    return *found;
}

bool rpc_read_block(struct rpc_call *call, struct block *out, bool *found,
                    const struct rpc_block_ref *ref)
{
    struct chain_view *view = NULL;
    struct rpc_block block;
    if (ref->kind == BLOCK_PENDING)
        return read_pending(call, out, found);
    if (!rpc_find_block(call, &block, ref) || !rpc_view(call, &view))
        return false;
    *found = block.found;
    if (!block.found)
        return true;
    if (call->place == RPC_ON_LOOP && is_large(&block.header))
        return rpc_move(call);
    loft_err code = chain_view_block(view, out, &block.hash);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

bool rpc_read_receipts(struct rpc_call *call, const struct receipt **receipts,
                       const struct block *block)
{
    struct chain_view *view = NULL;
    size_t count;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = chain_view_receipts(view, receipts, &count, &block->hash);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    return count == block->transaction_count ||
           rpc_fail(call, RPC_INTERNAL_ERROR,
                    "stored receipts do not match their block");
}

bool rpc_find_transaction(struct rpc_call *call, struct block *block,
                          size_t *index, bool *found, const hash32 *hash)
{
    struct chain_view *view = NULL;
    struct rpc_block_ref ref = {.kind = BLOCK_NUMBERED};
    uint32_t at;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = chain_view_transaction(view, &ref.number, &at, hash);
    *found = code == LOFT_OK;
    if (!*found)
        return code == LOFT_ERR_NOT_FOUND || rpc_fail_err(call, code);
    *index = at;
    if (!rpc_read_block(call, block, found, &ref))
        return false;
    return (*found && at < block->transaction_count) ||
           rpc_fail(call, RPC_INTERNAL_ERROR,
                    "the index of transactions does not match its block");
}

bool rpc_put_receipt(struct rpc_call *call, const hash32 *hash)
{
    struct block block;
    const struct receipt *receipts;
    size_t index;
    bool found;
    if (!rpc_find_transaction(call, &block, &index, &found, hash))
        return false;
    if (found)
        return rpc_read_receipts(call, &receipts, &block) &&
               shape_receipt(call, &block, receipts, index, hash);
    json_put_null(call->out);
    return true;
}
