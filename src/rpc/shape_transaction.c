#include "chain/fees.h"
#include "rpc/shape_parts.h"
#include "rpc/shapes.h"

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
