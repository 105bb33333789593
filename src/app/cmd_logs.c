/* Logs of contracts, decoded where their event is known. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"
#include "base/hex.h"
#include "codec/abi.h"
#include "codec/abi_text.h"
#include "codec/address_text.h"

#define TOPICS_MAX 4

/* A log as the node sent it. */
struct log {
    const struct json *json;
    hash32 topics[TOPICS_MAX];
    size_t topic_count;
    bytes data;
};

struct query {
    struct node_client *node;
    struct abi_signature event; /* no inputs: none was given */
    bool as_json;
};

static loft_err put_addresses(struct json_writer *json,
                              const struct command_values *values)
{
    address who;
    if (values->count == 0)
        return LOFT_OK;
    json_key(json, "address");
    json_begin_array(json);
    for (unsigned i = 0; i < values->count; i++) {
        TRY(address_text_read(&who, bytes_str(values->at[i])));
        json_put_address(json, &who);
    }
    json_end_array(json);
    return LOFT_OK;
}

/* "any", a hash, or a word given as a number or as an address. */
static loft_err put_topic(struct json_writer *json, const char *text)
{
    u256 word;
    if (strcmp(text, "any") == 0) {
        json_put_null(json);
        return LOFT_OK;
    }
    TRY(command_read_number(&word, text));
    hash32 topic = u256_to_hash(word);
    json_put_hash(json, &topic);
    return LOFT_OK;
}

static loft_err put_topics(const struct query *query, struct json_writer *json)
{
    const struct command_values *topics = command_options(query->node->line,
                                                          "--topic");
    bool has_event = query->event.inputs;
    if (topics->count + has_event > TOPICS_MAX)
        return err_say(LOFT_ERR_USAGE, "a log has %u topics at most",
                       TOPICS_MAX);
    json_key(json, "topics");
    json_begin_array(json);
    if (has_event) {
        hash32 topic = abi_topic(&query->event);
        json_put_hash(json, &topic);
    }
    for (unsigned i = 0; i < topics->count; i++)
        TRY(put_topic(json, topics->at[i]));
    json_end_array(json);
    return LOFT_OK;
}

static loft_err put_filter(const struct query *query, struct json_writer *json)
{
    const struct command_line *line = query->node->line;
    const char *from = command_option(line, "--from");
    const char *to = command_option(line, "--to");
    json_begin_object(json);
    json_key(json, "fromBlock");
    TRY(node_put_block(json, from ? from : "earliest"));
    json_key(json, "toBlock");
    TRY(node_put_block(json, to ? to : "latest"));
    TRY(put_addresses(json, command_options(line, "--address")));
    TRY(put_topics(query, json));
    json_end_object(json);
    return LOFT_OK;
}

static loft_err read_log(struct arena *arena, struct log *out,
                         const struct json *json)
{
    const struct json *topics = json_get(json, "topics");
    *out = (struct log){.json = json, .topic_count = json_len(topics)};
    if (out->topic_count > TOPICS_MAX)
        return err_say(LOFT_ERR_FORMAT, "a log of %zu topics",
                       out->topic_count);
    for (size_t i = 0; i < out->topic_count; i++)
        TRY(json_read_hash(&out->topics[i], json_at(topics, i)));
    return json_get_data(arena, &out->data, json, "data");
}

static bool marks_indexed(const struct abi_type *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->params[i].is_indexed)
            return true;
    return false;
}

/* The event with its first parameters indexed: which they are does not show in
 * "Transfer(address,address,uint256)", and events mostly have those first. */
static struct abi_signature with_indexed(struct arena *arena,
                                         const struct abi_signature *event,
                                         size_t count)
{
    struct abi_signature copy = *event;
    struct abi_type *inputs = ARENA_NEW(arena, struct abi_type);
    struct abi_param *params = ARENA_ARRAY(arena, struct abi_param,
                                           event->inputs->count + 1);
    for (size_t i = 0; i < event->inputs->count; i++) {
        params[i] = event->inputs->params[i];
        params[i].is_indexed = i < count;
    }
    *inputs = *event->inputs;
    inputs->params = params;
    copy.inputs = inputs;
    return copy;
}

/* False: no event was given, or the log is not one of it. */
static bool decode(const struct query *query, struct abi_value *out,
                   const struct log *log)
{
    struct arena *arena = query->node->arena;
    struct abi_signature event = query->event;
    if (!event.inputs)
        return false;
    if (!marks_indexed(event.inputs) && log->topic_count > 1)
        event = with_indexed(arena, &event, log->topic_count - 1);
    return abi_decode_event(out, arena, &event, log->topics, log->topic_count,
                            log->data) == LOFT_OK;
}

