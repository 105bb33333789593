/* What is accepted is written as it was read; its logs' bloom holds them. */
#include <stdint.h>

#include "base/assert.h"
#include "chain/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_bloom(struct receipt *receipt)
{
    bloom logs = {{0}};
    bloom_add_receipts(&logs, receipt, 1);
    for (size_t i = 0; i < receipt->log_count; i++)
        ASSERT(bloom_may_hold(&logs, bytes_address(&receipt->logs[i].emitter)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct receipt receipt;
    bytes input = bytes_of(data, len);
    arena_init(&arena);
    if (receipt_decode(&arena, &receipt, input) == LOFT_OK) {
        struct buffer out = {0};
        receipt_encode(&out, &receipt);
        ASSERT(bytes_equal(buffer_bytes(&out), input));
        check_bloom(&receipt);
        buffer_free(&out);
    }
    arena_fini(&arena);
    return 0;
}
