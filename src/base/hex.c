#include "base/hex.h"

#include "base/assert.h"

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void hex_write(char *out, bytes from)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < from.len; i++) {
        out[2 * i] = digits[from.at[i] >> 4];
        out[2 * i + 1] = digits[from.at[i] & 15];
    }
}

char *hex_string(struct arena *arena, bytes from)
{
    char *text = arena_alloc(arena, 2 * from.len + 3);
    text[0] = '0';
    text[1] = 'x';
    hex_write(text + 2, from);
    text[2 * from.len + 2] = 0;
    return text;
}

static bytes without_prefix(bytes text)
{
    if (text.len >= 2 && text.at[0] == '0' && (text.at[1] | 32) == 'x')
        return bytes_of(text.at + 2, text.len - 2);
    return text;
}

static loft_err read_digits(uint8_t *out, bytes digits)
{
    for (size_t i = 0; i < digits.len; i += 2) {
        int high = digit_value(digits.at[i]);
        int low = digit_value(digits.at[i + 1]);
        if (high < 0 || low < 0)
            return err_say(LOFT_ERR_FORMAT, "not a hexadecimal digit");
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return LOFT_OK;
}

loft_err hex_read(struct arena *arena, bytes *out, bytes text)
{
    bytes digits = without_prefix(text);
    if (digits.len % 2)
        return err_say(LOFT_ERR_FORMAT, "an odd number of hexadecimal digits");
    uint8_t *data = arena_alloc(arena, digits.len / 2);
    TRY(read_digits(data, digits));
    *out = bytes_of(data, digits.len / 2);
    return LOFT_OK;
}

loft_err hex_read_exact(void *out, size_t len, bytes text)
{
    bytes digits = without_prefix(text);
    if (digits.len != 2 * len)
        return err_say(LOFT_ERR_FORMAT,
                       "%zu hexadecimal digits where %zu are needed",
                       digits.len, 2 * len);
    return read_digits(out, digits);
}

loft_err hex_read_u256(u256 *out, bytes text)
{
    bytes digits = without_prefix(text);
    if (digits.len == 0 || digits.len == text.len)
        return err_say(LOFT_ERR_FORMAT, "a number begins with 0x and a digit");
    u256 value = U256_ZERO;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = digit_value(digits.at[i]);
        if (digit < 0)
            return err_say(LOFT_ERR_FORMAT, "not a hexadecimal digit");
        if (value.limb[3] >> 60)
            return err_say(LOFT_ERR_FORMAT, "a number of more than 256 bits");
        value = u256_shl(value, 4);
        value.limb[0] |= (uint64_t)digit;
    }
    *out = value;
    return LOFT_OK;
}

loft_err hex_read_u64(uint64_t *out, bytes text)
{
    u256 value;
    TRY(hex_read_u256(&value, text));
    if (!u256_fits_u64(value))
        return err_say(LOFT_ERR_FORMAT, "a number of more than 64 bits");
    *out = value.limb[0];
    return LOFT_OK;
}

size_t hex_quantity(char out[HEX_QUANTITY_MAX], u256 value)
{
    uint8_t be[32];
    char digits[64];
    u256_store_be(be, value);
    hex_write(digits, bytes_of(be, 32));
    size_t skip = 0;
    while (skip < 63 && digits[skip] == '0')
        skip++;
    out[0] = '0';
    out[1] = 'x';
    memcpy(out + 2, digits + skip, 64 - skip);
    out[66 - skip] = 0;
    return 66 - skip;
}
