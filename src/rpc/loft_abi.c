/* loft_encode…, loft_decode…: contract values for clients that have no coder
 * of their own, such as the console's pages.
 *
 * An ABI is one entry or a list of them, each as a compiler's JSON has it or
 * as a line (codec/abi_entry.h). */
#include <string.h>

#include "codec/abi.h"
#include "codec/abi_entry.h"
#include "codec/abi_text.h"
#include "rpc/methods.h"
#include "rpc/params.h"

#define ABI_ENTRIES_MAX 4096

/* The entry at `index` of the ABI that parameter 0 is; one that is no list
 * counts as a list of one. */
static const struct json *entry_at(struct rpc_call *call, size_t index)
{
    const struct json *abi = call->params[0];
    return json_kind(abi) == JSON_IS_ARRAY ? json_at(abi, index) : abi;
}

static size_t entry_count(struct rpc_call *call)
{
    const struct json *abi = call->params[0];
    return json_kind(abi) == JSON_IS_ARRAY ? json_len(abi) : 1;
}

static bool entries_bounded(struct rpc_call *call)
{
    return entry_count(call) <= ABI_ENTRIES_MAX ||
           rpc_fail(call, RPC_INVALID_PARAMS,
                    "invalid argument 0: an ABI of more than %d entries",
                    ABI_ENTRIES_MAX);
}

/* The one entry that parameter 0 is. */
static bool read_entry(struct rpc_call *call, struct abi_entry *out)
{
    if (abi_entry_read(out, call->arena, call->params[0]) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    return out->kind != ABI_UNNAMED ||
           rpc_fail(call, RPC_INVALID_PARAMS,
                    "invalid argument 0: an entry without a signature");
}

/* A string is what people would type for the parameter, whatever its type;
 * what is no string is read as JSON. */
static loft_err read_argument(struct abi_value *out, struct arena *arena,
                              const struct abi_type *type,
                              const struct json *json)
{
    bytes text;
    if (type->kind == ABI_STRING || json_kind(json) != JSON_IS_STRING)
        return abi_read_json(out, arena, type, json);
    TRY(json_read_string(&text, json));
    return abi_read_text(out, arena, type, text);
}

static bool read_arguments(struct rpc_call *call, struct abi_value *out,
                           const struct abi_type *inputs)
{
    const struct json *list = call->params[1];
    size_t count = json_len(list);
    if (list && json_kind(list) != JSON_IS_ARRAY)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 1: %s where an array is needed",
                        json_kind_name(list));
    if (count != inputs->count)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 1: %zu values where %zu are needed",
                        count, inputs->count);
    *out = (struct abi_value){.type = inputs, .count = count};
    out->items = ARENA_ARRAY(call->arena, struct abi_value, count);
    for (size_t i = 0; i < count; i++)
        if (read_argument(&out->items[i], call->arena, inputs->params[i].type,
                          json_at(list, i)) != LOFT_OK)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "invalid argument 1: value %zu: %s", i,
                            err_sentence());
    return true;
}

bool loft_encode_call(struct rpc_call *call)
{
    struct abi_entry entry;
    struct abi_value arguments;
    struct buffer out = {0};
    if (!read_entry(call, &entry) ||
        !read_arguments(call, &arguments, entry.signature.inputs))
        return false;
    if (entry.kind != ABI_CONSTRUCTOR && entry.signature.name.len)
        abi_selector(buffer_extend(&out, 4), &entry.signature);
    abi_encode(&out, &arguments);
    json_put_data(call->out, buffer_bytes(&out));
    buffer_free(&out);
    return true;
}

static void put_param(struct rpc_call *call, const struct abi_param *param,
                      const struct abi_value *value)
{
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, "name");
    json_put_string(out, param->name);
    json_key(out, "type");
    json_put_text(out, param->type->text);
    if (param->is_indexed) {
        json_key(out, "indexed");
        json_put_bool(out, true);
    }
    if (value) {
        json_key(out, "value");
        abi_put_json(out, value);
    }
    json_end_object(out);
}

