/* A stream of JSON values, given whole and in pieces: the same values come out,
 * and each that is JSON by itself ends where the parser ends. */
#include <string.h>

#include "base/assert.h"
#include "base/vec.h"
#include "codec/json.h"
#include "codec/json_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Appends each value with a NUL behind it; false: the stream is wrong. */
static bool split(struct buffer *out, bytes text, size_t piece)
{
    struct json_stream stream = {0};
    size_t skip, used;
    while (text.len) {
        bytes next = bytes_of(text.at, text.len < piece ? text.len : piece);
        enum json_stream_found found = json_stream_next(&stream, &skip, &used,
                                                        next);
        ASSERT(skip <= used && used <= next.len);
        if (found == JSON_STREAM_WRONG)
            return false;
        ASSERT(found == JSON_STREAM_END || used == next.len);
        buffer_put(out, next.at + skip, used - skip);
        if (found == JSON_STREAM_END)
            buffer_put_byte(out, 0);
        text = bytes_of(text.at + used, text.len - used);
    }
    return true;
}

/* The first value, where it is JSON, is JSON to the last byte and not before.
 */
static void check_first(bytes text)
{
    struct json_stream stream = {0};
    struct arena arena;
    const struct json *value;
    size_t skip, used;
    if (json_stream_next(&stream, &skip, &used, text) != JSON_STREAM_END)
        return;
    arena_init(&arena);
    bytes whole = bytes_of(text.at + skip, used - skip);
    if (json_parse(&value, &arena, whole, &JSON_FROM_PEER) == LOFT_OK)
        ASSERT(json_parse(&value, &arena, bytes_of(whole.at, whole.len - 1),
                          &JSON_FROM_PEER) != LOFT_OK);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buffer whole = {0}, pieces = {0};
    bytes text = bytes_of(data, len);
    bool right = split(&whole, text, len ? len : 1);
    ASSERT(split(&pieces, text, 1 + len % 7) == right);
    ASSERT(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
    check_first(text);
    buffer_free(&whole);
    buffer_free(&pieces);
    return 0;
}
