/* The calls of a transaction, as a tree with their gas. */
#include <inttypes.h>
#include <stdio.h>

#include "app/amount.h"
#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"

#define DEPTH_MAX 1024 /* of calls, by the rules of the EVM */
#define INPUT_CHARACTERS_MAX 10

static const char *text_of(struct arena *arena, const struct json *frame,
                           const char *key)
{
    bytes text;
    if (json_read_string(&text, json_get(frame, key)) != LOFT_OK)
        return NULL;
    return output_clean(arena, text);
}

/* "CALL 0x5FbD... a9059cbb 23,000 gas 1 ether" */
static void show_frame(struct arena *arena, const struct json *frame,
                       unsigned depth)
{
    const char *type = text_of(arena, frame, "type");
    const char *to = text_of(arena, frame, "to");
    const char *input = text_of(arena, frame, "input");
    const char *error = text_of(arena, frame, "error");
    const char *reason = text_of(arena, frame, "revertReason");
    u256 gas = U256_ZERO, value = U256_ZERO;
    bool has_gas = json_read_quantity(&gas, json_get(frame, "gasUsed")) ==
                   LOFT_OK;
    bool has_value = json_read_quantity(&value, json_get(frame, "value")) ==
                     LOFT_OK;
    printf("%*s%s %s %.*s", 2 * (int)depth, "", type ? type : "?", to ? to : "",
           INPUT_CHARACTERS_MAX, input ? input : "");
    if (has_gas)
        printf("  %s gas", output_number(arena, gas));
    if (has_value && !u256_is_zero(value))
        printf("  %s", amount_text(arena, value));
    if (error)
        printf("  %s%s%s", error, reason ? ": " : "", reason ? reason : "");
    putchar('\n');
}

static void show_tree(struct arena *arena, const struct json *frame,
                      unsigned depth)
{
    struct arena_mark mark = arena_mark(arena);
    show_frame(arena, frame, depth);
    arena_rewind(arena, mark);
    const struct json *calls = json_get(frame, "calls");
    for (size_t i = 0; i < json_len(calls) && depth < DEPTH_MAX; i++)
        show_tree(arena, json_at(calls, i), depth + 1);
}

static loft_err trace(struct node_client *node)
{
    const char *hash = node->line->argv[0];
    const struct json *result;
    if (!node_is_hash(hash))
        return err_say(LOFT_ERR_USAGE, "%s: not a transaction's hash", hash);
    struct json_writer *params = node_begin(node, "debug_traceTransaction");
    json_put_text(params, hash);
    json_begin_object(params);
    json_key(params, "tracer");
    json_put_text(params, "callTracer");
    json_end_object(params);
    TRY(node_end(node, &result));
    if (output_is_json(node->line))
        output_value(result);
    else
        show_tree(node->arena, result, 0);
    return LOFT_OK;
}

static int run(const struct command_line *line)
{
    return node_command(line, trace);
}

const struct command command_trace = {
    .name = "trace",
    .operands = "HASH",
    .least = 1,
    .most = 1,
    .summary = "the calls that a transaction made, with their gas",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run,
};
