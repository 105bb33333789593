#include "base/hex.h"

#include "base/assert.h"

/* One more than a digit is worth; 0: it is none. */
static const uint8_t one_more[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Below 0: not a digit. */
static int digit_value(uint8_t c)
{
    return one_more[c] - 1;
}

#define EACH_BYTE(c) (UINT64_MAX / 255 * (c))

/* The digits of four bytes, side by side: the first byte's are the lowest. */
static uint64_t digits_of(uint64_t four)
{
    uint64_t nibbles = (four | four << 16) & 0x0000ffff0000ffff;
    nibbles = (nibbles | nibbles << 8) & 0x00ff00ff00ff00ff;
    nibbles = (nibbles >> 4 | nibbles << 8) & EACH_BYTE(0x0f);
    uint64_t letters = (nibbles + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);
    return nibbles + EACH_BYTE('0') + letters * ('a' - '0' - 10);
}

void hex_write(char *out, bytes from)
{
    size_t at = 0;
    uint8_t digits[8];
    for (; from.len - at >= 4; at += 4) {
        store_le64(digits, digits_of(load_le32(from.at + at)));
        memcpy(out + 2 * at, digits, sizeof digits);
    }
    for (; at < from.len; at++) {
        store_le64(digits, digits_of(from.at[at]));
        memcpy(out + 2 * at, digits, 2);
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
        uint8_t high = one_more[digits.at[i]], low = one_more[digits.at[i + 1]];
        if (high == 0 || low == 0)
            return err_say(LOFT_ERR_FORMAT, "not a hexadecimal digit");
        out[i / 2] = (uint8_t)((high - 1) << 4 | (low - 1));
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
