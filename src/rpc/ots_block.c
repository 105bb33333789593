/* ots_getBlockDetails, ots_getBlockTransactions and erigon_getHeaderByNumber:
 * blocks without what Otterscan does not show.
 *
 * Source  Otterscan's docs/custom-jsonrpc.md; Erigon for the shapes. */
#include "chain/block_executor.h"
#include "crypto/keccak.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

#define OTS_PAGE_MAX 1000 /* transactions */

static bool read_receipts(struct rpc_call *call, const struct block *block,
                          const struct receipt **receipts)
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
                    "the block's receipts are not those of its transactions");
}

/* A block as Otterscan wants it, into an object that is open. */
static void put_block(struct json_writer *out, const struct block *block)
{
    shape_header_slim(out, &block->header, &block->hash);
    json_key(out, "size");
    json_put_quantity(out, block->encoded_len);
    json_key(out, "transactionCount");
    json_put_u64(out, block->transaction_count);
    json_key(out, "uncles");
    json_begin_array(out);
    for (size_t i = 0; i < block->uncle_count; i++) {
        hash32 hash = header_hash(&block->uncles[i]);
        json_put_hash(out, &hash);
    }
    json_end_array(out);
    if (block->has_withdrawals) {
        json_key(out, "withdrawals");
        shape_withdrawals(out, block);
    }
}

static void put_issuance(struct rpc_call *call, const struct block *block)
{
    struct json_writer *out = call->out;
    struct block_rewards rewards;
    u256 uncles = U256_ZERO;
    uint64_t number = block->header.number;
    block_rewards_find(&rewards, rpc_fork_of(call, &block->header),
                       block->uncle_count);
    for (size_t i = 0; i < block->uncle_count; i++)
        uncles = u256_add(
            uncles,
            block_reward_of_uncle(&rewards, number, block->uncles[i].number));
    json_key(out, "issuance");
    json_begin_object(out);
    json_key(out, "blockReward");
    json_put_quantity_u256(out, rewards.miner);
    json_key(out, "uncleReward");
    json_put_quantity_u256(out, uncles);
    json_key(out, "issuance");
    json_put_quantity_u256(out, u256_add(rewards.miner, uncles));
    json_end_object(out);
}

static u256 total_fees(const struct block *block,
                       const struct receipt *receipts)
{
    u256 total = U256_ZERO;
    uint64_t before = 0;
    for (size_t i = 0; i < block->transaction_count; i++) {
        u256 price = transaction_gas_price(&block->transactions[i],
                                           block->header.base_fee);
        uint64_t used = receipts[i].cumulative_gas_used - before;
        before = receipts[i].cumulative_gas_used;
        total = u256_add(total, u256_mul(price, u256_from(used)));
    }
    return total;
}

static bool put_details(struct rpc_call *call, const struct rpc_block *found)
{
    struct block block;
    const struct receipt *receipts = NULL;
    if (!found->found) {
        json_put_null(call->out);
        return true;
    }
    if (!replay_read_block(call, &block, found) ||
        !read_receipts(call, &block, &receipts))
        return false;
    json_begin_object(call->out);
    json_key(call->out, "block");
    json_begin_object(call->out);
    put_block(call->out, &block);
    json_end_object(call->out);
    put_issuance(call, &block);
    json_key(call->out, "totalFees");
    json_put_quantity_u256(call->out, total_fees(&block, receipts));
    json_end_object(call->out);
    return true;
}

/* Otterscan sends numbers as JSON has them. */
static bool read_number(struct rpc_call *call, struct rpc_block_ref *ref)
{
    uint64_t number;
    if (json_read_u64(&number, call->params[0]) == LOFT_OK) {
        *ref = (struct rpc_block_ref){.kind = BLOCK_NUMBERED, .number = number};
        return true;
    }
    return rpc_param_block_number(call, ref, 0);
}

bool ots_get_block_details(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block found;
    return read_number(call, &ref) && rpc_find_block(call, &found, &ref) &&
           put_details(call, &found);
}

bool ots_get_block_details_by_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref = {.kind = BLOCK_HASHED};
    struct rpc_block found;
    return rpc_param_hash(call, &ref.hash, 0) &&
           rpc_find_block(call, &found, &ref) && put_details(call, &found);
}

/* Of a call no more than its selector. */
static bool put_slim_transaction(struct rpc_call *call,
                                 const struct block *block, size_t index)
{
    struct transaction tx = block->transactions[index];
    const struct transaction_place place = {&block->hash, &block->header,
                                            index};
    hash32 hash = keccak256(block->raw_transactions[index]);
    address from;
    if (!transaction_author(&from, &tx,
                            fork_rules(rpc_fork_of(call, &block->header))))
        return rpc_fail(call, RPC_INTERNAL_ERROR,
                        "a stored transaction has no sender");
    if (tx.data.len > 4)
        tx.data.len = 4;
    shape_transaction(call->out, &tx, &hash, &from, &place);
    return true;
}

static bool put_page(struct rpc_call *call, const struct block *block,
                     const struct receipt *receipts, size_t from, size_t to)
{
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, "fullblock");
    json_begin_object(out);
    put_block(out, block);
    json_key(out, "transactions");
    json_begin_array(out);
    for (size_t i = from; i < to; i++)
        if (!put_slim_transaction(call, block, i))
            return false;
    json_end_array(out);
    json_end_object(out);
    json_key(out, "receipts");
    json_begin_array(out);
    for (size_t i = from; i < to; i++)
        if (!shape_receipt_as(call, block, receipts, i, RECEIPT_SLIM))
            return false;
    json_end_array(out);
    json_end_object(out);
    return true;
}

bool ots_get_block_transactions(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block found;
    struct block block;
    const struct receipt *receipts = NULL;
    uint64_t page, size;
    if (!read_number(call, &ref))
        return false;
    if (json_read_any_u64(&page, call->params[1]) != LOFT_OK)
        return rpc_param_wrong(call, 1);
    if (json_read_any_u64(&size, call->params[2]) != LOFT_OK)
        return rpc_param_wrong(call, 2);
    if (size > OTS_PAGE_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "a page has at most %d transactions", OTS_PAGE_MAX);
    if (!rpc_find_block(call, &found, &ref) ||
        !replay_read_block(call, &block, &found) ||
        !read_receipts(call, &block, &receipts))
        return false;
    size_t count = block.transaction_count;
    size_t from = size && page < count / size + 1 ? (size_t)(page * size)
                                                  : count;
    if (from > count)
        from = count;
    size_t to = count - from < size ? count : from + (size_t)size;
    return put_page(call, &block, receipts, from, to);
}

bool erigon_get_header_by_number(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block found;
    if (!read_number(call, &ref) || !rpc_find_block(call, &found, &ref))
        return false;
    if (!found.found) {
        json_put_null(call->out);
        return true;
    }
    json_begin_object(call->out);
    shape_header(call->out, &found.header, &found.hash);
    json_end_object(call->out);
    return true;
}
