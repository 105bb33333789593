/* eth_: blocks, and what is found by its place in one. */
#include "rpc/block_ref.h"
#include "rpc/lookup.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/pending.h"
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

static bool put_block(struct rpc_call *call, const struct rpc_block_ref *ref)
{
    struct block block;
    bool found, whole;
    if (!rpc_param_bool(call, &whole, 1, false) ||
        !rpc_read_block(call, &block, &found, ref))
        return false;
    if (found)
        return ref->kind == BLOCK_PENDING
                   ? shape_pending_block(call, &block, whole)
                   : shape_block(call, &block, whole);
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

static bool put_header(struct rpc_call *call, const struct rpc_block_ref *ref)
{
    struct rpc_block block;
    if (!rpc_find_block(call, &block, ref))
        return false;
    if (!block.found) {
        json_put_null(call->out);
        return true;
    }
    json_begin_object(call->out);
    shape_header(call->out, &block.header, &block.hash);
    json_end_object(call->out);
    return true;
}

bool eth_get_header_by_number(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) && put_header(call, &ref);
}

bool eth_get_header_by_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_header(call, &ref);
}

#define RESOURCE_NOT_FOUND -32001

/* EIP-7928 begins after the newest fork that is known here. */
static bool fail_access_list(struct rpc_call *call, bool is_null_unknown)
{
    struct rpc_block_ref ref;
    struct rpc_block block;
    if (!rpc_param_block(call, &ref, 0) || !rpc_find_block(call, &block, &ref))
        return false;
    if (block.found || !is_null_unknown)
        return rpc_fail(call, RESOURCE_NOT_FOUND,
                        "block access list not found: the block is from "
                        "before EIP-7928");
    json_put_null(call->out);
    return true;
}

bool eth_get_block_access_list(struct rpc_call *call)
{
    return fail_access_list(call, true);
}

bool debug_get_raw_block_access_list(struct rpc_call *call)
{
    return fail_access_list(call, false);
}

static bool put_pending_receipts(struct rpc_call *call)
{
    struct pending_view pending;
    return rpc_look_pending(call, &pending) &&
           shape_receipts(call, &pending.block, pending.receipts);
}

bool eth_get_block_receipts(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct block block;
    const struct receipt *receipts;
    bool found;
    if (!rpc_param_block(call, &ref, 0))
        return false;
    if (ref.kind == BLOCK_PENDING)
        return put_pending_receipts(call);
    if (!rpc_read_block(call, &block, &found, &ref))
        return false;
    if (found)
        return rpc_read_receipts(call, &receipts, &block) &&
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
    if (!rpc_read_block(call, &block, &found, ref))
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
        !rpc_read_block(call, &block, &found, ref))
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
        !rpc_read_block(call, &block, &found, ref))
        return false;
    if (found && index < block.transaction_count)
        return shape_transaction_of(call, &block, (size_t)index, NULL);
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

/* "0x" where there is no such transaction, as geth has it. */
static bool put_raw_transaction(struct rpc_call *call,
                                const struct rpc_block_ref *ref)
{
    struct block block;
    uint64_t index;
    bool found;
    if (!rpc_param_quantity(call, &index, 1) ||
        !rpc_read_block(call, &block, &found, ref))
        return false;
    found = found && index < block.transaction_count;
    json_put_data(call->out,
                  found ? block.raw_transactions[index] : BYTES_EMPTY);
    return true;
}

bool eth_get_raw_transaction_by_block_number_and_index(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return rpc_param_block_number(call, &ref, 0) &&
           put_raw_transaction(call, &ref);
}

bool eth_get_raw_transaction_by_block_hash_and_index(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    return ref_by_hash(call, &ref) && put_raw_transaction(call, &ref);
}

bool eth_get_transaction_by_hash(struct rpc_call *call)
{
    hash32 hash;
    struct block block;
    size_t index;
    bool found;
    if (!rpc_param_hash(call, &hash, 0) ||
        !rpc_find_transaction(call, &block, &index, &found, &hash))
        return false;
    if (found)
        return shape_transaction_of(call, &block, index, &hash);
    /* It was there when the call came to the worker: the loop looks again. */
    if (call->place == RPC_ON_WORKER)
        return rpc_go(call, RPC_ON_LOOP, NULL, NULL);
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
    return rpc_param_hash(call, &hash, 0) && rpc_put_receipt(call, &hash);
}

/* The first canonical block after which the sender's nonce is above this one:
 * it holds the transaction with it. False in *found: there is none yet. */
static bool find_nonce(struct rpc_call *call, uint64_t *number, bool *found,
                       const address *sender, uint64_t nonce)
{
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    uint64_t low = 0, high = chain_view_head(view)->number + 1;
    *found = high > 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct state_view *state;
        struct state_account account;
        loft_err code = chain_view_state(view, &state, middle);
        if (code == LOFT_OK)
            code = state->source.account(&state->source, &account, sender);
        if (code != LOFT_OK)
            return rpc_fail_err(call, code);
        if (account.nonce > nonce)
            high = middle;
        else
            low = middle + 1;
    }
    *number = low;
    *found = low <= chain_view_head(view)->number;
    return true;
}

/* In one block a sender has few transactions, but others may have many. */
static bool put_nonce_of(struct rpc_call *call, const struct block *block,
                         const address *sender, uint64_t nonce)
{
    for (size_t i = 0; i < block->transaction_count; i++) {
        address from;
        if (block->transactions[i].nonce != nonce)
            continue;
        if (!rpc_sender_of(call, &from, block, i))
            return false;
        if (address_equal(&from, sender))
            return shape_transaction_of(call, block, i, NULL);
    }
    json_put_null(call->out);
    return true;
}

bool eth_get_transaction_by_sender_and_nonce(struct rpc_call *call)
{
    address sender;
    uint64_t nonce;
    struct block block;
    struct rpc_block_ref ref = {.kind = BLOCK_NUMBERED};
    bool found;
    if (!rpc_param_address(call, &sender, 0) ||
        !rpc_param_quantity(call, &nonce, 1))
        return false;
    /* What has moved to a worker is in a block. */
    const struct pool_entry *waiting = call->place == RPC_ON_WORKER
                                           ? NULL
                                           : pool_at(call->host->pool, &sender,
                                                     nonce);
    if (waiting) {
        shape_transaction(call->out, &waiting->tx, &waiting->hash, &sender,
                          NULL);
        return true;
    }
    if (!find_nonce(call, &ref.number, &found, &sender, nonce))
        return false;
    if (found && !rpc_read_block(call, &block, &found, &ref))
        return false;
    if (found)
        return put_nonce_of(call, &block, &sender, nonce);
    json_put_null(call->out);
    return true;
}
