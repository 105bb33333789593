#include "app/artifact.h"

#include <string.h>

#include "base/hex.h"
#include "base/vec.h"
#include "codec/abi_type.h"
#include "codec/json.h"

static loft_err put_types(struct buffer *out, const struct json *parameters,
                          unsigned depth);

/* "tuple[]" is its components in brackets, and "[]". */
static loft_err put_type(struct buffer *out, const struct json *parameter,
                         unsigned depth)
{
    static const char tuple[] = "tuple";
    const char *type;
    size_t len = strlen(tuple);
    TRY(json_get_text(&type, parameter, "type"));
    if (strncmp(type, tuple, len) == 0) {
        TRY(put_types(out, json_get(parameter, "components"), depth + 1));
        type += len;
    }
    buffer_put_bytes(out, bytes_str(type));
    return LOFT_OK;
}

static loft_err put_types(struct buffer *out, const struct json *parameters,
                          unsigned depth)
{
    if (depth > ABI_DEPTH_MAX)
        return err_say(LOFT_ERR_LIMIT, "tuples in tuples are too deep");
    buffer_put_byte(out, '(');
    for (size_t i = 0; i < json_len(parameters); i++) {
        if (i)
            buffer_put_byte(out, ',');
        TRY(put_type(out, json_at(parameters, i), depth));
    }
    buffer_put_byte(out, ')');
    return LOFT_OK;
}

loft_err artifact_types(struct arena *arena, const char **out,
                        const struct json *parameters)
{
    struct buffer text = {0};
    loft_err code = put_types(&text, parameters, 0);
    if (code == LOFT_OK)
        *out = arena_string(arena, buffer_bytes(&text));
    buffer_free(&text);
    return code;
}

static loft_err read_constructor(struct arena *arena, struct artifact *out,
                                 const struct json *abi)
{
    bytes type;
    out->constructor = "()";
    for (size_t i = 0; i < json_len(abi); i++) {
        const struct json *item = json_at(abi, i);
        if (json_read_string(&type, json_get(item, "type")) == LOFT_OK &&
            bytes_equal(type, bytes_str("constructor")))
            return artifact_types(arena, &out->constructor,
                                  json_get(item, "inputs"));
    }
    return LOFT_OK;
}

/* Hardhat's "bytecode", Foundry's "bytecode.object", solc's
 * "evm.bytecode.object". */
static const struct json *find_bytecode(const struct json *file)
{
    const struct json *code = json_get(file, "bytecode");
    if (!code)
        code = json_get(json_get(file, "evm"), "bytecode");
    return json_kind(code) == JSON_IS_OBJECT ? json_get(code, "object") : code;
}

static loft_err read_bytecode(struct arena *arena, struct artifact *out,
                              const struct json *file, const char *path)
{
    bytes text;
    if (json_read_string(&text, find_bytecode(file)) != LOFT_OK)
        return err_say(LOFT_ERR_FORMAT, "%s: no \"bytecode\"", path);
    if (memmem(text.at, text.len, "__", 2))
        return err_say(LOFT_ERR_REFUSED, "%s: a library is not linked", path);
    if (hex_read(arena, &out->bytecode, text) != LOFT_OK)
        return err_in(LOFT_ERR_FORMAT, "%s: \"bytecode\"", path);
    if (out->bytecode.len == 0)
        return err_say(LOFT_ERR_REFUSED, "%s: an interface has no code", path);
    return LOFT_OK;
}

static bool is_json_path(const char *text)
{
    size_t len = strlen(text);
    return len > 5 && strcmp(text + len - 5, ".json") == 0;
}

loft_err artifact_read(struct arena *arena, struct artifact *out,
                       const char *operand)
{
    const struct json *file;
    bytes text;
    *out = (struct artifact){.constructor = "()"};
    if (!is_json_path(operand))
        return command_read_bytes(arena, &out->bytecode, operand);
    TRY(command_read_file(arena, &text, operand));
    loft_err code = json_parse(&file, arena, text, &JSON_FROM_FILE);
    if (code != LOFT_OK)
        return err_in(code, "%s", operand);
    TRY(read_bytecode(arena, out, file, operand));
    return read_constructor(arena, out, json_get(file, "abi"));
}
