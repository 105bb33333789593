/* A block of the node's chain. */
#include <string.h>

#include "app/amount.h"
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"

static const struct field block_fields[] = {
    {"number", "number", FIELD_NUMBER},
    {"hash", "hash", FIELD_TEXT},
    {"parentHash", "parent", FIELD_TEXT},
    {"timestamp", "time", FIELD_TIME},
    {"miner", "fee recipient", FIELD_TEXT},
    {"transactions", "transactions", FIELD_COUNT},
    {"gasUsed", "gas used", FIELD_NUMBER},
    {"gasLimit", "gas limit", FIELD_NUMBER},
    {"baseFeePerGas", "base fee", FIELD_WEI},
    {"blobGasUsed", "blob gas used", FIELD_NUMBER},
    {"size", "size in bytes", FIELD_NUMBER},
    {"stateRoot", "state root", FIELD_TEXT},
    {"receiptsRoot", "receipts root", FIELD_TEXT},
    {"transactionsRoot", "transactions root", FIELD_TEXT},
    {"extraData", "extra data", FIELD_DATA},
};

static const char *text_of(struct arena *arena, const struct json *object,
                           const char *key, const char *otherwise)
{
    bytes text;
    if (json_read_string(&text, json_get(object, key)) != LOFT_OK)
        return otherwise;
    return output_clean(arena, text);
}

static void list_transaction(struct arena *arena, const struct json *tx)
{
    u256 value = U256_ZERO;
    if (json_read_quantity(&value, json_get(tx, "value")) != LOFT_OK)
        value = U256_ZERO;
    output_line("", "%s  %s -> %s  %s", text_of(arena, tx, "hash", "?"),
                text_of(arena, tx, "from", "?"),
                text_of(arena, tx, "to", "(new contract)"),
                amount_text(arena, value));
}

static loft_err show(struct node_client *node)
{
    const struct command_line *line = node->line;
    const char *which = line->argc ? line->argv[0] : "latest";
    bool full = command_option(line, "--full");
    const struct json *block;
    struct json_writer *params = node_begin(node, node_is_hash(which)
                                                      ? "eth_getBlockByHash"
                                                      : "eth_getBlockByNumber");
    TRY(node_put_block(params, which));
    json_put_bool(params, full);
    TRY(node_end(node, &block));
    if (json_absent(block))
        return err_say(LOFT_ERR_REFUSED, "the node has no block %s", which);
    if (output_is_json(line)) {
        output_value(block);
        return LOFT_OK;
    }
    output_fields(node->arena, block, block_fields, ARRAY_LEN(block_fields));
    const struct json *list = json_get(block, "transactions");
    for (size_t i = 0; full && i < json_len(list); i++)
        list_transaction(node->arena, json_at(list, i));
    return LOFT_OK;
}

static int run(const struct command_line *line)
{
    return node_command(line, show);
}

const struct command command_block = {
    .name = "block",
    .operands = "[BLOCK]",
    .most = 1,
    .summary = "show a block",
    .help = "BLOCK is a number, a hash, or latest (where it is left out), "
            "earliest,\npending, safe or finalized.\n",
    .options =
        (const struct command_option[]){
            {"--full", NULL, "with its transactions"}, NODE_OPTIONS, {0}},
    .run = run,
};
