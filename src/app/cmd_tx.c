/* Shows what a signed transaction says, and who signed it. */
#include <stdio.h>

#include "app/commands.h"
#include "base/hex.h"
#include "chain/transaction.h"
#include "codec/address_text.h"
#include "codec/json_writer.h"

static void put_address(struct json_writer *json, const address *who)
{
    char text[ADDRESS_TEXT_LEN + 1];
    address_text(text, who);
    json_put_text(json, text);
}

static void put_hashes(struct json_writer *json, const hash32 *hashes,
                       size_t count)
{
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_put_hash(json, &hashes[i]);
    json_end_array(json);
}

static void put_access_list(struct json_writer *json,
                            const struct transaction *tx)
{
    json_key(json, "accessList");
    json_begin_array(json);
    for (size_t i = 0; i < tx->access_count; i++) {
        json_begin_object(json);
        json_key(json, "address");
        put_address(json, &tx->access_list[i].who);
        json_key(json, "storageKeys");
        put_hashes(json, tx->access_list[i].keys, tx->access_list[i].key_count);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_authorizations(struct json_writer *json,
                               const struct transaction *tx)
{
    json_key(json, "authorizationList");
    json_begin_array(json);
    for (size_t i = 0; i < tx->authorization_count; i++) {
        const struct authorization *one = &tx->authorizations[i];
        json_begin_object(json);
        json_key(json, "chainId");
        json_put_quantity_u256(json, one->chain_id);
        json_key(json, "address");
        put_address(json, &one->target);
        json_key(json, "nonce");
        json_put_quantity(json, one->nonce);
        json_key(json, "yParity");
        json_put_quantity(json, one->parity);
        json_key(json, "r");
        json_put_quantity_u256(json, one->r);
        json_key(json, "s");
        json_put_quantity_u256(json, one->s);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_fees(struct json_writer *json, const struct transaction *tx)
{
    if (tx->type < TX_DYNAMIC_FEE) {
        json_key(json, "gasPrice");
        json_put_quantity_u256(json, tx->max_fee);
        return;
    }
    json_key(json, "maxFeePerGas");
    json_put_quantity_u256(json, tx->max_fee);
    json_key(json, "maxPriorityFeePerGas");
    json_put_quantity_u256(json, tx->max_priority_fee);
}

static void put_lists(struct json_writer *json, const struct transaction *tx)
{
    if (tx->type != TX_LEGACY)
        put_access_list(json, tx);
    if (tx->type == TX_BLOB) {
        json_key(json, "maxFeePerBlobGas");
        json_put_quantity_u256(json, tx->max_blob_fee);
        json_key(json, "blobVersionedHashes");
        put_hashes(json, tx->blob_hashes, tx->blob_hash_count);
    }
    if (tx->type == TX_SET_CODE)
        put_authorizations(json, tx);
}

static void put_transaction(struct json_writer *json,
                            const struct transaction *tx)
{
    hash32 hash = transaction_hash(tx);
    address sender;
    json_begin_object(json);
    json_key(json, "hash");
    json_put_hash(json, &hash);
    json_key(json, "type");
    json_put_quantity(json, tx->type);
    json_key(json, "from");
    if (transaction_sender(&sender, tx, EVM_OSAKA))
        put_address(json, &sender);
    else
        json_put_null(json);
    json_key(json, "to");
    if (tx->is_creation)
        json_put_null(json);
    else
        put_address(json, &tx->to);
    if (tx->type != TX_LEGACY || tx->is_replay_protected) {
        json_key(json, "chainId");
        json_put_quantity(json, tx->chain_id);
    }
    json_key(json, "nonce");
    json_put_quantity(json, tx->nonce);
    json_key(json, "gas");
    json_put_quantity(json, tx->gas_limit);
    put_fees(json, tx);
    json_key(json, "value");
    json_put_quantity_u256(json, tx->value);
    json_key(json, "input");
    json_put_data(json, tx->data);
    put_lists(json, tx);
    json_key(json, "yParity");
    json_put_quantity(json, tx->signature.parity);
    json_key(json, "r");
    json_put_quantity_u256(json, tx->signature.r);
    json_key(json, "s");
    json_put_quantity_u256(json, tx->signature.s);
    json_end_object(json);
}

static loft_err decode(struct arena *arena, const char *operand)
{
    bytes raw;
    struct transaction tx;
    struct blob_sidecar unused;
    TRY(command_read_bytes(arena, &raw, operand));
    if (transaction_decode(arena, &tx, raw) != LOFT_OK)
        TRY(transaction_decode_network(arena, &tx, &raw, &unused, raw));
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    put_transaction(&json, &tx);
    printf("%.*s\n", (int)out.len, out.at);
    buffer_free(&out);
    return LOFT_OK;
}

static int run(const struct command_line *line)
{
    return command_status(line->self, decode(line->arena, line->argv[0]));
}

const struct command command_tx_decode = {
    .name = "tx decode",
    .operands = "RAW",
    .least = 1,
    .most = 1,
    .summary = "show a signed transaction as JSON",
    .help = "RAW is hexadecimal, or @FILE, or - for standard input, in the "
            "form of\nEIP-2718, or of the network for blob transactions.\n",
    .run = run,
};
