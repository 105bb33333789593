/* What u256_read_decimal() takes, u256_decimal() writes back, but for leading
 * zeros. */
#include "base/assert.h"
#include "base/u256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    u256 value;
    char again[U256_DECIMAL_MAX];
    if (!u256_read_decimal(&value, bytes_of(data, len)))
        return 0;
    size_t written = u256_decimal(again, value);
    size_t zeros = 0;
    while (zeros + 1 < len && data[zeros] == '0')
        zeros++;
    ASSERT(written == len - zeros);
    ASSERT(memcmp(again, data + zeros, written) == 0);
    return 0;
}
