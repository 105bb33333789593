#include "app/state_transaction.h"

#include "chain/transaction.h"

/* One of a list: "data": [..] by "indexes": {"data": 2}. */
static loft_err pick(const struct json **out, const struct json *transaction,
                     const char *list, const struct json *post,
                     const char *index_name)
{
    uint64_t index;
    TRY(json_get_u64(&index, json_get(post, "indexes"), index_name));
    *out = json_at(json_get(transaction, list), index);
    if (!*out)
        return err_say(LOFT_ERR_FORMAT, "%s has no element %llu", list,
                       (unsigned long long)index);
    return LOFT_OK;
}

static loft_err read_hashes(struct arena *arena, const hash32 **out,
                            size_t *count, const struct json *list)
{
    hash32 *hashes = ARENA_ARRAY(arena, hash32, json_len(list));
    *count = json_len(list);
    for (size_t i = 0; i < *count; i++)
        TRY(json_read_hash(&hashes[i], json_at(list, i)));
    *out = hashes;
    return LOFT_OK;
}

static loft_err read_access_list(struct arena *arena, struct transaction *tx,
                                 const struct json *list)
{
    struct access_entry *entries = ARENA_ARRAY(arena, struct access_entry,
                                               json_len(list));
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *entry = json_at(list, i);
        TRY(json_get_address(&entries[i].who, entry, "address"));
        TRY(read_hashes(arena, &entries[i].keys, &entries[i].key_count,
                        json_get(entry, "storageKeys")));
    }
    tx->access_list = entries;
    tx->access_count = json_len(list);
    return LOFT_OK;
}

static loft_err read_authorization(struct authorization *out,
                                   const struct json *from)
{
    uint64_t parity;
    TRY(json_get_hex_u256(&out->chain_id, from, "chainId"));
    TRY(json_get_address(&out->target, from, "address"));
    TRY(json_get_hex_u64(&out->nonce, from, "nonce"));
    TRY(json_get_hex_u256(&out->r, from, "r"));
    TRY(json_get_hex_u256(&out->s, from, "s"));
    TRY(json_get_hex_u64(&parity, from, "v"));
    out->parity = (uint8_t)parity;
    return LOFT_OK;
}

static loft_err read_authorizations(struct arena *arena, struct transaction *tx,
                                    const struct json *list)
{
    struct authorization *all = ARENA_ARRAY(arena, struct authorization,
                                            json_len(list));
    for (size_t i = 0; i < json_len(list); i++)
        TRY(read_authorization(&all[i], json_at(list, i)));
    tx->authorizations = all;
    tx->authorization_count = json_len(list);
    return LOFT_OK;
}

static loft_err read_fees(struct transaction *tx, const struct json *from)
{
    if (json_get(from, "maxFeePerGas")) {
        tx->type = TX_DYNAMIC_FEE;
        TRY(json_get_hex_u256(&tx->max_fee, from, "maxFeePerGas"));
        return json_get_hex_u256(&tx->max_priority_fee, from,
                                 "maxPriorityFeePerGas");
    }
    TRY(json_get_hex_u256(&tx->max_fee, from, "gasPrice"));
    tx->max_priority_fee = tx->max_fee;
    return LOFT_OK;
}

static loft_err read_lists(struct arena *arena, struct transaction *tx,
                           const struct json *from, const struct json *post)
{
    const struct json *access = NULL;
    if (json_get(from, "accessLists")) {
        TRY(pick(&access, from, "accessLists", post, "data"));
        if (tx->type == TX_LEGACY && !json_absent(access))
            tx->type = TX_ACCESS_LIST;
        TRY(read_access_list(arena, tx, access));
    }
    if (json_get(from, "blobVersionedHashes")) {
        tx->type = TX_BLOB;
        TRY(json_get_hex_u256(&tx->max_blob_fee, from, "maxFeePerBlobGas"));
        TRY(read_hashes(arena, &tx->blob_hashes, &tx->blob_hash_count,
                        json_get(from, "blobVersionedHashes")));
    }
    if (json_get(from, "authorizationList")) {
        tx->type = TX_SET_CODE;
        TRY(read_authorizations(arena, tx,
                                json_get(from, "authorizationList")));
    }
    return LOFT_OK;
}

static loft_err read_picked(struct arena *arena, struct transaction *tx,
                            const struct json *from, const struct json *post)
{
    const struct json *data, *gas, *value;
    TRY(pick(&data, from, "data", post, "data"));
    TRY(pick(&gas, from, "gasLimit", post, "gas"));
    TRY(pick(&value, from, "value", post, "value"));
    TRY(json_read_data(arena, &tx->data, data));
    TRY(json_read_hex_u64(&tx->gas_limit, gas));
    return json_read_hex_u256(&tx->value, value);
}

static loft_err read_transaction(struct arena *arena, struct transaction *tx,
                                 const struct json *from,
                                 const struct json *post)
{
    bytes to;
    secret32 key;
    *tx = (struct transaction){.chain_id = 1, .is_replay_protected = false};
    TRY(json_get_hex_u64(&tx->nonce, from, "nonce"));
    TRY(json_get_data(arena, &to, from, "to"));
    tx->is_creation = to.len == 0;
    if (!tx->is_creation)
        TRY(json_get_address(&tx->to, from, "to"));
    TRY(read_fees(tx, from));
    TRY(read_picked(arena, tx, from, post));
    TRY(read_lists(arena, tx, from, post));
    if (tx->type == TX_LEGACY)
        tx->chain_id = 0;
    hash32 secret;
    TRY(json_get_hash(&secret, from, "secretKey"));
    memcpy(key.at, secret.at, sizeof key.at);
    return transaction_sign(tx, &key);
}

loft_err state_transaction(struct arena *arena, bytes *raw,
                           const struct json *transaction,
                           const struct json *post)
{
    if (json_get(post, "txbytes"))
        return json_get_data(arena, raw, post, "txbytes");
    struct transaction tx;
    TRY(read_transaction(arena, &tx, transaction, post));
    struct buffer out = {0};
    transaction_encode(&out, &tx);
    *raw = arena_copy(arena, buffer_bytes(&out));
    buffer_free(&out);
    return LOFT_OK;
}
