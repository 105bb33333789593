/* eth_: blocks, and what is found by its place in one. */
#include "rpc/block_ref.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

bool eth_block_number(struct rpc_call *call)
{
    json_put_quantity(call->out, chain_head(call->host->chain)->number);
    return true;
}

static bool ref_by_hash(struct rpc_call *call, struct rpc_block_ref *out)
{
    *out = (struct rpc_block_ref){.kind = BLOCK_HASHED};
    return rpc_param_hash(call, &out->hash, 0);
}

/* *found says whether there is such a block. */
static bool read_block(struct rpc_call *call, struct block *out, bool *found,
                       const struct rpc_block_ref *ref)
{
    struct chain_view *view = NULL;
    struct rpc_block block;
    if (!rpc_find_block(call, &block, ref) || !rpc_view(call, &view))
        return false;
    *found = block.found;
    if (!block.found)
        return true;
    loft_err code = chain_view_block(view, out, &block.hash);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bool read_receipts(struct rpc_call *call,
                          const struct receipt **receipts,
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

static bool put_block(struct rpc_call *call, const struct rpc_block_ref *ref)
{
    struct block block;
    bool found, whole;
    if (!rpc_param_bool(call, &whole, 1, false) ||
        !read_block(call, &block, &found, ref))
        return false;
    if (found)
        return shape_block(call, &block, whole);
    json_put_null(call->out);
    return true;
}

bool eth_get_block_by_number(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) && put_block(call, &ref);
}

bool eth_get_block_by_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_block(call, &ref);
}

bool eth_get_block_receipts(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct block block;
    const struct receipt *receipts;
    bool found;
    if (!rpc_param_block(call, &ref, 0) ||
        !read_block(call, &block, &found, &ref))
        return false;
    if (found)
        return read_receipts(call, &receipts, &block) &&
               shape_receipts(call, &block, receipts);
    json_put_null(call->out);
    return true;
}

typedef uint64_t count_of(const struct block *block);

static uint64_t count_transactions(const struct block *block)
{
    return block->transaction_count;
}

static uint64_t count_uncles(const struct block *block)
{
    return block->uncle_count;
}

static bool put_count(struct rpc_call *call, const struct rpc_block_ref *ref,
                      count_of *count)
{
    struct block block;
    bool found;
    if (!read_block(call, &block, &found, ref))
        return false;
    if (found)
        json_put_quantity(call->out, count(&block));
    else
        json_put_null(call->out);
    return true;
}

bool eth_get_block_transaction_count_by_number(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) &&
           put_count(call, &ref, count_transactions);
}

bool eth_get_block_transaction_count_by_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_count(call, &ref, count_transactions);
}

bool eth_get_uncle_count_by_block_number(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) &&
           put_count(call, &ref, count_uncles);
}

bool eth_get_uncle_count_by_block_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_count(call, &ref, count_uncles);
}

/* An uncle's header, as a block without transactions. */
static void put_uncle_header(struct json_writer *out,
                             const struct header *header)
{
    struct buffer encoded = {0};
    struct block alone = {.header = *header,
                          .has_withdrawals = header->fields >=
                                             HEADER_WITHDRAWALS};
    hash32 hash = header_hash(header);
    block_encode(&encoded, &alone);
    json_begin_object(out);
    shape_header(out, header, &hash);
    json_key(out, "size");
    json_put_quantity(out, encoded.len);
    json_key(out, "uncles");
    json_begin_array(out);
    json_end_array(out);
    json_end_object(out);
    buffer_free(&encoded);
}

static bool put_uncle(struct rpc_call *call, const struct rpc_block_ref *ref)
{
    struct block block;
    uint64_t index;
    bool found;
    if (!rpc_param_quantity(call, &index, 1) ||
        !read_block(call, &block, &found, ref))
        return false;
    if (found && index < block.uncle_count)
        put_uncle_header(call->out, &block.uncles[index]);
    else
        json_put_null(call->out);
    return true;
}

bool eth_get_uncle_by_block_number_and_index(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) && put_uncle(call, &ref);
}

bool eth_get_uncle_by_block_hash_and_index(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_uncle(call, &ref);
}

/* The transaction with this index, or null. */
static bool put_transaction(struct rpc_call *call,
                            const struct rpc_block_ref *ref)
{
    struct block block;
    uint64_t index;
    bool found;
    if (!rpc_param_quantity(call, &index, 1) ||
        !read_block(call, &block, &found, ref))
        return false;
    if (found && index < block.transaction_count)
        return shape_transaction_of(call, &block, (size_t)index);
    json_put_null(call->out);
    return true;
}

bool eth_get_transaction_by_block_number_and_index(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) && put_transaction(call, &ref);
}

bool eth_get_transaction_by_block_hash_and_index(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_transaction(call, &ref);
}

/* The block that holds a transaction, and where in it. */
static bool find_transaction(struct rpc_call *call, struct block *block,
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
    if (!read_block(call, block, found, &ref))
        return false;
    return (*found && at < block->transaction_count) ||
           rpc_fail(call, RPC_INTERNAL_ERROR,
                    "the index of transactions does not match its block");
}

bool eth_get_transaction_by_hash(struct rpc_call *call)
{
    hash32 hash;
    struct block block;
    size_t index;
    bool found;
    if (!rpc_param_hash(call, &hash, 0) ||
        !find_transaction(call, &block, &index, &found, &hash))
        return false;
    if (found)
        return shape_transaction_of(call, &block, index);
    const struct pool_entry *waiting = pool_find(call->host->pool, &hash);
    if (waiting)
        shape_transaction(call->out, &waiting->tx, &hash, &waiting->sender,
                          NULL);
    else
        json_put_null(call->out);
    return true;
}

bool eth_get_transaction_receipt(struct rpc_call *call)
{
    hash32 hash;
    struct block block;
    const struct receipt *receipts;
    size_t index;
    bool found;
    if (!rpc_param_hash(call, &hash, 0) ||
        !find_transaction(call, &block, &index, &found, &hash))
        return false;
    if (found)
        return read_receipts(call, &receipts, &block) &&
               shape_receipt(call, &block, receipts, index);
    json_put_null(call->out);
    return true;
}
