/* Typed data has a digest or is refused, the same each time. */
#include <stdint.h>

#include "base/assert.h"
#include "codec/typed_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    const struct json *json;
    hash32 first, again;
    arena_init(&arena);
    if (json_parse(&json, &arena, bytes_of(data, len), &JSON_FROM_PEER) ==
        LOFT_OK) {
        loft_err code = typed_data_digest(&first, &arena, json);
        ASSERT(typed_data_digest(&again, &arena, json) == code);
        ASSERT(code != LOFT_OK || hash32_equal(&first, &again));
    }
    arena_fini(&arena);
    return 0;
}