/* The parameters of a signature's tuple, with their values where `values` is
 * not NULL. */
static void put_params(struct rpc_call *call, const struct abi_type *tuple,
                       const struct abi_value *values)
{
    json_begin_array(call->out);
    for (size_t i = 0; i < tuple->count; i++)
        put_param(call, &tuple->params[i], values ? &values->items[i] : NULL);
    json_end_array(call->out);
}

static void put_names(struct rpc_call *call, const struct abi_entry *entry)
{
    json_key(call->out, "kind");
    json_put_text(call->out, abi_entry_kind_name(entry->kind));
    json_key(call->out, "name");
    json_put_string(call->out, entry->signature.name);
    json_key(call->out, "signature");
    json_put_text(call->out, entry->signature.text);
}

static void put_decoded(struct rpc_call *call, const struct abi_entry *entry,
                        const struct abi_value *values)
{
    json_begin_object(call->out);
    put_names(call, entry);
    json_key(call->out, "inputs");
    put_params(call, entry->signature.inputs, values);
    json_end_object(call->out);
}

static void put_selector(struct rpc_call *call, const struct abi_entry *entry)
{
    uint8_t selector[4];
    if (entry->kind == ABI_EVENT) {
        hash32 topic = abi_topic(&entry->signature);
        json_key(call->out, "topic");
        json_put_hash(call->out, &topic);
    } else if (entry->kind != ABI_CONSTRUCTOR) {
        abi_selector(selector, &entry->signature);
        json_key(call->out, "selector");
        json_put_data(call->out, bytes_of(selector, sizeof selector));
    }
}

static void put_entry(struct rpc_call *call, const struct abi_entry *entry)
{
    put_names(call, entry);
    put_selector(call, entry);
    json_key(call->out, "inputs");
    put_params(call, entry->signature.inputs, NULL);
    if (entry->signature.outputs) {
        json_key(call->out, "outputs");
        put_params(call, entry->signature.outputs, NULL);
    }
}

/* One answer for each entry, in their order: what it is called, or why it
 * cannot be read. */
bool loft_read_abi(struct rpc_call *call)
{
    if (!entries_bounded(call))
        return false;
    json_begin_array(call->out);
    for (size_t i = 0; i < entry_count(call); i++) {
        struct abi_entry entry;
        loft_err code = abi_entry_read(&entry, call->arena, entry_at(call, i));
        json_begin_object(call->out);
        if (code != LOFT_OK) {
            json_key(call->out, "error");
            json_put_text(call->out, err_sentence());
        } else if (entry.kind == ABI_UNNAMED) {
            json_key(call->out, "kind");
            json_put_text(call->out, "fallback");
        } else {
            put_entry(call, &entry);
        }
        json_end_object(call->out);
    }
    json_end_array(call->out);
    return true;
}

/* Whether an entry decodes what is looked at, and to what values. */
typedef bool entry_decoder(struct rpc_call *call, struct abi_value *values,
                           const struct abi_entry *entry, const void *what);

/* The first entry that decodes it answers; null where none does. */
static bool decode_by(struct rpc_call *call, entry_decoder *decoder,
                      const void *what)
{
    if (!entries_bounded(call))
        return false;
    for (size_t i = 0; i < entry_count(call); i++) {
        struct abi_entry entry;
        struct abi_value values;
        if (abi_entry_read(&entry, call->arena, entry_at(call, i)) != LOFT_OK)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "invalid argument 0: entry %zu: %s", i,
                            err_sentence());
        if (entry.kind != ABI_UNNAMED && decoder(call, &values, &entry, what)) {
            put_decoded(call, &entry, &values);
            return true;
        }
    }
    json_put_null(call->out);
    return true;
}

static bool decode_input(struct rpc_call *call, struct abi_value *values,
                         const struct abi_entry *entry, bytes data)
{
    uint8_t selector[4];
    abi_selector(selector, &entry->signature);
    return data.len >= sizeof selector &&
           memcmp(data.at, selector, sizeof selector) == 0 &&
           abi_decode(values, call->arena, entry->signature.inputs,
                      bytes_of(data.at + sizeof selector,
                               data.len - sizeof selector)) == LOFT_OK;
}

