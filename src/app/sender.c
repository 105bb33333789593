#include "app/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/amount.h"
#include "app/output.h"
#include "app/receipt.h"
#include "chain/transaction.h"
#include "codec/address_text.h"

/* What is known of it so far. */
struct draft {
    const struct sending *sending;
    address from;
    u256 value;
    struct transaction tx; /* where it is signed here */
    bool is_signed;
};

static const char *option(const struct node_client *node, const char *name)
{
    return command_option(node->line, name);
}

static loft_err ask_amount(struct node_client *node, u256 *out,
                           const char *name, const char *method)
{
    const struct json *result;
    if (name && option(node, name))
        return amount_read(out, option(node, name));
    TRY(node_ask(node, &result, method));
    return json_read_quantity(out, result);
}

/* A member of the call that the node is asked about, or asked to sign. */
static void put_quantity(struct json_writer *json, const char *key, u256 value)
{
    json_key(json, key);
    json_put_quantity_u256(json, value);
}

static loft_err put_option(struct node_client *node, struct json_writer *json,
                           const char *name, const char *key)
{
    u256 value;
    if (!option(node, name))
        return LOFT_OK;
    TRY(amount_read(&value, option(node, name)));
    put_quantity(json, key, value);
    return LOFT_OK;
}

/* Who, to whom, what; and what the options say about fees. */
static loft_err put_call(struct node_client *node, struct json_writer *json,
                         const struct draft *draft)
{
    json_begin_object(json);
    json_key(json, "from");
    json_put_address(json, &draft->from);
    if (!draft->sending->is_creation) {
        json_key(json, "to");
        json_put_address(json, &draft->sending->to);
    }
    put_quantity(json, "value", draft->value);
    json_key(json, "data");
    json_put_data(json, draft->sending->data);
    TRY(put_option(node, json, "--gas", "gas"));
    TRY(put_option(node, json, "--gas-price", "gasPrice"));
    TRY(put_option(node, json, "--max-fee", "maxFeePerGas"));
    TRY(put_option(node, json, "--priority-fee", "maxPriorityFeePerGas"));
    TRY(put_option(node, json, "--nonce", "nonce"));
    json_end_object(json);
    return LOFT_OK;
}

/* The hash, in a string that can be sent back. */
static loft_err read_hash(struct node_client *node, const char **hash,
                          const struct json *result)
{
    TRY(json_read_text(hash, result));
    if (!node_is_hash(*hash))
        return err_say(LOFT_ERR_REFUSED, "the node answered with no hash: %s",
                       output_clean(node->arena, bytes_str(*hash)));
    return LOFT_OK;
}

static loft_err send_by_node(struct node_client *node, const char **hash,
                             struct draft *draft)
{
    const struct json *result;
    TRY(address_text_read(&draft->from, bytes_str(option(node, "--from"))));
    struct json_writer *params = node_begin(node, "eth_sendTransaction");
    TRY(put_call(node, params, draft));
    TRY(node_end(node, &result));
    return read_hash(node, hash, result);
}

static loft_err fill_nonce(struct node_client *node, struct draft *draft)
{
    const struct json *result;
    TRY(command_number(node->line, "--nonce", &draft->tx.nonce, 0, UINT64_MAX));
    if (option(node, "--nonce"))
        return LOFT_OK;
    struct json_writer *params = node_begin(node, "eth_getTransactionCount");
    json_put_address(params, &draft->from);
    json_put_text(params, "pending");
    TRY(node_end(node, &result));
    return json_read_quantity_u64(&draft->tx.nonce, result);
}

static loft_err fill_gas(struct node_client *node, struct draft *draft)
{
    const struct json *result;
    TRY(command_number(node->line, "--gas", &draft->tx.gas_limit, 1,
                       UINT64_MAX));
    if (option(node, "--gas"))
        return LOFT_OK;
    struct json_writer *params = node_begin(node, "eth_estimateGas");
    TRY(put_call(node, params, draft));
    TRY(node_end(node, &result));
    return json_read_quantity_u64(&draft->tx.gas_limit, result);
}

/* False: the chain is of before London. */
static loft_err ask_base_fee(struct node_client *node, bool *has, u256 *fee)
{
    const struct json *block;
    struct json_writer *params = node_begin(node, "eth_getBlockByNumber");
    json_put_text(params, "latest");
    json_put_bool(params, false);
    TRY(node_end(node, &block));
    *has = !json_absent(json_get(block, "baseFeePerGas"));
    return *has ? json_get_quantity(fee, block, "baseFeePerGas") : LOFT_OK;
}

