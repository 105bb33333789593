/* The input is a type, a newline, and data of that type. What decodes comes
 * back from its encoding, from its text and from its JSON. */
#include <stdint.h>

#include "base/assert.h"
#include "codec/abi_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct arena arena;

static void assert_text(const struct abi_value *value, bytes want)
{
    struct buffer text = {0};
    abi_put_text(&text, value);
    ASSERT(bytes_equal(buffer_bytes(&text), want));
    buffer_free(&text);
}

static void encode_and_decode(const struct abi_value *value, bytes text)
{
    struct abi_value again;
    struct buffer out = {0};
    abi_encode(&out, value);
    ASSERT(abi_decode(&again, &arena, value->type, buffer_bytes(&out)) ==
           LOFT_OK);
    assert_text(&again, text);
    buffer_free(&out);
}

static void write_and_read_json(const struct abi_value *value, bytes text)
{
    struct abi_value again;
    struct buffer out = {0};
    struct json_writer writer = {&out, false};
    const struct json *json;
    abi_put_json(&writer, value);
    ASSERT(json_parse(&json, &arena, buffer_bytes(&out), &JSON_FROM_FILE) ==
           LOFT_OK);
    ASSERT(abi_read_json(&again, &arena, value->type, json) == LOFT_OK);
    assert_text(&again, text);
    buffer_free(&out);
}

static void run(const struct abi_type *type, bytes data)
{
    struct abi_value value, again;
    if (abi_decode(&value, &arena, type, data) != LOFT_OK)
        return;
    struct buffer text = {0};
    abi_put_text(&text, &value);
    ASSERT(abi_read_text(&again, &arena, type, buffer_bytes(&text)) == LOFT_OK);
    assert_text(&again, buffer_bytes(&text));
    encode_and_decode(&value, buffer_bytes(&text));
    write_and_read_json(&value, buffer_bytes(&text));
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct abi_type *type, *same;
    struct abi_signature signature;
    struct abi_value value;
    const uint8_t *newline = len ? memchr(data, '\n', len) : NULL;
    size_t head = newline ? (size_t)(newline - data) : len;
    bytes text = bytes_of(data, head);
    bytes rest = newline ? bytes_of(newline + 1, len - head - 1) : BYTES_EMPTY;
    if (abi_type_read(&type, &arena, text) == LOFT_OK) {
        ASSERT(abi_type_read(&same, &arena, bytes_str(type->text)) == LOFT_OK);
        ASSERT(strcmp(type->text, same->text) == 0);
        run(type, rest);
        (void)!abi_read_text(&value, &arena, type, rest);
    }
    if (abi_signature_read(&signature, &arena, text) == LOFT_OK)
        (void)!abi_decode(&value, &arena, signature.inputs, rest);
    (void)abi_revert_reason(&arena, rest);
    arena_reset(&arena);
    return 0;
}
