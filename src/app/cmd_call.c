/* Asks a contract, without a transaction. */
#include <stdio.h>

#include "app/amount.h"
#include "app/call_data.h"
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"
#include "base/hex.h"
#include "codec/address_text.h"

static loft_err put_call(struct node_client *node, struct json_writer *json,
                         bytes data)
{
    const char *from = command_option(node->line, "--from");
    const char *value = command_option(node->line, "--value");
    address who;
    u256 wei;
    json_begin_object(json);
    TRY(address_text_read(&who, bytes_str(node->line->argv[0])));
    json_key(json, "to");
    json_put_address(json, &who);
    json_key(json, "data");
    json_put_data(json, data);
    if (from) {
        TRY(address_text_read(&who, bytes_str(from)));
        json_key(json, "from");
        json_put_address(json, &who);
    }
    if (value) {
        TRY(amount_read(&wei, value));
        json_key(json, "value");
        json_put_quantity_u256(json, wei);
    }
    json_end_object(json);
    return LOFT_OK;
}

static loft_err call(struct node_client *node)
{
    const struct command_line *line = node->line;
    const char *block = command_option(line, "--block");
    struct abi_signature signature;
    struct abi_value values;
    const struct json *result;
    bytes data, output;
    TRY(call_data_read(node->arena, &data, &signature, line->argc - 1,
                       line->argv + 1));
    struct json_writer *params = node_begin(node, "eth_call");
    TRY(put_call(node, params, data));
    TRY(node_put_block(params, block ? block : "latest"));
    TRY(node_end(node, &result));
    TRY(json_read_data(node->arena, &output, result));
    if (!signature.outputs) {
        puts(hex_string(node->arena, output));
        return LOFT_OK;
    }
    if (output.len == 0 && signature.outputs->count)
        return err_say(LOFT_ERR_REFUSED,
                       "%s returned nothing: is there a contract?",
                       line->argv[0]);
    TRY(abi_decode(&values, node->arena, signature.outputs, output));
    call_values_show(&values, output_is_json(line));
    return LOFT_OK;
}

static int run(const struct command_line *line)
{
    return node_command(line, call);
}

const struct command command_call = {
    .name = "call",
    .operands = "TO SIGNATURE [ARGUMENT...]",
    .least = 2,
    .most = COMMAND_ANY_NUMBER,
    .summary = "ask a contract, without a transaction",
    .help = "loft call 0x5FbD... 'balanceOf(address)(uint256)' 0xf39F...\n\n"
            "What stands in the second brackets is what comes back; without "
            "them it is shown\nas bytes. SIGNATURE may also be the bytes of "
            "the call.\n",
    .options =
        (const struct command_option[]){
            {"--from", "ADDRESS", "who asks"},
            {"--value", "AMOUNT", "what is paid, as 1.5ether"},
            {"--block", "BLOCK", "after this block (latest)"},
            NODE_OPTIONS,
            {0}},
    .run = run,
};
