#include "rpc/transaction_args.h"

#include <inttypes.h>

#include "rpc/params.h"
#include "rpc/rpc_host.h"

struct reader {
    struct rpc_call *call;
    const struct json *object;
    unsigned at;
};

static bool wrong(const struct reader *in, const char *key)
{
    return rpc_fail(in->call, RPC_INVALID_PARAMS, "invalid argument %u: %s: %s",
                    in->at, key, err_sentence());
}

/* A quantity that may be left out. */
static bool read_quantity(const struct reader *in, u256 *out, bool *given,
                          const char *key)
{
    const struct json *value = json_get(in->object, key);
    bool ignored;
    *(given ? given : &ignored) = !json_absent(value);
    return json_absent(value) || json_read_quantity(out, value) == LOFT_OK ||
           wrong(in, key);
}

static bool read_u64(const struct reader *in, uint64_t *out, bool *given,
                     const char *key)
{
    const struct json *value = json_get(in->object, key);
    bool ignored;
    *(given ? given : &ignored) = !json_absent(value);
    return json_absent(value) ||
           json_read_quantity_u64(out, value) == LOFT_OK || wrong(in, key);
}

static bool read_address(const struct reader *in, address *out, bool *given,
                         const char *key)
{
    const struct json *value = json_get(in->object, key);
    *given = !json_absent(value);
    return json_absent(value) || json_read_address(out, value) == LOFT_OK ||
           wrong(in, key);
}

static bool read_data(const struct reader *in, bytes *out, bool *given,
                      const char *key)
{
    const struct json *value = json_get(in->object, key);
    *given = !json_absent(value);
    return json_absent(value) ||
           json_read_data(in->call->arena, out, value) == LOFT_OK ||
           wrong(in, key);
}

/* "data" is the older name of "input". */
static bool read_input(const struct reader *in, bytes *out)
{
    bytes data = BYTES_EMPTY, input = BYTES_EMPTY;
    bool has_data, has_input;
    if (!read_data(in, &data, &has_data, "data") ||
        !read_data(in, &input, &has_input, "input"))
        return false;
    if (has_data && has_input && !bytes_equal(data, input))
        return rpc_fail(in->call, RPC_SERVER_ERROR,
                        "both \"data\" and \"input\" are set and not equal. "
                        "Please use \"input\" to pass transaction call data");
    *out = has_input ? input : data;
    return true;
}

static bool read_hashes(const struct reader *in, const hash32 **out,
                        size_t *count, const struct json *list, const char *key)
{
    hash32 *hashes = ARENA_ARRAY(in->call->arena, hash32, json_len(list) + 1);
    if (json_kind(list) != JSON_IS_ARRAY) {
        (void)err_say(LOFT_ERR_FORMAT, "%s, not an array",
                      json_kind_name(list));
        return wrong(in, key);
    }
    for (size_t i = 0; i < json_len(list); i++)
        if (json_read_hash(&hashes[i], json_at(list, i)) != LOFT_OK)
            return wrong(in, key);
    *out = hashes;
    *count = json_len(list);
    return true;
}

static bool read_access_entry(const struct reader *in, struct access_entry *out,
                              const struct json *entry)
{
    return (json_get_address(&out->who, entry, "address") == LOFT_OK ||
            wrong(in, "accessList")) &&
           read_hashes(in, &out->keys, &out->key_count,
                       json_get(entry, "storageKeys"), "accessList");
}

static bool read_access_list(const struct reader *in, struct transaction *tx)
{
    const struct json *list = json_get(in->object, "accessList");
    if (json_absent(list))
        return true;
    struct access_entry *entries = ARENA_ARRAY(
        in->call->arena, struct access_entry, json_len(list) + 1);
    for (size_t i = 0; i < json_len(list); i++)
        if (!read_access_entry(in, &entries[i], json_at(list, i)))
            return false;
    tx->access_list = entries;
    tx->access_count = json_len(list);
    tx->type = TX_ACCESS_LIST;
    return true;
}

static loft_err read_authorization(struct authorization *out,
                                   const struct json *one)
{
    uint64_t parity;
    TRY(json_get_quantity(&out->chain_id, one, "chainId"));
    TRY(json_get_address(&out->target, one, "address"));
    TRY(json_get_quantity_u64(&out->nonce, one, "nonce"));
    TRY(json_get_quantity_u64(&parity, one, "yParity"));
    TRY(json_get_hex_u256(&out->r, one, "r"));
    TRY(json_get_hex_u256(&out->s, one, "s"));
    if (parity > UINT8_MAX)
        return err_say(LOFT_ERR_FORMAT, "yParity of more than a byte");
    out->parity = (uint8_t)parity;
    return LOFT_OK;
}

