/* What is accepted says the same after it is written and read again, and what
 * is written is accepted. */
#include <stdint.h>

#include "base/assert.h"
#include "codec/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_and_read(struct arena *arena, const struct json *value)
{
    const struct json *again;
    struct buffer out = {0};
    struct json_writer json = {&out, false};
    json_put_value(&json, value);
    ASSERT(json_parse(&again, arena, buffer_bytes(&out), &JSON_FROM_FILE) ==
           LOFT_OK);
    ASSERT(json_same(value, again));
    buffer_free(&out);
}

/* Any bytes at all make a string. */
static void write_string(struct arena *arena, bytes text)
{
    const struct json *value;
    struct buffer out = {0};
    struct json_writer json = {&out, false};
    json_begin_array(&json);
    json_put_string(&json, text);
    json_end_array(&json);
    ASSERT(json_parse(&value, arena, buffer_bytes(&out), &JSON_FROM_FILE) ==
           LOFT_OK);
    ASSERT(json_kind(json_at(value, 0)) == JSON_IS_STRING);
    write_and_read(arena, value);
    buffer_free(&out);
}

/* A reader fails or succeeds; it never does harm. */
static void read_all(struct arena *arena, const struct json *value)
{
    u256 wide = U256_ZERO;
    uint64_t number;
    int64_t whole;
    bytes text;
    (void)!json_read_any_u256(&wide, value);
    (void)!json_read_quantity(&wide, value);
    (void)!json_read_u64(&number, value);
    (void)!json_read_i64(&whole, value);
    (void)!json_read_data(arena, &text, value);
    for (size_t i = 0; i < json_len(value); i++)
        if (json_at(value, i))
            read_all(arena, json_at(value, i));
    JSON_FOR_EACH (member, value)
        read_all(arena, member.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct json *value;
    struct arena arena;
    arena_init(&arena);
    if (json_parse(&value, &arena, bytes_of(data, len), &JSON_FROM_PEER) ==
        LOFT_OK) {
        write_and_read(&arena, value);
        read_all(&arena, value);
    }
    write_string(&arena, bytes_of(data, len));
    arena_fini(&arena);
    return 0;
}