static loft_err fill_fees(struct node_client *node, struct draft *draft)
{
    struct transaction *tx = &draft->tx;
    u256 base_fee = U256_ZERO;
    bool has_base_fee = false;
    if (!option(node, "--gas-price"))
        TRY(ask_base_fee(node, &has_base_fee, &base_fee));
    if (!has_base_fee) {
        tx->type = TX_LEGACY;
        tx->is_replay_protected = true;
        TRY(ask_amount(node, &tx->max_fee, "--gas-price", "eth_gasPrice"));
        tx->max_priority_fee = tx->max_fee;
        return LOFT_OK;
    }
    tx->type = TX_DYNAMIC_FEE;
    TRY(ask_amount(node, &tx->max_priority_fee, "--priority-fee",
                   "eth_maxPriorityFeePerGas"));
    if (option(node, "--max-fee"))
        return amount_read(&tx->max_fee, option(node, "--max-fee"));
    tx->max_fee = u256_add(u256_add(base_fee, base_fee), tx->max_priority_fee);
    return LOFT_OK;
}

static loft_err fill(struct node_client *node, struct draft *draft)
{
    const struct json *result;
    struct transaction *tx = &draft->tx;
    tx->is_creation = draft->sending->is_creation;
    tx->to = draft->sending->to;
    tx->data = draft->sending->data;
    tx->value = draft->value;
    TRY(node_ask(node, &result, "eth_chainId"));
    TRY(json_read_quantity_u64(&tx->chain_id, result));
    TRY(fill_nonce(node, draft));
    TRY(fill_fees(node, draft));
    return fill_gas(node, draft);
}

static loft_err send_raw(struct node_client *node, const char **hash,
                         const struct transaction *tx)
{
    const struct json *result;
    struct buffer raw = {0};
    transaction_encode(&raw, tx);
    struct json_writer *params = node_begin(node, "eth_sendRawTransaction");
    json_put_data(params, buffer_bytes(&raw));
    buffer_free(&raw);
    TRY(node_end(node, &result));
    return read_hash(node, hash, result);
}

static loft_err send_signed(struct node_client *node, const char **hash,
                            struct draft *draft, const secret32 *key)
{
    TRY(ecdsa_address(&draft->from, key));
    TRY(fill(node, draft));
    TRY(transaction_sign(&draft->tx, key));
    draft->is_signed = true;
    return send_raw(node, hash, &draft->tx);
}

static const char *private_key(const struct node_client *node)
{
    const char *text = option(node, "--private-key");
    return text ? text : getenv("LOFT_PRIVATE_KEY");
}

static loft_err find_key(struct node_client *node, secret32 *key)
{
    const char *account = option(node, "--account");
    if (account)
        return key_find(node->line, key, account);
    return key_read_hex(node->arena, key, private_key(node));
}

static loft_err send(struct node_client *node, const char **hash,
                     struct draft *draft)
{
    secret32 key;
    if (option(node, "--from"))
        return send_by_node(node, hash, draft);
    if (!option(node, "--account") && !private_key(node))
        return err_say(LOFT_ERR_USAGE,
                       "who sends? --account, --private-key or --from says");
    TRY(find_key(node, &key));
    loft_err code = send_signed(node, hash, draft, &key);
    secret_fini(&key);
    return code;
}

/* A node for development mines what reverts, and answers with an error. */
static loft_err show_reverted(struct node_client *node,
                              const struct draft *draft)
{
    const struct json *receipt;
    const char *why = arena_string(node->arena, bytes_str(err_sentence()));
    hash32 hash = transaction_hash(&draft->tx);
    struct json_writer *params = node_begin(node, "eth_getTransactionReceipt");
    json_put_hash(params, &hash);
    if (node_end(node, &receipt) == LOFT_OK && !json_absent(receipt) &&
        receipt_show(node, receipt) == LOFT_OK)
        return LOFT_OK; /* what it was refused for was another thing */
    return err_say(LOFT_ERR_REFUSED, "%s", why);
}

loft_err sender_send(struct node_client *node, const struct sending *sending)
{
    struct draft draft = {.sending = sending};
    const struct json *receipt;
    const char *hash;
    if (option(node, "--value"))
        TRY(amount_read(&draft.value, option(node, "--value")));
    loft_err code = send(node, &hash, &draft);
    if (code == LOFT_ERR_REFUSED && draft.is_signed)
        return show_reverted(node, &draft);
    TRY(code);
    if (option(node, "--no-wait")) {
        printf(output_is_json(node->line) ? "\"%s\"\n" : "%s\n", hash);
        return LOFT_OK;
    }
    fprintf(stderr, "sent %s\n", hash);
    TRY(receipt_wait(node, &receipt, hash));
    return receipt_show(node, receipt);
}
