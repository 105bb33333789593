/* Whatever hex_read() takes, hex_string() writes back, but for the prefix and
 * the letters' case; and likewise numbers. */
#include <stdlib.h>
#include <strings.h>

#include "base/assert.h"
#include "base/hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_bytes(struct arena *arena, bytes text)
{
    bytes out;
    if (hex_read(arena, &out, text) != LOFT_OK)
        return;
    const char *again = hex_string(arena, out);
    size_t skip = text.len == 2 * out.len ? 2 : 0;
    ASSERT(strlen(again) == text.len + skip);
    ASSERT(text.len == 0 ||
           strncasecmp(again + skip, (const char *)text.at, text.len) == 0);
}

static void check_number(bytes text)
{
    u256 value, back;
    char again[HEX_QUANTITY_MAX];
    if (hex_read_u256(&value, text) != LOFT_OK)
        return;
    size_t len = hex_quantity(again, value);
    ASSERT(hex_read_u256(&back, bytes_of(again, len)) == LOFT_OK);
    ASSERT(u256_equal(value, back));
    ASSERT(len <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    check_bytes(&arena, bytes_of(data, len));
    check_number(bytes_of(data, len));
    arena_fini(&arena);
    return 0;
}
