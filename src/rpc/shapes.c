#include "rpc/shapes.h"

#include "chain/fees.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "rpc/rpc_host.h"
#include "rpc/sender_cache.h"

static void put_quantity(struct json_writer *out, const char *key,
                         uint64_t value)
{
    json_key(out, key);
    json_put_quantity(out, value);
}

static void put_wei(struct json_writer *out, const char *key, u256 value)
{
    json_key(out, key);
    json_put_quantity_u256(out, value);
}

static void put_hash(struct json_writer *out, const char *key,
                     const hash32 *value)
{
    json_key(out, key);
    json_put_hash(out, value);
}

static void put_address(struct json_writer *out, const char *key,
                        const address *value)
{
    json_key(out, key);
    json_put_address(out, value);
}

static void put_data(struct json_writer *out, const char *key, bytes value)
{
    json_key(out, key);
    json_put_data(out, value);
}

static void put_null(struct json_writer *out, const char *key)
{
    json_key(out, key);
    json_put_null(out);
}

static void put_access_list(struct json_writer *out,
                            const struct transaction *tx)
{
    json_key(out, "accessList");
    json_begin_array(out);
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        json_begin_object(out);
        put_address(out, "address", &entry->who);
        json_key(out, "storageKeys");
        json_begin_array(out);
        for (size_t k = 0; k < entry->key_count; k++)
            json_put_hash(out, &entry->keys[k]);
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_authorizations(struct json_writer *out,
                               const struct transaction *tx)
{
    json_key(out, "authorizationList");
    json_begin_array(out);
    for (size_t i = 0; i < tx->authorization_count; i++) {
        const struct authorization *one = &tx->authorizations[i];
        json_begin_object(out);
        put_wei(out, "chainId", one->chain_id);
        put_address(out, "address", &one->target);
        put_quantity(out, "nonce", one->nonce);
        put_quantity(out, "yParity", one->parity);
        put_wei(out, "r", one->r);
        put_wei(out, "s", one->s);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_place(struct json_writer *out,
                      const struct transaction_place *place)
{
    if (!place) {
        put_null(out, "blockHash");
        put_null(out, "blockNumber");
        put_null(out, "blockTimestamp");
        put_null(out, "transactionIndex");
        return;
    }
    put_hash(out, "blockHash", place->block_hash);
    put_quantity(out, "blockNumber", place->header->number);
    put_quantity(out, "blockTimestamp", place->header->timestamp);
    put_quantity(out, "transactionIndex", place->index);
}

static void put_fees(struct json_writer *out, const struct transaction *tx,
                     const struct transaction_place *place)
{
    u256 base_fee = place ? place->header->base_fee : U256_MAX;
    put_wei(out, "gasPrice",
            place ? transaction_gas_price(tx, base_fee) : tx->max_fee);
    if (tx->type < TX_DYNAMIC_FEE)
        return;
    put_wei(out, "maxFeePerGas", tx->max_fee);
    put_wei(out, "maxPriorityFeePerGas", tx->max_priority_fee);
}

static void put_blobs(struct json_writer *out, const struct transaction *tx)
{
    put_wei(out, "maxFeePerBlobGas", tx->max_blob_fee);
    json_key(out, "blobVersionedHashes");
    json_begin_array(out);
    for (size_t i = 0; i < tx->blob_hash_count; i++)
        json_put_hash(out, &tx->blob_hashes[i]);
    json_end_array(out);
}

/* EIP-155: v of a legacy transaction carries the chain id. */
static u256 signature_v(const struct transaction *tx)
{
    uint64_t parity = tx->signature.parity;
    if (tx->type != TX_LEGACY)
        return u256_from(parity);
    if (tx->is_unsigned)
        return U256_ZERO;
    if (!tx->is_replay_protected)
        return u256_from(27 + parity);
    u256 twice = u256_mul(u256_from(tx->chain_id), u256_from(2));
    return u256_add(twice, u256_from(35 + parity));
}

static void put_signature(struct json_writer *out, const struct transaction *tx)
{
    put_wei(out, "v", signature_v(tx));
    put_wei(out, "r", tx->signature.r);
    put_wei(out, "s", tx->signature.s);
    if (tx->type != TX_LEGACY)
        put_quantity(out, "yParity", tx->signature.parity);
}

void shape_transaction(struct json_writer *out, const struct transaction *tx,
                       const hash32 *hash, const address *from,
                       const struct transaction_place *place)
{
    json_begin_object(out);
    put_place(out, place);
    put_address(out, "from", from);
    put_quantity(out, "gas", tx->gas_limit);
    put_fees(out, tx, place);
    put_hash(out, "hash", hash);
    put_data(out, "input", tx->data);
    put_quantity(out, "nonce", tx->nonce);
    if (tx->is_creation)
        put_null(out, "to");
    else
        put_address(out, "to", &tx->to);
    put_wei(out, "value", tx->value);
    put_quantity(out, "type", tx->type);
    if (tx->type >= TX_ACCESS_LIST)
        put_access_list(out, tx);
    if (tx->type >= TX_ACCESS_LIST || tx->is_replay_protected)
        put_quantity(out, "chainId", tx->chain_id);
    if (tx->type == TX_BLOB)
        put_blobs(out, tx);
    if (tx->type == TX_SET_CODE)
        put_authorizations(out, tx);
    put_signature(out, tx);
    json_end_object(out);
}

static void put_prices(struct json_writer *out, const struct transaction *tx)
{
    if (tx->type < TX_DYNAMIC_FEE) {
        put_wei(out, "gasPrice", tx->max_fee);
        put_null(out, "maxPriorityFeePerGas");
        put_null(out, "maxFeePerGas");
        return;
    }
    put_null(out, "gasPrice");
    put_wei(out, "maxPriorityFeePerGas", tx->max_priority_fee);
    put_wei(out, "maxFeePerGas", tx->max_fee);
}

void shape_filled_transaction(struct json_writer *out,
                              const struct transaction *tx, const hash32 *hash)
{
    json_begin_object(out);
    put_quantity(out, "type", tx->type);
    if (tx->type != TX_LEGACY)
        put_quantity(out, "chainId", tx->chain_id);
    put_quantity(out, "nonce", tx->nonce);
    if (tx->is_creation)
        put_null(out, "to");
    else
        put_address(out, "to", &tx->to);
    put_quantity(out, "gas", tx->gas_limit);
    put_prices(out, tx);
    if (tx->type == TX_BLOB)
        put_blobs(out, tx);
    put_wei(out, "value", tx->value);
    put_data(out, "input", tx->data);
    if (tx->type != TX_LEGACY)
        put_access_list(out, tx);
    if (tx->type == TX_SET_CODE)
        put_authorizations(out, tx);
    put_signature(out, tx);
    put_hash(out, "hash", hash);
    json_end_object(out);
}

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

static bool sender_of(struct rpc_call *call, address *sender,
                      const struct block *block, size_t index,
                      const hash32 *hash)
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
    return sender_of(call, sender, block, index, &hash);
}

static bool put_transaction(struct rpc_call *call, const struct block *block,
                            size_t index, const hash32 *hash,
                            const address *senders)
{
    address from;
    struct transaction_place place = {&block->hash, &block->header, index};
    if (senders)
        from = senders[index];
    else if (!sender_of(call, &from, block, index, hash))
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
    if (!sender_of(call, &from, block, index, hash))
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
