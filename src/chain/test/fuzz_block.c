/* What is accepted is written as it was read, in bounded memory. */
#include <stdint.h>

#include "base/assert.h"
#include "chain/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct block block;
    bytes rest = bytes_of(data, len);
    arena_init(&arena);
    if (block_decode(&arena, &block, &rest) == LOFT_OK) {
        struct buffer out = {0};
        block_encode(&out, &block);
        ASSERT(
            bytes_equal(buffer_bytes(&out), bytes_of(data, block.encoded_len)));
        ASSERT(rest.len == len - block.encoded_len);
        hash32 hash = header_hash(&block.header);
        ASSERT(hash32_equal(&hash, &block.hash));
        buffer_free(&out);
    } else {
        ASSERT(rest.at == data && rest.len == len);
    }
    ASSERT(arena.held <= 64 * len + (1 << 20));
    arena_fini(&arena);
    return 0;
}