static bool is_call(struct rpc_call *call, struct abi_value *values,
                    const struct abi_entry *entry, const void *what)
{
    const bytes *data = what;
    return entry->kind == ABI_FUNCTION &&
           decode_input(call, values, entry, *data);
}

static bool is_error(struct rpc_call *call, struct abi_value *values,
                     const struct abi_entry *entry, const void *what)
{
    const bytes *data = what;
    return entry->kind == ABI_ERROR && decode_input(call, values, entry, *data);
}

struct event_log {
    hash32 topics[4];
    size_t topic_count;
    bytes data;
};

static bool is_event(struct rpc_call *call, struct abi_value *values,
                     const struct abi_entry *entry, const void *what)
{
    const struct event_log *event = what;
    if (entry->kind != ABI_EVENT || event->topic_count == 0)
        return false;
    hash32 topic = abi_topic(&entry->signature);
    return hash32_equal(&topic, &event->topics[0]) &&
           abi_decode_event(values, call->arena, &entry->signature,
                            event->topics, event->topic_count,
                            event->data) == LOFT_OK;
}

bool loft_decode_call(struct rpc_call *call)
{
    bytes data;
    return rpc_param_data(call, &data, 1) && decode_by(call, is_call, &data);
}

/* What every contract may revert with needs no ABI. */
static bool put_standard_error(struct rpc_call *call, bytes data, bool *is_put)
{
    static const char *const standard[] = {"error Error(string reason)",
                                           "error Panic(uint256 code)"};
    *is_put = false;
    for (size_t i = 0; i < ARRAY_LEN(standard); i++) {
        struct abi_entry entry = {.kind = ABI_ERROR};
        struct abi_value values;
        if (abi_signature_read(&entry.signature, call->arena,
                               bytes_str(standard[i])) != LOFT_OK)
            return rpc_fail_err(call, LOFT_ERR_FORMAT);
        if (decode_input(call, &values, &entry, data)) {
            put_decoded(call, &entry, &values);
            *is_put = true;
            return true;
        }
    }
    return true;
}

bool loft_decode_error(struct rpc_call *call)
{
    bytes data;
    bool is_put;
    if (!rpc_param_data(call, &data, 1) ||
        !put_standard_error(call, data, &is_put))
        return false;
    return is_put || decode_by(call, is_error, &data);
}

static bool read_log(struct rpc_call *call, struct event_log *out)
{
    const struct json *topics = json_get(call->params[1], "topics");
    out->topic_count = json_len(topics);
    if (out->topic_count > ARRAY_LEN(out->topics))
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 1: a log of more than 4 topics");
    for (size_t i = 0; i < out->topic_count; i++)
        if (json_read_hash(&out->topics[i], json_at(topics, i)) != LOFT_OK)
            return rpc_param_wrong(call, 1);
    return json_get_data(call->arena, &out->data, call->params[1], "data") ==
               LOFT_OK ||
           rpc_param_wrong(call, 1);
}

bool loft_decode_log(struct rpc_call *call)
{
    struct event_log event;
    return read_log(call, &event) && decode_by(call, is_event, &event);
}

bool loft_decode_result(struct rpc_call *call)
{
    struct abi_entry entry;
    struct abi_value values;
    bytes data;
    if (!read_entry(call, &entry) || !rpc_param_data(call, &data, 1))
        return false;
    /* "(uint256)" is results already. */
    const struct abi_type *outputs = entry.signature.outputs;
    if (!outputs && entry.signature.name.len == 0)
        outputs = entry.signature.inputs;
    if (!outputs)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: the entry names no results");
    if (abi_decode(&values, call->arena, outputs, data) != LOFT_OK)
        return rpc_param_wrong(call, 1);
    put_params(call, outputs, &values);
    return true;
}
