/* Accounts of the node's chain. */
#include <inttypes.h>
#include <stdio.h>

#include "app/amount.h"
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"
#include "codec/address_text.h"

/* Asks about the account of the first operand: further parameters are put by
 * the caller, the block last. */
static loft_err begin(struct node_client *node, struct json_writer **params,
                      const char *method)
{
    address who;
    TRY(address_text_read(&who, bytes_str(node->line->argv[0])));
    *params = node_begin(node, method);
    json_put_address(*params, &who);
    return LOFT_OK;
}

static loft_err end(struct node_client *node, const struct json **result)
{
    const char *block = command_option(node->line, "--block");
    TRY(node_put_block(&node->params, block ? block : "latest"));
    return node_end(node, result);
}

static loft_err ask(struct node_client *node, const struct json **result,
                    const char *method)
{
    struct json_writer *params;
    TRY(begin(node, &params, method));
    return end(node, result);
}

static loft_err show_balance(struct node_client *node)
{
    const struct json *result;
    u256 wei;
    TRY(ask(node, &result, "eth_getBalance"));
    TRY(json_read_quantity(&wei, result));
    if (!output_is_json(node->line)) {
        printf("%s ether (%s wei)\n", amount_ether(node->arena, wei),
               output_number(node->arena, wei));
        return LOFT_OK;
    }
    char digits[U256_DECIMAL_MAX + 1];
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    digits[u256_decimal(digits, wei)] = 0;
    json_begin_object(&json);
    json_key(&json, "ether");
    json_put_text(&json, amount_ether(node->arena, wei));
    json_key(&json, "wei");
    json_put_text(&json, digits);
    json_end_object(&json);
    output_buffer(&text);
    return LOFT_OK;
}

static loft_err show_nonce(struct node_client *node)
{
    const struct json *result;
    uint64_t nonce;
    TRY(ask(node, &result, "eth_getTransactionCount"));
    TRY(json_read_quantity_u64(&nonce, result));
    printf("%" PRIu64 "\n", nonce);
    return LOFT_OK;
}

static loft_err show_text(struct node_client *node, const struct json *result)
{
    bytes text;
    TRY(json_read_string(&text, result));
    if (output_is_json(node->line))
        output_value(result);
    else
        puts(output_clean(node->arena, text));
    return LOFT_OK;
}

static loft_err show_code(struct node_client *node)
{
    const struct json *result;
    TRY(ask(node, &result, "eth_getCode"));
    return show_text(node, result);
}

static loft_err put_slot(struct json_writer *params, const char *text)
{
    u256 slot;
    TRY(command_read_number(&slot, text));
    hash32 key = u256_to_hash(slot);
    json_put_hash(params, &key);
    return LOFT_OK;
}

static loft_err show_storage(struct node_client *node)
{
    const struct json *result;
    struct json_writer *params;
    TRY(begin(node, &params, "eth_getStorageAt"));
    TRY(put_slot(params, node->line->argv[1]));
    TRY(end(node, &result));
    return show_text(node, result);
}

static loft_err show_proof(struct node_client *node)
{
    const struct json *result;
    struct json_writer *params;
    TRY(begin(node, &params, "eth_getProof"));
    json_begin_array(params);
    for (int i = 1; i < node->line->argc; i++)
        TRY(put_slot(params, node->line->argv[i]));
    json_end_array(params);
    TRY(end(node, &result));
    output_value(result);
    return LOFT_OK;
}

static int run_balance(const struct command_line *line)
{
    return node_command(line, show_balance);
}

static int run_nonce(const struct command_line *line)
{
    return node_command(line, show_nonce);
}

static int run_code(const struct command_line *line)
{
    return node_command(line, show_code);
}

static int run_storage(const struct command_line *line)
{
    return node_command(line, show_storage);
}

static int run_proof(const struct command_line *line)
{
    return node_command(line, show_proof);
}

static const struct command_option options[] = {
    {"--block", "BLOCK", "after this block (latest)"}, NODE_OPTIONS, {0}};

const struct command command_account_balance = {
    .name = "account balance",
    .operands = "ADDRESS",
    .least = 1,
    .most = 1,
    .summary = "what an account has, in ether and in wei",
    .options = options,
    .run = run_balance,
};

const struct command command_account_nonce = {
    .name = "account nonce",
    .operands = "ADDRESS",
    .least = 1,
    .most = 1,
    .summary = "the number of its next transaction",
    .options = options,
    .run = run_nonce,
};

const struct command command_account_code = {
    .name = "account code",
    .operands = "ADDRESS",
    .least = 1,
    .most = 1,
    .summary = "the code of a contract",
    .options = options,
    .run = run_code,
};

const struct command command_account_storage = {
    .name = "account storage",
    .operands = "ADDRESS SLOT",
    .least = 2,
    .most = 2,
    .summary = "a slot of a contract's storage",
    .options = options,
    .run = run_storage,
};

const struct command command_account_proof = {
    .name = "account proof",
    .operands = "ADDRESS [SLOT...]",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "proof of an account and of its slots (EIP-1186), as JSON",
    .options = options,
    .run = run_proof,
};
