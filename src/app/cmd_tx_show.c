/* Transactions of the node's chain, and their receipts. */
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"
#include "app/receipt.h"

static const struct field fields[] = {
    {"hash", "hash", FIELD_TEXT},
    {"type", "type", FIELD_NUMBER},
    {"blockNumber", "block", FIELD_NUMBER},
    {"transactionIndex", "index", FIELD_NUMBER},
    {"from", "from", FIELD_TEXT},
    {"to", "to", FIELD_TEXT},
    {"nonce", "nonce", FIELD_NUMBER},
    {"value", "value", FIELD_WEI},
    {"gas", "gas limit", FIELD_NUMBER},
    {"gasPrice", "gas price", FIELD_WEI},
    {"maxFeePerGas", "max fee", FIELD_WEI},
    {"maxPriorityFeePerGas", "max priority fee", FIELD_WEI},
    {"blobVersionedHashes", "blobs", FIELD_COUNT},
    {"authorizationList", "authorizations", FIELD_COUNT},
    {"input", "input", FIELD_DATA},
};

static loft_err ask(struct node_client *node, const struct json **result,
                    const char *method)
{
    const char *hash = node->line->argv[0];
    if (!node_is_hash(hash))
        return err_say(LOFT_ERR_USAGE, "%s: not a transaction's hash", hash);
    struct json_writer *params = node_begin(node, method);
    json_put_text(params, hash);
    return node_end(node, result);
}

static loft_err show(struct node_client *node)
{
    const struct json *tx;
    TRY(ask(node, &tx, "eth_getTransactionByHash"));
    if (json_absent(tx))
        return err_say(LOFT_ERR_REFUSED, "the node has no transaction %s",
                       node->line->argv[0]);
    if (output_is_json(node->line))
        output_value(tx);
    else
        output_fields(node->arena, tx, fields, ARRAY_LEN(fields));
    return LOFT_OK;
}

static loft_err show_receipt(struct node_client *node)
{
    const struct json *receipt;
    if (command_option(node->line, "--wait") &&
        node_is_hash(node->line->argv[0]))
        TRY(receipt_wait(node, &receipt, node->line->argv[0]));
    else
        TRY(ask(node, &receipt, "eth_getTransactionReceipt"));
    if (json_absent(receipt))
        return err_say(LOFT_ERR_REFUSED, "no block has transaction %s",
                       node->line->argv[0]);
    /* That a transaction failed is an answer here, not a failure. */
    loft_err code = receipt_show(node, receipt);
    return code == LOFT_ERR_REFUSED ? LOFT_OK : code;
}

static int run_show(const struct command_line *line)
{
    return node_command(line, show);
}

static int run_receipt(const struct command_line *line)
{
    return node_command(line, show_receipt);
}

const struct command command_tx_show = {
    .name = "tx show",
    .operands = "HASH",
    .least = 1,
    .most = 1,
    .summary = "show a transaction of the chain",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_show,
};

const struct command command_tx_receipt = {
    .name = "tx receipt",
    .operands = "HASH",
    .least = 1,
    .most = 1,
    .summary = "show what became of a transaction",
    .options =
        (const struct command_option[]){
            {"--wait", NULL, "until it is in a block"}, NODE_OPTIONS, {0}},
    .run = run_receipt,
};
