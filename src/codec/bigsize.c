#include "codec/bigsize.h"

#define TWO_BYTES 0xfd
#define FOUR_BYTES 0xfe
#define EIGHT_BYTES 0xff

size_t bigsize_bytes(uint8_t first)
{
    return first < TWO_BYTES ? 1 : 1 + ((size_t)2 << (first - TWO_BYTES));
}

/* The least value that needs so many bytes. */
static uint64_t least_of(size_t len)
{
    return len == 3   ? TWO_BYTES
           : len == 5 ? (uint64_t)1 << 16
           : len == 9 ? (uint64_t)1 << 32
                      : 0;
}

loft_err bigsize_read(uint64_t *out, bytes *rest)
{
    size_t len = rest->len ? bigsize_bytes(rest->at[0]) : 1;
    if (rest->len < len)
        return err_say(LOFT_ERR_FORMAT, "a BigSize that is cut short");
    uint64_t value = len == 1 ? rest->at[0] : 0;
    for (size_t i = 1; i < len; i++)
        value = value << 8 | rest->at[i];
    if (value < least_of(len))
        return err_say(LOFT_ERR_FORMAT, "a BigSize longer than it need be");
    *out = value;
    *rest = bytes_of(rest->at + len, rest->len - len);
    return LOFT_OK;
}

void bigsize_put(struct buffer *out, uint64_t value)
{
    uint8_t at[8];
    store_be64(at, value);
    size_t len = value < TWO_BYTES  ? 1
                 : value >> 16 == 0 ? 2
                 : value >> 32 == 0 ? 4
                                    : 8;
    if (len > 1)
        buffer_put_byte(out, len == 2   ? TWO_BYTES
                             : len == 4 ? FOUR_BYTES
                                        : EIGHT_BYTES);
    buffer_put(out, at + 8 - len, len);
}
