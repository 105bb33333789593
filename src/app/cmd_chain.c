/* What chain a node has, and where it stands. */
#include <inttypes.h>
#include <stdio.h>

#include "app/amount.h"
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"

static loft_err ask_quantity(struct node_client *node, uint64_t *out,
                             const char *method)
{
    const struct json *result;
    TRY(node_ask(node, &result, method));
    return json_read_quantity_u64(out, result);
}

static loft_err ask_block(struct node_client *node, const struct json **block,
                          const char *which)
{
    struct json_writer *params = node_begin(node, "eth_getBlockByNumber");
    json_put_text(params, which);
    json_put_bool(params, false);
    return node_end(node, block);
}

/* What `chain info` gathers. */
struct info {
    uint64_t chain_id, head, time;
    u256 gas_price;
    const char *client;
    const struct json *block;
};

static loft_err gather(struct node_client *node, struct info *info)
{
    const struct json *result;
    TRY(ask_quantity(node, &info->chain_id, "eth_chainId"));
    TRY(node_ask(node, &result, "web3_clientVersion"));
    TRY(json_read_text(&info->client, result));
    TRY(node_ask(node, &result, "eth_gasPrice"));
    TRY(json_read_quantity(&info->gas_price, result));
    TRY(ask_block(node, &info->block, "latest"));
    TRY(json_get_quantity_u64(&info->head, info->block, "number"));
    return json_get_quantity_u64(&info->time, info->block, "timestamp");
}

static void put_info(struct node_client *node, const struct info *info)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    (void)node;
    json_begin_object(&json);
    json_key(&json, "chainId");
    json_put_u64(&json, info->chain_id);
    json_key(&json, "client");
    json_put_text(&json, info->client);
    json_key(&json, "head");
    json_put_u64(&json, info->head);
    json_key(&json, "hash");
    json_put_value(&json, json_get(info->block, "hash"));
    json_key(&json, "timestamp");
    json_put_u64(&json, info->time);
    json_key(&json, "gasPriceWei");
    json_put_u256(&json, info->gas_price);
    json_end_object(&json);
    output_buffer(&text);
}

static const struct field head_fields[] = {
    {"number", "head", FIELD_NUMBER},
    {"hash", "hash", FIELD_TEXT},
    {"timestamp", "time", FIELD_TIME},
    {"gasLimit", "gas limit", FIELD_NUMBER},
    {"baseFeePerGas", "base fee", FIELD_WEI},
};

static loft_err show_info(struct node_client *node)
{
    struct info info;
    TRY(gather(node, &info));
    if (output_is_json(node->line)) {
        put_info(node, &info);
        return LOFT_OK;
    }
    output_line("chain id", "%" PRIu64, info.chain_id);
    output_line("client", "%s",
                output_clean(node->arena, bytes_str(info.client)));
    output_fields(node->arena, info.block, head_fields, ARRAY_LEN(head_fields));
    output_line("gas price", "%s", amount_text(node->arena, info.gas_price));
    return LOFT_OK;
}

static loft_err show_number(struct node_client *node, const char *method)
{
    uint64_t value;
    TRY(ask_quantity(node, &value, method));
    printf("%" PRIu64 "\n", value);
    return LOFT_OK;
}

static loft_err show_id(struct node_client *node)
{
    return show_number(node, "eth_chainId");
}

static loft_err show_head(struct node_client *node)
{
    return show_number(node, "eth_blockNumber");
}

static loft_err show_gas_price(struct node_client *node)
{
    const struct json *result;
    u256 price;
    char digits[U256_DECIMAL_MAX + 1];
    TRY(node_ask(node, &result, "eth_gasPrice"));
    TRY(json_read_quantity(&price, result));
    digits[u256_decimal(digits, price)] = 0;
    if (output_is_json(node->line))
        puts(digits);
    else
        printf("%s (%s wei)\n", amount_text(node->arena, price), digits);
    return LOFT_OK;
}

static int run_info(const struct command_line *line)
{
    return node_command(line, show_info);
}

static int run_id(const struct command_line *line)
{
    return node_command(line, show_id);
}

static int run_head(const struct command_line *line)
{
    return node_command(line, show_head);
}

static int run_gas_price(const struct command_line *line)
{
    return node_command(line, show_gas_price);
}

static const struct command_option options[] = {NODE_OPTIONS, {0}};

const struct command command_chain_info = {
    .name = "chain info",
    .operands = "",
    .summary = "which chain, its head and prices",
    .options = options,
    .run = run_info,
};

const struct command command_chain_id = {
    .name = "chain id",
    .operands = "",
    .summary = "the chain's id",
    .options = options,
    .run = run_id,
};

const struct command command_chain_head = {
    .name = "chain head",
    .operands = "",
    .summary = "the newest block's number",
    .options = options,
    .run = run_head,
};

const struct command command_chain_gas_price = {
    .name = "chain gas-price",
    .operands = "",
    .summary = "what a gas costs, in wei",
    .options = options,
    .run = run_gas_price,
};
