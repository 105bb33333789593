/* Any method of the node's JSON-RPC. */
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"

/* What is JSON is sent as it is; anything else as a string. */
static void put_param(struct arena *arena, struct json_writer *params,
                      const char *text)
{
    const struct json *value;
    if (json_parse(&value, arena, bytes_str(text), &JSON_FROM_FILE) == LOFT_OK)
        json_put_value(params, value);
    else
        json_put_text(params, text);
}

static loft_err call(struct node_client *node)
{
    const struct command_line *line = node->line;
    const struct json *result;
    struct json_writer *params = node_begin(node, line->argv[0]);
    for (int i = 1; i < line->argc; i++)
        put_param(node->arena, params, line->argv[i]);
    TRY(node_end(node, &result));
    output_value(result);
    return LOFT_OK;
}

static int run(const struct command_line *line)
{
    return node_command(line, call);
}

const struct command command_rpc = {
    .name = "rpc",
    .operands = "METHOD [PARAMETER...]",
    .least = 1,
    .most = COMMAND_ANY_NUMBER,
    .summary = "call any method of the node, and show its result as JSON",
    .help = "loft rpc eth_getBlockByNumber latest false\n\n"
            "A PARAMETER that is JSON is sent as it is, anything else as a "
            "string.\n",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run,
};
