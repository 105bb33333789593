#include "app/call_data.h"

#include <stdio.h>
#include <string.h>

#include "app/output.h"
#include "codec/abi_text.h"

loft_err call_arguments_read(struct arena *arena, struct buffer *out,
                             const struct abi_type *inputs, int count,
                             char **words)
{
    struct abi_value arguments;
    bytes *texts = ARENA_ARRAY(arena, bytes, (size_t)count + 1);
    for (int i = 0; i < count; i++)
        texts[i] = bytes_str(words[i]);
    TRY(abi_read_texts(&arguments, arena, inputs, texts, (size_t)count));
    abi_encode(out, &arguments);
    return LOFT_OK;
}

static loft_err read_call(struct arena *arena, struct buffer *out,
                          const struct abi_signature *signature, int count,
                          char **words)
{
    if (signature->name.len)
        abi_selector(buffer_extend(out, 4), signature);
    return call_arguments_read(arena, out, signature->inputs, count - 1,
                               words + 1);
}

loft_err call_data_read(struct arena *arena, bytes *out,
                        struct abi_signature *signature, int count,
                        char **words)
{
    struct buffer data = {0};
    *signature = (struct abi_signature){0};
    *out = BYTES_EMPTY;
    if (count == 0)
        return LOFT_OK;
    if (strncmp(words[0], "0x", 2) == 0 || words[0][0] == '@') {
        if (count > 1)
            return err_say(LOFT_ERR_USAGE,
                           "arguments need a signature, not bytes");
        return command_read_bytes(arena, out, words[0]);
    }
    TRY(abi_signature_read(signature, arena, bytes_str(words[0])));
    loft_err code = read_call(arena, &data, signature, count, words);
    if (code == LOFT_OK)
        *out = arena_copy(arena, buffer_bytes(&data));
    buffer_free(&data);
    return code;
}

void call_values_show(const struct abi_value *values, bool as_json)
{
    struct buffer out = {0};
    struct json_writer json = {.out = &out};
    if (as_json)
        abi_put_json(&json, values);
    for (size_t i = 0; i < values->count && !as_json; i++) {
        if (i)
            buffer_put_byte(&out, '\n');
        abi_put_text(&out, &values->items[i]);
    }
    output_buffer(&out);
}