static bool read_authorizations(const struct reader *in, struct transaction *tx)
{
    const struct json *list = json_get(in->object, "authorizationList");
    if (json_absent(list))
        return true;
    struct authorization *all = ARENA_ARRAY(
        in->call->arena, struct authorization, json_len(list) + 1);
    for (size_t i = 0; i < json_len(list); i++)
        if (read_authorization(&all[i], json_at(list, i)) != LOFT_OK)
            return wrong(in, "authorizationList");
    tx->authorizations = all;
    tx->authorization_count = json_len(list);
    tx->type = TX_SET_CODE;
    return true;
}

static bool read_blob_hashes(const struct reader *in, struct transaction *tx)
{
    const struct json *list = json_get(in->object, "blobVersionedHashes");
    if (json_absent(list))
        return true;
    tx->type = TX_BLOB;
    return read_hashes(in, &tx->blob_hashes, &tx->blob_hash_count, list,
                       "blobVersionedHashes");
}

static bool read_chain_id(const struct reader *in, struct transaction *tx)
{
    uint64_t own = chain_config(in->call->host->chain)->chain_id;
    bool given;
    tx->chain_id = own;
    tx->is_replay_protected = true;
    if (!read_u64(in, &tx->chain_id, &given, "chainId"))
        return false;
    return tx->chain_id == own ||
           rpc_fail(in->call, RPC_SERVER_ERROR,
                    "chainId does not match node's (have=%" PRIu64
                    ", want=%" PRIu64 ")",
                    tx->chain_id, own);
}

static bool read_fees(const struct reader *in, struct transaction_args *out)
{
    struct transaction *tx = &out->tx;
    u256 gas_price = U256_ZERO;
    if (!read_quantity(in, &gas_price, &out->has_gas_price, "gasPrice") ||
        !read_quantity(in, &tx->max_fee, &out->has_max_fee, "maxFeePerGas") ||
        !read_quantity(in, &tx->max_priority_fee, &out->has_priority_fee,
                       "maxPriorityFeePerGas") ||
        !read_quantity(in, &tx->max_blob_fee, &out->has_blob_fee,
                       "maxFeePerBlobGas"))
        return false;
    if (!out->has_gas_price)
        return true;
    if (out->has_max_fee || out->has_priority_fee)
        return rpc_fail(in->call, RPC_SERVER_ERROR,
                        "both gasPrice and (maxFeePerGas or "
                        "maxPriorityFeePerGas) specified");
    tx->max_fee = tx->max_priority_fee = gas_price;
    return true;
}

/* A legacy transaction or one with an access list names one price; all others
 * have two fees. */
static void choose_type(struct transaction_args *out)
{
    struct transaction *tx = &out->tx;
    if (tx->type <= TX_ACCESS_LIST && !out->has_gas_price)
        tx->type = TX_DYNAMIC_FEE;
}

bool rpc_read_transaction(struct rpc_call *call, struct transaction_args *out,
                          const struct json *object, unsigned at)
{
    struct reader in = {call, object, at};
    struct transaction *tx = &out->tx;
    bool has_to;
    *out = (struct transaction_args){0};
    if (json_kind(in.object) != JSON_IS_OBJECT)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument %u: %s, not a transaction object", at,
                        json_kind_name(in.object));
    if (!read_address(&in, &out->from, &out->has_from, "from") ||
        !read_address(&in, &tx->to, &has_to, "to") ||
        !read_u64(&in, &tx->gas_limit, &out->has_gas, "gas") ||
        !read_u64(&in, &tx->nonce, &out->has_nonce, "nonce") ||
        !read_quantity(&in, &tx->value, NULL, "value") ||
        !read_input(&in, &tx->data) || !read_chain_id(&in, tx) ||
        !read_fees(&in, out) || !read_access_list(&in, tx) ||
        !read_blob_hashes(&in, tx) || !read_authorizations(&in, tx))
        return false;
    tx->is_creation = !has_to;
    choose_type(out);
    return true;
}

bool rpc_param_transaction(struct rpc_call *call, struct transaction_args *out,
                           unsigned at)
{
    return rpc_read_transaction(call, out, call->params[at], at);
}
