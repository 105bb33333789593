#include "remote/remote_block.h"

#include <inttypes.h>
#include <string.h>

static loft_err read_bytes(struct arena *arena, uint8_t *out, size_t len,
                           const struct json *block, const char *key)
{
    bytes data;
    TRY(json_get_data(arena, &data, block, key));
    if (data.len != len)
        return err_say(LOFT_ERR_FORMAT, "\"%s\" has %zu bytes, not %zu", key,
                       data.len, len);
    memcpy(out, data.at, len);
    return LOFT_OK;
}

static enum header_fields fields_of(const struct json *block)
{
    static const struct {
        const char *key;
        enum header_fields fields;
    } marks[] = {
        {"requestsHash", HEADER_REQUESTS},
        {"parentBeaconBlockRoot", HEADER_BLOBS},
        {"withdrawalsRoot", HEADER_WITHDRAWALS},
        {"baseFeePerGas", HEADER_BASE_FEE},
    };
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (!json_absent(json_get(block, marks[i].key)))
            return marks[i].fields;
    return HEADER_LEGACY;
}

/* The fields that every header has. */
static loft_err read_first(struct arena *arena, struct header *out,
                           const struct json *block)
{
    TRY(json_get_hash(&out->parent_hash, block, "parentHash"));
    TRY(json_get_hash(&out->uncles_hash, block, "sha3Uncles"));
    TRY(json_get_address(&out->coinbase, block, "miner"));
    TRY(json_get_hash(&out->state_root, block, "stateRoot"));
    TRY(json_get_hash(&out->transactions_root, block, "transactionsRoot"));
    TRY(json_get_hash(&out->receipts_root, block, "receiptsRoot"));
    TRY(read_bytes(arena, out->logs_bloom.at, sizeof out->logs_bloom.at, block,
                   "logsBloom"));
    TRY(json_get_quantity(&out->difficulty, block, "difficulty"));
    TRY(json_get_quantity_u64(&out->number, block, "number"));
    TRY(json_get_quantity_u64(&out->gas_limit, block, "gasLimit"));
    TRY(json_get_quantity_u64(&out->gas_used, block, "gasUsed"));
    TRY(json_get_quantity_u64(&out->timestamp, block, "timestamp"));
    TRY(json_get_data(arena, &out->extra_data, block, "extraData"));
    TRY(json_get_hash(&out->mix_hash, block, "mixHash"));
    return read_bytes(arena, out->nonce, sizeof out->nonce, block, "nonce");
}

/* Those that forks have added, as far as there are any. */
static loft_err read_last(struct header *out, const struct json *block)
{
    if (out->fields >= HEADER_BASE_FEE)
        TRY(json_get_quantity(&out->base_fee, block, "baseFeePerGas"));
    if (out->fields >= HEADER_WITHDRAWALS)
        TRY(json_get_hash(&out->withdrawals_root, block, "withdrawalsRoot"));
    if (out->fields >= HEADER_BLOBS) {
        TRY(json_get_quantity_u64(&out->blob_gas_used, block, "blobGasUsed"));
        TRY(json_get_quantity_u64(&out->excess_blob_gas, block,
                                  "excessBlobGas"));
        TRY(json_get_hash(&out->parent_beacon_root, block,
                          "parentBeaconBlockRoot"));
    }
    return out->fields >= HEADER_REQUESTS
               ? json_get_hash(&out->requests_hash, block, "requestsHash")
               : LOFT_OK;
}

loft_err remote_read_header(struct arena *arena, struct header *out,
                            hash32 *hash, const struct json *block)
{
    *out = (struct header){.fields = fields_of(block)};
    TRY(json_get_hash(hash, block, "hash"));
    TRY(read_first(arena, out, block));
    TRY(read_last(out, block));
    hash32 computed = header_hash(out);
    return hash32_equal(&computed, hash)
               ? LOFT_OK
               : err_say(LOFT_ERR_REFUSED,
                         "block %" PRIu64 " has fields that do not make its "
                         "hash",
                         out->number);
}

loft_err remote_header(struct remote *remote, struct arena *arena,
                       struct header *out, hash32 *hash, uint64_t number)
{
    const struct json *block;
    const char *params = number == REMOTE_NEWEST
                             ? "[\"latest\",false]"
                             : arena_printf(arena, "[\"0x%" PRIx64 "\",false]",
                                            number);
    TRY(remote_call(remote, arena, &block, "eth_getBlockByNumber", params));
    if (json_kind(block) == JSON_IS_NULL)
        return err_say(LOFT_ERR_NOT_FOUND, "the node has no block %" PRIu64,
                       number);
    TRY(remote_read_header(arena, out, hash, block));
    if (number != REMOTE_NEWEST && out->number != number)
        return err_say(LOFT_ERR_REFUSED,
                       "asked for block %" PRIu64 ", the node gave %" PRIu64,
                       number, out->number);
    return LOFT_OK;
}

loft_err remote_chain_id(struct remote *remote, uint64_t *out)
{
    const struct json *id;
    struct arena arena;
    arena_init(&arena);
    loft_err err = remote_call(remote, &arena, &id, "eth_chainId", "[]");
    if (err == LOFT_OK)
        err = json_read_quantity_u64(out, id);
    arena_fini(&arena);
    return err;
}
