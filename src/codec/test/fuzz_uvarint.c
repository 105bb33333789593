/* What is accepted has one encoding: written again, it is the same bytes. */
#include "base/assert.h"
#include "codec/uvarint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    bytes rest = bytes_of(data, len);
    uint64_t value = 0;
    struct buffer out = {0};
    while (uvarint_read(&value, &rest) == LOFT_OK)
        uvarint_put(&out, value);
    ASSERT(bytes_equal(buffer_bytes(&out), bytes_of(data, len - rest.len)));
    buffer_free(&out);
    return 0;
}
