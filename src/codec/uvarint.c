#include "codec/uvarint.h"

#include "base/assert.h"

enum uvarint_status uvarint_scan(uint64_t *out, bytes *rest)
{
    uint64_t value = 0;
    for (size_t i = 0; i < UVARINT_BYTES_MAX; i++) {
        if (i == rest->len)
            return UVARINT_SHORT;
        uint8_t byte = rest->at[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (byte == 0 && i > 0)
            return UVARINT_NOT_LEAST;
        *out = value;
        *rest = bytes_of(rest->at + i + 1, rest->len - i - 1);
        return UVARINT_READ;
    }
    return UVARINT_TOO_LONG;
}

loft_err uvarint_read(uint64_t *out, bytes *rest)
{
    static const char *const why[] = {
        [UVARINT_SHORT] = "a varint that ends too early",
        [UVARINT_TOO_LONG] = "a varint of more than 9 bytes",
        [UVARINT_NOT_LEAST] = "a varint that is not in its shortest form",
    };
    enum uvarint_status status = uvarint_scan(out, rest);
    if (status == UVARINT_READ)
        return LOFT_OK;
    return err_say(LOFT_ERR_FORMAT, "%s", why[status]);
}

void uvarint_put(struct buffer *out, uint64_t value)
{
    ASSERT(value <= UVARINT_MAX);
    for (; value >= 0x80; value >>= 7)
        buffer_put_byte(out, (uint8_t)(value | 0x80));
    buffer_put_byte(out, (uint8_t)value);
}
