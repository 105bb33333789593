#include "chain/fees.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "rpc/rpc_host.h"
#include "rpc/shape_parts.h"
#include "rpc/shapes.h"

void shape_log(struct json_writer *out, const struct shaped_log *log)
{
    json_begin_object(out);
    put_address(out, "address", &log->log->emitter);
    json_key(out, "topics");
    json_begin_array(out);
    for (size_t i = 0; i < log->log->topic_count; i++)
        json_put_hash(out, &log->log->topics[i]);
    json_end_array(out);
    put_data(out, "data", log->log->data);
    put_quantity(out, "blockNumber", log->block_number);
    put_hash(out, "transactionHash", log->transaction_hash);
    put_quantity(out, "transactionIndex", log->transaction_index);
    put_hash(out, "blockHash", log->block_hash);
    put_quantity(out, "blockTimestamp", log->timestamp);
    put_quantity(out, "logIndex", log->index);
    json_key(out, "removed");
    json_put_bool(out, log->removed);
    json_end_object(out);
}

address created_address(const address *sender, uint64_t nonce)
{
    struct buffer out = {0};
    address created;
    size_t list = rlp_open(&out);
    rlp_put_address(&out, sender);
    rlp_put_u64(&out, nonce);
    rlp_close(&out, list);
    hash32 hash = keccak256(buffer_bytes(&out));
    buffer_free(&out);
    memcpy(created.at, hash.at + 12, sizeof created.at);
    return created;
}

static void put_logs(struct json_writer *out, const struct block *block,
                     const struct receipt *receipt, const hash32 *hash,
                     size_t transaction_index, uint64_t first_log)
{
    json_key(out, "logs");
    json_begin_array(out);
    for (size_t i = 0; i < receipt->log_count; i++) {
        struct shaped_log log = {
            .log = &receipt->logs[i],
            .block_hash = &block->hash,
            .transaction_hash = hash,
            .block_number = block->header.number,
            .timestamp = block->header.timestamp,
            .transaction_index = transaction_index,
            .index = first_log + i,
        };
        shape_log(out, &log);
    }
    json_end_array(out);
}

static void put_blob_gas(struct rpc_call *call, const struct block *block,
                         const struct transaction *tx)
{
    enum chain_fork fork = rpc_fork_of(call, &block->header);
    const struct blob_parameters *blobs = chain_blobs(
        chain_config(call->host->chain), fork);
    put_quantity(call->out, "blobGasUsed",
                 tx->blob_hash_count * BLOB_GAS_PER_BLOB);
    put_wei(call->out, "blobGasPrice",
            blob_base_fee(blobs, block->header.excess_blob_gas));
}

static bool put_receipt(struct rpc_call *call, const struct block *block,
                        const struct receipt *receipts, size_t index,
                        const hash32 *hash, uint64_t first_log,
                        enum receipt_form form)
{
    const struct transaction *tx = &block->transactions[index];
    const struct receipt *receipt = &receipts[index];
    struct json_writer *out = call->out;
    uint64_t before = index ? receipts[index - 1].cumulative_gas_used : 0;
    address from;
    if (!shape_sender(call, &from, block, index, hash))
        return false;
    json_begin_object(out);
    put_hash(out, "blockHash", &block->hash);
    put_quantity(out, "blockNumber", block->header.number);
    put_hash(out, "transactionHash", hash);
    put_quantity(out, "transactionIndex", index);
    put_address(out, "from", &from);
    if (tx->is_creation) {
        address created = created_address(&from, tx->nonce);
        put_null(out, "to");
        put_address(out, "contractAddress", &created);
    } else {
        put_address(out, "to", &tx->to);
        put_null(out, "contractAddress");
    }
    put_quantity(out, "gasUsed", receipt->cumulative_gas_used - before);
    put_quantity(out, "cumulativeGasUsed", receipt->cumulative_gas_used);
    put_wei(out, "effectiveGasPrice",
            transaction_gas_price(tx, block->header.base_fee));
    if (tx->type == TX_BLOB)
        put_blob_gas(call, block, tx);
    if (form == RECEIPT_SLIM) {
        put_null(out, "logs");
        put_null(out, "logsBloom");
    } else {
        put_logs(out, block, receipt, hash, index, first_log);
        put_data(
            out, "logsBloom",
            bytes_of(receipt->logs_bloom.at, sizeof receipt->logs_bloom.at));
    }
    put_quantity(out, "type", tx->type);
    if (form == RECEIPT_TIMED) {
        json_key(out, "timestamp");
        json_put_u64(out, block->header.timestamp);
    }
    if (receipt->has_root)
        put_hash(out, "root", &receipt->root);
    else
        put_quantity(out, "status", receipt->succeeded);
    json_end_object(out);
    return true;
}

/* How many logs a block has before those of a transaction. */
static uint64_t logs_before(const struct receipt *receipts, size_t index)
{
    uint64_t count = 0;
    for (size_t i = 0; i < index; i++)
        count += receipts[i].log_count;
    return count;
}

bool shape_receipt_as(struct rpc_call *call, const struct block *block,
                      const struct receipt *receipts, size_t index,
                      enum receipt_form form)
{
    hash32 hash = keccak256(block->raw_transactions[index]);
    return put_receipt(call, block, receipts, index, &hash,
                       logs_before(receipts, index), form);
}

bool shape_receipt(struct rpc_call *call, const struct block *block,
                   const struct receipt *receipts, size_t index,
                   const hash32 *hash)
{
    return put_receipt(call, block, receipts, index, hash,
                       logs_before(receipts, index), RECEIPT_WHOLE);
}

bool shape_receipts(struct rpc_call *call, const struct block *block,
                    const struct receipt *receipts)
{
    const hash32 *hashes = block_transaction_hashes(call->arena, block);
    uint64_t first_log = 0;
    json_begin_array(call->out);
    for (size_t i = 0; i < block->transaction_count; i++) {
        if (!put_receipt(call, block, receipts, i, &hashes[i], first_log,
                         RECEIPT_WHOLE))
            return false;
        first_log += receipts[i].log_count;
    }
    json_end_array(call->out);
    return true;
}
