#include "rpc/shapes.h"

#include "crypto/keccak.h"
#include "rpc/rpc_host.h"
#include "rpc/sender_cache.h"
#include "rpc/shape_parts.h"

static void put_later_fields(struct json_writer *out,
                             const struct header *header)
{
    if (header->fields >= HEADER_BASE_FEE)
        put_wei(out, "baseFeePerGas", header->base_fee);
    if (header->fields >= HEADER_WITHDRAWALS)
        put_hash(out, "withdrawalsRoot", &header->withdrawals_root);
    if (header->fields >= HEADER_BLOBS) {
        put_quantity(out, "blobGasUsed", header->blob_gas_used);
        put_quantity(out, "excessBlobGas", header->excess_blob_gas);
        put_hash(out, "parentBeaconBlockRoot", &header->parent_beacon_root);
    }
    if (header->fields >= HEADER_REQUESTS)
        put_hash(out, "requestsHash", &header->requests_hash);
}

static void put_header(struct json_writer *out, const struct header *header,
                       const hash32 *hash, bool is_slim)
{
    put_quantity(out, "number", header->number);
    if (hash)
        put_hash(out, "hash", hash);
    else
        put_null(out, "hash");
    put_hash(out, "parentHash", &header->parent_hash);
    if (hash)
        put_data(out, "nonce", bytes_of(header->nonce, sizeof header->nonce));
    else
        put_null(out, "nonce");
    put_hash(out, "mixHash", &header->mix_hash);
    put_hash(out, "sha3Uncles", &header->uncles_hash);
    if (is_slim)
        put_null(out, "logsBloom");
    else
        put_data(out, "logsBloom",
                 bytes_of(header->logs_bloom.at, sizeof header->logs_bloom.at));
    put_hash(out, "stateRoot", &header->state_root);
    if (hash)
        put_address(out, "miner", &header->coinbase);
    else
        put_null(out, "miner");
    put_wei(out, "difficulty", header->difficulty);
    put_data(out, "extraData", header->extra_data);
    put_quantity(out, "gasLimit", header->gas_limit);
    put_quantity(out, "gasUsed", header->gas_used);
    put_quantity(out, "timestamp", header->timestamp);
    put_hash(out, "transactionsRoot", &header->transactions_root);
    put_hash(out, "receiptsRoot", &header->receipts_root);
    put_later_fields(out, header);
}

void shape_header(struct json_writer *out, const struct header *header,
                  const hash32 *hash)
{
    put_header(out, header, hash, false);
}

void shape_header_slim(struct json_writer *out, const struct header *header,
                       const hash32 *hash)
{
    put_header(out, header, hash, true);
}

bool shape_sender(struct rpc_call *call, address *sender,
                  const struct block *block, size_t index, const hash32 *hash)
{
    struct sender_cache *senders = call->senders;
    enum evm_rules rules = fork_rules(rpc_fork_of(call, &block->header));
    if (sender_cache_get(senders, sender, hash))
        return true;
    if (!transaction_author(sender, &block->transactions[index], rules))
        return rpc_fail(call, RPC_INTERNAL_ERROR,
                        "a stored transaction has no sender");
    sender_cache_put(senders, hash, sender);
    return true;
}

bool rpc_sender_of(struct rpc_call *call, address *sender,
                   const struct block *block, size_t index)
{
    hash32 hash = keccak256(block->raw_transactions[index]);
    return shape_sender(call, sender, block, index, &hash);
}

static bool put_transaction(struct rpc_call *call, const struct block *block,
                            size_t index, const hash32 *hash,
                            const address *senders)
{
    address from;
    struct transaction_place place = {&block->hash, &block->header, index};
    if (senders)
        from = senders[index];
    else if (!shape_sender(call, &from, block, index, hash))
        return false;
    shape_transaction(call->out, &block->transactions[index], hash, &from,
                      &place);
    return true;
}

bool shape_transaction_of(struct rpc_call *call, const struct block *block,
                          size_t index, const hash32 *hash)
{
    hash32 own;
    if (!hash) {
        own = keccak256(block->raw_transactions[index]);
        hash = &own;
    }
    return put_transaction(call, block, index, hash, NULL);
}

static bool put_transactions(struct rpc_call *call, const struct block *block,
                             bool whole, const address *senders)
{
    const hash32 *hashes = block_transaction_hashes(call->arena, block);
    json_key(call->out, "transactions");
    json_begin_array(call->out);
    for (size_t i = 0; i < block->transaction_count; i++) {
        if (!whole)
            json_put_hash(call->out, &hashes[i]);
        else if (!put_transaction(call, block, i, &hashes[i], senders))
            return false;
    }
    json_end_array(call->out);
    return true;
}

void shape_withdrawals(struct json_writer *out, const struct block *block)
{
    json_begin_array(out);
    for (size_t i = 0; i < block->withdrawal_count; i++) {
        const struct withdrawal *one = &block->withdrawals[i];
        json_begin_object(out);
        put_quantity(out, "index", one->index);
        put_quantity(out, "validatorIndex", one->validator);
        put_address(out, "address", &one->to);
        put_quantity(out, "amount", one->amount_gwei);
        json_end_object(out);
    }
    json_end_array(out);
}

static bool put_fields(struct rpc_call *call, const struct block *block,
                       const hash32 *hash, bool with_transactions,
                       const address *senders)
{
    struct json_writer *out = call->out;
    shape_header(out, &block->header, hash);
    put_quantity(out, "size", block->encoded_len);
    if (!put_transactions(call, block, with_transactions, senders))
        return false;
    json_key(out, "uncles");
    json_begin_array(out);
    for (size_t i = 0; i < block->uncle_count; i++) {
        hash32 uncle = header_hash(&block->uncles[i]);
        json_put_hash(out, &uncle);
    }
    json_end_array(out);
    if (block->has_withdrawals) {
        json_key(out, "withdrawals");
        shape_withdrawals(out, block);
    }
    return true;
}

bool shape_block_fields(struct rpc_call *call, const struct block *block,
                        bool with_transactions, const address *senders)
{
    return put_fields(call, block, &block->hash, with_transactions, senders);
}

static bool put_block(struct rpc_call *call, const struct block *block,
                      const hash32 *hash, bool with_transactions)
{
    json_begin_object(call->out);
    if (!put_fields(call, block, hash, with_transactions, NULL))
        return false;
    json_end_object(call->out);
    return true;
}

bool shape_block(struct rpc_call *call, const struct block *block,
                 bool with_transactions)
{
    return put_block(call, block, &block->hash, with_transactions);
}

bool shape_pending_block(struct rpc_call *call, const struct block *block,
                         bool with_transactions)
{
    return put_block(call, block, NULL, with_transactions);
}
