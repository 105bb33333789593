#include "codec/abi_entry.h"

#include <ctype.h>
#include <string.h>

#include "base/vec.h"

static const struct {
    const char *name;
    enum abi_entry_kind kind;
} kinds[] = {
    {"function", ABI_FUNCTION}, {"event", ABI_EVENT},
    {"error", ABI_ERROR},       {"constructor", ABI_CONSTRUCTOR},
    {"fallback", ABI_UNNAMED},  {"receive", ABI_UNNAMED},
};

const char *abi_entry_kind_name(enum abi_entry_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "";
}

static bool is_word(bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (!isalpha(c) && c != '_' && c != '$' && (i == 0 || !isdigit(c)))
            return false;
    }
    return true;
}

/* The member as an identifier, empty where it is not there. */
static loft_err get_word(bytes *out, const struct json *entry, const char *key)
{
    *out = (bytes){0};
    if (json_absent(json_get(entry, key)))
        return LOFT_OK;
    TRY(json_get_string(out, entry, key));
    if (out->len > ABI_TYPE_TEXT_MAX || !is_word(*out))
        return err_say(LOFT_ERR_FORMAT, "%s is no identifier", key);
    return LOFT_OK;
}

static loft_err put_params(struct buffer *out, const struct json *params,
                           unsigned depth);

/* "tuple[2][]" is its components in parentheses, then the lists. */
static loft_err put_type(struct buffer *out, const struct json *param,
                         unsigned depth)
{
    bytes type;
    TRY(json_get_string(&type, param, "type"));
    for (size_t i = 0; i < type.len; i++)
        if (!isalnum(type.at[i]) && type.at[i] != '[' && type.at[i] != ']')
            return err_say(LOFT_ERR_FORMAT, "a type with '%c' in it",
                           isprint(type.at[i]) ? type.at[i] : '?');
    size_t word_len = strlen("tuple");
    if (type.len >= word_len && memcmp(type.at, "tuple", word_len) == 0) {
        TRY(put_params(out, json_get(param, "components"), depth + 1));
        type = bytes_of(type.at + word_len, type.len - word_len);
    }
    buffer_put_bytes(out, type);
    return LOFT_OK;
}

static loft_err put_param(struct buffer *out, const struct json *param,
                          unsigned depth)
{
    bool is_indexed = false;
    bytes name;
    TRY(put_type(out, param, depth));
    if (!json_absent(json_get(param, "indexed")))
        TRY(json_get_bool(&is_indexed, param, "indexed"));
    if (is_indexed)
        buffer_printf(out, " indexed");
    TRY(get_word(&name, param, "name"));
    buffer_put_byte(out, ' ');
    buffer_put_bytes(out, name);
    return LOFT_OK;
}

static loft_err put_params(struct buffer *out, const struct json *params,
                           unsigned depth)
{
    if (depth > ABI_DEPTH_MAX)
        return err_say(LOFT_ERR_LIMIT, "tuples in more than %d levels",
                       ABI_DEPTH_MAX);
    if (!json_absent(params) && json_kind(params) != JSON_IS_ARRAY)
        return err_say(LOFT_ERR_FORMAT, "parameters are %s, not an array",
                       json_kind_name(params));
    buffer_put_byte(out, '(');
    for (size_t i = 0; i < json_len(params); i++) {
        if (i)
            buffer_put_byte(out, ',');
        TRY(put_param(out, json_at(params, i), depth));
        if (out->len > ABI_TYPE_TEXT_MAX)
            return err_say(LOFT_ERR_LIMIT,
                           "an entry of more than %d characters",
                           ABI_TYPE_TEXT_MAX);
    }
    buffer_put_byte(out, ')');
    return LOFT_OK;
}

/* The line that says the same. */
static loft_err put_line(struct buffer *out, enum abi_entry_kind kind,
                         const struct json *json)
{
    bytes name = bytes_str("constructor");
    if (kind != ABI_CONSTRUCTOR)
        TRY(get_word(&name, json, "name"));
    if (name.len == 0)
        return err_say(LOFT_ERR_FORMAT, "an entry without a name");
    buffer_put_bytes(out, name);
    TRY(put_params(out, json_get(json, "inputs"), 0));
    if (!json_get(json, "outputs"))
        return LOFT_OK;
    buffer_printf(out, " returns ");
    return put_params(out, json_get(json, "outputs"), 0);
}

/* "function" where nothing is said, as old compilers left it out. */
static loft_err read_kind(enum abi_entry_kind *out, const struct json *json)
{
    bytes type = bytes_str("function");
    if (json_get(json, "type"))
        TRY(json_get_string(&type, json, "type"));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (bytes_equal(type, bytes_str(kinds[i].name))) {
            *out = kinds[i].kind;
            return LOFT_OK;
        }
    }
    return err_say(LOFT_ERR_FORMAT, "no kind of ABI entry: '%.*s'",
                   type.len < 40 ? (int)type.len : 40, (const char *)type.at);
}

static loft_err read_object(struct abi_entry *out, struct arena *arena,
                            const struct json *json)
{
    struct buffer line = {0};
    TRY(read_kind(&out->kind, json));
    if (out->kind == ABI_UNNAMED)
        return LOFT_OK;
    loft_err code = put_line(&line, out->kind, json);
    bytes text = code == LOFT_OK ? arena_copy(arena, buffer_bytes(&line))
                                 : (bytes){0};
    buffer_free(&line);
    TRY(code);
    return abi_signature_read(&out->signature, arena, text);
}

/* A function may be called "error" or "event": those words have a space
 * behind them where they say what a line is. */
static bool begins_with(bytes text, const char *word, bool is_alone)
{
    size_t len = strlen(word);
    return text.len > len && memcmp(text.at, word, len) == 0 &&
           (text.at[len] == ' ' || (is_alone && text.at[len] == '('));
}

static loft_err read_line(struct abi_entry *out, struct arena *arena,
                          bytes line)
{
    while (line.len && line.at[0] == ' ')
        line = bytes_of(line.at + 1, line.len - 1);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (begins_with(line, kinds[i].name,
                        kinds[i].kind >= ABI_CONSTRUCTOR)) {
            out->kind = kinds[i].kind;
            break;
        }
    if (out->kind == ABI_UNNAMED)
        return LOFT_OK;
    return abi_signature_read(&out->signature, arena, line);
}

loft_err abi_entry_read(struct abi_entry *out, struct arena *arena,
                        const struct json *json)
{
    *out = (struct abi_entry){.kind = ABI_FUNCTION};
    if (json_kind(json) == JSON_IS_OBJECT)
        return read_object(out, arena, json);
    bytes line;
    TRY(json_read_string(&line, json));
    return read_line(out, arena, line);
}