/* The node's object, and the event in it. */
static void show_json(const struct query *query, const struct log *log)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    struct abi_value values;
    json_begin_object(&json);
    JSON_FOR_EACH (member, log->json) {
        json_key_bytes(&json, member.key);
        json_put_value(&json, member.value);
    }
    if (decode(query, &values, log)) {
        json_key(&json, "event");
        json_put_text(&json, query->event.text);
        json_key(&json, "arguments");
        abi_put_json(&json, &values);
    }
    json_end_object(&json);
    output_buffer(&text);
}

static void show_arguments(const struct abi_value *values)
{
    for (size_t i = 0; i < values->count; i++) {
        const struct abi_param *param = &values->type->params[i];
        struct buffer text = {0};
        char label[64];
        abi_put_text(&text, &values->items[i]);
        if (param->name.len)
            snprintf(label, sizeof label, "  %.*s", (int)param->name.len,
                     (const char *)param->name.at);
        else
            snprintf(label, sizeof label, "  %zu", i);
        output_line(label, "%.*s", (int)text.len, (const char *)text.at);
        buffer_free(&text);
    }
}

static const struct field log_fields[] = {
    {"address", "  contract", FIELD_TEXT},
    {"transactionHash", "  transaction", FIELD_TEXT},
};

static void show_text(const struct query *query, const struct log *log)
{
    struct arena *arena = query->node->arena;
    struct abi_value values;
    uint64_t block = 0, index = 0;
    bool placed =
        json_get_quantity_u64(&block, log->json, "blockNumber") == LOFT_OK &&
        json_get_quantity_u64(&index, log->json, "logIndex") == LOFT_OK;
    bool is_known = decode(query, &values, log);
    output_title("%s", is_known ? query->event.text : "log");
    if (placed)
        output_line("  block", "%" PRIu64 ", log %" PRIu64, block, index);
    output_fields(arena, log->json, log_fields, ARRAY_LEN(log_fields));
    if (is_known) {
        show_arguments(&values);
        return;
    }
    for (size_t i = 0; i < log->topic_count; i++)
        output_line(i ? "" : "  topics", "%s",
                    hex_string(arena, bytes_hash(&log->topics[i])));
    if (log->data.len)
        output_line("  data", "%s", hex_string(arena, log->data));
}

static loft_err show_all(const struct query *query, const struct json *list)
{
    struct log log;
    for (size_t i = 0; i < json_len(list); i++) {
        struct arena_mark mark = arena_mark(query->node->arena);
        TRY(read_log(query->node->arena, &log, json_at(list, i)));
        if (query->as_json)
            show_json(query, &log);
        else
            show_text(query, &log);
        arena_rewind(query->node->arena, mark);
    }
    return LOFT_OK;
}

static loft_err logs(struct node_client *node)
{
    const char *event = command_option(node->line, "--event");
    const struct json *list;
    struct query query = {.node = node, .as_json = output_is_json(node->line)};
    if (event)
        TRY(abi_signature_read(&query.event, node->arena, bytes_str(event)));
    struct json_writer *params = node_begin(node, "eth_getLogs");
    TRY(put_filter(&query, params));
    TRY(node_end(node, &list));
    return show_all(&query, list);
}

static int run(const struct command_line *line)
{
    return node_command(line, logs);
}

const struct command command_logs = {
    .name = "logs",
    .operands = "",
    .summary = "logs of contracts, decoded where their event is named",
    .help = "loft logs --address 0x5FbD... --event 'Transfer(address indexed "
            "from,address indexed to,uint256 value)'\n\n"
            "Where no parameter is marked as indexed, the first ones are taken "
            "to be, as many as\na log has topics for. As JSON, a line is one "
            "log.\n",
    .options =
        (const struct command_option[]){
            {"--address", "ADDRESS",
             "of this contract; more than one may be given"},
            {"--event", "SIGNATURE",
             "of this event, whose arguments are shown"},
            {"--topic", "WORD",
             "the next topic is this word, number or address, or \"any\""},
            {"--from", "BLOCK", "first block (earliest)"},
            {"--to", "BLOCK", "last block (latest)"},
            NODE_OPTIONS,
            {0}},
    .run = run,
};
