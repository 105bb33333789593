#include "codec/abi_text.h"

#include "base/assert.h"
#include "base/hex.h"
#include "codec/address_text.h"

static bytes trim(bytes text)
{
    while (text.len && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = bytes_of(text.at + 1, text.len - 1);
    while (text.len &&
           (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static bool is_hex(bytes text)
{
    return text.len >= 2 && text.at[0] == '0' && (text.at[1] | 32) == 'x';
}

static loft_err read_magnitude(u256 *out, bytes text)
{
    if (is_hex(text))
        return hex_read_u256(out, text);
    if (!u256_read_decimal(out, text))
        return err_say(LOFT_ERR_FORMAT, "'%.*s' is not a number of 256 bits",
                       text.len < 80 ? (int)text.len : 80,
                       (const char *)text.at);
    return LOFT_OK;
}

static loft_err say_out_of_range(void)
{
    return err_say(LOFT_ERR_FORMAT, "the number is out of range");
}

static loft_err read_uint(struct abi_value *out, bytes text)
{
    TRY(read_magnitude(&out->word, text));
    if (u256_bits(out->word) > out->type->size)
        return say_out_of_range();
    return LOFT_OK;
}

/* From -2^(size-1) to 2^(size-1) - 1. */
static loft_err read_int(struct abi_value *out, bytes text)
{
    bool is_negative = text.len && text.at[0] == '-';
    if (is_negative)
        text = bytes_of(text.at + 1, text.len - 1);
    u256 magnitude;
    TRY(read_magnitude(&magnitude, text));
    u256 bound = u256_shl(U256_ONE, out->type->size - 1);
    if (u256_compare(magnitude, bound) >= (is_negative ? 1 : 0))
        return say_out_of_range();
    out->word = is_negative ? u256_negate(magnitude) : magnitude;
    return LOFT_OK;
}

static loft_err read_address(struct abi_value *out, bytes text)
{
    address who;
    TRY(address_text_read(&who, text));
    out->word = u256_from_address(&who);
    return LOFT_OK;
}

static loft_err read_bool(struct abi_value *out, bytes text)
{
    bool is_true = bytes_equal(text, bytes_str("true"));
    if (!is_true && !bytes_equal(text, bytes_str("false")))
        return err_say(LOFT_ERR_FORMAT, "neither true nor false");
    out->word = u256_from(is_true);
    return LOFT_OK;
}

static loft_err read_data(struct abi_value *out, struct arena *arena,
                          bytes text)
{
    TRY(hex_read(arena, &out->data, text));
    size_t size = out->type->size;
    if (out->type->kind == ABI_FIXED_BYTES && out->data.len != size)
        return err_say(LOFT_ERR_FORMAT, "%zu bytes where %zu are needed",
                       out->data.len, size);
    return LOFT_OK;
}

/* A string in quotes is one of JSON. */
static loft_err read_string(struct abi_value *out, struct arena *arena,
                            bytes text)
{
    out->data = text;
    if (text.len == 0 || text.at[0] != '"')
        return LOFT_OK;
    const struct json *json;
    TRY(json_parse(&json, arena, text, &JSON_FROM_FILE));
    return json_read_string(&out->data, json);
}

static loft_err read_scalar(struct abi_value *out, struct arena *arena,
                            bytes text)
{
    switch (out->type->kind) {
    case ABI_UINT:
        return read_uint(out, text);
    case ABI_INT:
        return read_int(out, text);
    case ABI_ADDRESS:
        return read_address(out, text);
    case ABI_BOOL:
        return read_bool(out, text);
    case ABI_FIXED_BYTES:
    case ABI_BYTES:
        return read_data(out, arena, text);
    case ABI_STRING:
        out->data = text;
        return LOFT_OK;
    case ABI_LIST:
    case ABI_FIXED_LIST:
    case ABI_TUPLE:
        break;
    }
    return err_say(LOFT_ERR_FORMAT, "one value where several are needed");
}

static loft_err name_type(loft_err err, const struct abi_type *type)
{
    return LIKELY(err == LOFT_OK) ? err : err_in(err, "%s", type->text);
}

/* The length of the piece that text begins with: up to a comma that stands
 * in no bracket and no quotes. */
static size_t piece_len(bytes text)
{
    size_t depth = 0;
    bool in_quotes = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c == '"')
            in_quotes = !in_quotes;
        if (in_quotes) {
            i += c == '\\';
            continue;
        }
        if (c == ',' && depth == 0)
            return i;
        depth += c == '[' || c == '(';
        depth -= (c == ']' || c == ')') && depth > 0;
    }
    return text.len;
}

static bytes take_piece(bytes *rest)
{
    size_t len = piece_len(*rest), more = len < rest->len;
    bytes piece = trim(bytes_of(rest->at, len));
    *rest = bytes_of(rest->at + len + more, rest->len - len - more);
    return piece;
}

static size_t count_pieces(bytes inside)
{
    size_t count = 0;
    for (bool more = trim(inside).len > 0; more; count++) {
        size_t len = piece_len(inside);
        more = len < inside.len;
        inside = bytes_of(inside.at + len + more, inside.len - len - more);
    }
    return count;
}

static const struct abi_type *type_of_item(const struct abi_type *type,
                                           size_t index)
{
    return type->kind == ABI_TUPLE ? type->params[index].type : type->element;
}

/* Makes room for the items, where there may be so many. */
static loft_err begin_items(struct abi_value *out, struct arena *arena,
                            size_t count)
{
    if (out->type->kind != ABI_LIST && count != out->type->count)
        return err_say(LOFT_ERR_FORMAT, "%zu values where %zu are needed",
                       count, out->type->count);
    out->count = count;
    out->items = ARENA_ARRAY(arena, struct abi_value, count);
    for (size_t i = 0; i < count; i++)
        out->items[i].type = type_of_item(out->type, i);
    return LOFT_OK;
}

static loft_err read_items(struct abi_value *out, struct arena *arena,
                           bytes text)
{
    bool is_tuple = out->type->kind == ABI_TUPLE;
    if (text.len < 2 || text.at[0] != (is_tuple ? '(' : '[') ||
        text.at[text.len - 1] != (is_tuple ? ')' : ']'))
        return err_say(LOFT_ERR_FORMAT, "does not stand in %s",
                       is_tuple ? "( and )" : "[ and ]");
    bytes inside = bytes_of(text.at + 1, text.len - 2);
    TRY(begin_items(out, arena, count_pieces(inside)));
    for (size_t i = 0; i < out->count; i++)
        TRY(abi_read_text(&out->items[i], arena, out->items[i].type,
                          take_piece(&inside)));
    return LOFT_OK;
}

static bool has_items(const struct abi_type *type)
{
    return type->kind >= ABI_LIST;
}

loft_err abi_read_text(struct abi_value *out, struct arena *arena,
                       const struct abi_type *type, bytes text)
{
    *out = (struct abi_value){.type = type};
    text = trim(text);
    if (has_items(type))
        return name_type(read_items(out, arena, text), type);
    if (type->kind == ABI_STRING)
        return name_type(read_string(out, arena, text), type);
    return name_type(read_scalar(out, arena, text), type);
}

loft_err abi_read_texts(struct abi_value *out, struct arena *arena,
                        const struct abi_type *type, const bytes *texts,
                        size_t count)
{
    ASSERT(type->kind == ABI_TUPLE);
    *out = (struct abi_value){.type = type};
    TRY(name_type(begin_items(out, arena, count), type));
    for (size_t i = 0; i < count; i++) {
        struct abi_value *item = &out->items[i];
        if (item->type->kind == ABI_STRING)
            item->data = texts[i];
        else
            TRY(abi_read_text(item, arena, item->type, texts[i]));
    }
    return LOFT_OK;
}

static const struct json *json_item(const struct abi_type *type,
                                    struct arena *arena,
                                    const struct json *json, size_t index)
{
    if (json_kind(json) == JSON_IS_ARRAY)
        return json_at(json, index);
    return json_get(json, arena_string(arena, type->params[index].name));
}

static loft_err read_json_items(struct abi_value *out, struct arena *arena,
                                const struct json *json)
{
    enum json_kind kind = json_kind(json);
    if (kind != JSON_IS_ARRAY &&
        !(kind == JSON_IS_OBJECT && out->type->kind == ABI_TUPLE))
        return err_say(LOFT_ERR_FORMAT, "%s where an array is needed",
                       json_kind_name(json));
    TRY(begin_items(out, arena, json_len(json)));
    for (size_t i = 0; i < out->count; i++)
        TRY(abi_read_json(&out->items[i], arena, out->items[i].type,
                          json_item(out->type, arena, json, i)));
    return LOFT_OK;
}

static loft_err read_json_scalar(struct abi_value *out, struct arena *arena,
                                 const struct json *json)
{
    char room[JSON_SHORT_MAX];
    bool truth;
    bytes text;
    bool is_integer = out->type->kind == ABI_UINT || out->type->kind == ABI_INT;
    if (out->type->kind == ABI_BOOL) {
        TRY(json_read_bool(&truth, json));
        out->word = u256_from(truth);
        return LOFT_OK;
    }
    if (is_integer && json_kind(json) == JSON_IS_NUMBER)
        text = json_number(room, json);
    else
        TRY(json_read_string(&text, json));
    return read_scalar(out, arena, text);
}

loft_err abi_read_json(struct abi_value *out, struct arena *arena,
                       const struct abi_type *type, const struct json *json)
{
    *out = (struct abi_value){.type = type};
    if (has_items(type))
        return name_type(read_json_items(out, arena, json), type);
    return name_type(read_json_scalar(out, arena, json), type);
}

#define SCALAR_TEXT_MAX (U256_DECIMAL_MAX + 1)

static void decimal(char out[SCALAR_TEXT_MAX], const struct abi_value *value)
{
    bool is_negative = value->type->kind == ABI_INT &&
                       u256_is_negative(value->word);
    out[0] = '-';
    u256_decimal(out + is_negative,
                 is_negative ? u256_negate(value->word) : value->word);
}

/* A word as a C string. */
static void word_text(char out[SCALAR_TEXT_MAX], const struct abi_value *value)
{
    if (value->type->kind == ABI_ADDRESS) {
        address who = u256_to_address(value->word);
        address_text(out, &who);
    } else if (value->type->kind == ABI_BOOL) {
        strcpy(out, u256_is_zero(value->word) ? "false" : "true");
    } else {
        decimal(out, value);
    }
}

static void put_hex(struct buffer *out, bytes data)
{
    buffer_put(out, "0x", 2);
    if (data.len)
        hex_write((char *)buffer_extend(out, 2 * data.len), data);
}

static void put_items(struct buffer *out, const struct abi_value *value)
{
    bool is_tuple = value->type->kind == ABI_TUPLE;
    buffer_put_byte(out, is_tuple ? '(' : '[');
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            buffer_put(out, ", ", 2);
        abi_put_text(out, &value->items[i]);
    }
    buffer_put_byte(out, is_tuple ? ')' : ']');
}

void abi_put_text(struct buffer *out, const struct abi_value *value)
{
    char text[SCALAR_TEXT_MAX];
    struct json_writer quoted = {out, false};
    switch (value->type->kind) {
    case ABI_UINT:
    case ABI_INT:
    case ABI_ADDRESS:
    case ABI_BOOL:
        word_text(text, value);
        buffer_put_bytes(out, bytes_str(text));
        break;
    case ABI_FIXED_BYTES:
    case ABI_BYTES:
        put_hex(out, value->data);
        break;
    case ABI_STRING:
        json_put_string(&quoted, value->data);
        break;
    case ABI_LIST:
    case ABI_FIXED_LIST:
    case ABI_TUPLE:
        put_items(out, value);
        break;
    }
}

/* Names that differ; tuples of more parameters than this stay arrays, since
 * every pair is compared. */
#define NAMED_MAX 64

static bool is_named(const struct abi_type *type)
{
    if (type->kind != ABI_TUPLE || type->count == 0 || type->count > NAMED_MAX)
        return false;
    for (size_t i = 0; i < type->count; i++) {
        if (type->params[i].name.len == 0)
            return false;
        for (size_t k = 0; k < i; k++)
            if (bytes_equal(type->params[i].name, type->params[k].name))
                return false;
    }
    return true;
}

static void put_json_object(struct json_writer *json,
                            const struct abi_value *value)
{
    json_begin_object(json);
    for (size_t i = 0; i < value->count; i++) {
        json_key_bytes(json, value->type->params[i].name);
        abi_put_json(json, &value->items[i]);
    }
    json_end_object(json);
}

static void put_json_array(struct json_writer *json,
                           const struct abi_value *value)
{
    json_begin_array(json);
    for (size_t i = 0; i < value->count; i++)
        abi_put_json(json, &value->items[i]);
    json_end_array(json);
}

void abi_put_json(struct json_writer *json, const struct abi_value *value)
{
    char text[SCALAR_TEXT_MAX];
    switch (value->type->kind) {
    case ABI_UINT:
    case ABI_INT:
    case ABI_ADDRESS:
        word_text(text, value);
        json_put_text(json, text);
        break;
    case ABI_BOOL:
        json_put_bool(json, !u256_is_zero(value->word));
        break;
    case ABI_FIXED_BYTES:
    case ABI_BYTES:
        json_put_data(json, value->data);
        break;
    case ABI_STRING:
        json_put_string(json, value->data);
        break;
    case ABI_LIST:
    case ABI_FIXED_LIST:
    case ABI_TUPLE:
        if (is_named(value->type))
            put_json_object(json, value);
        else
            put_json_array(json, value);
        break;
    }
}
