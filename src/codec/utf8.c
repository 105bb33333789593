#include "codec/utf8.h"

#include "base/assert.h"

/* How many bytes a sequence has that begins so, and between which bounds its
 * second byte is. */
struct sequence {
    uint8_t len, low, high;
};

static struct sequence sequence_of(uint8_t first)
{
    if (first < 0x80)
        return (struct sequence){.len = 1};
    if (first < 0xc2 || first > 0xf4)
        return (struct sequence){0};
    if (first < 0xe0)
        return (struct sequence){2, 0x80, 0xbf};
    if (first < 0xf0)
        return (struct sequence){3, first == 0xe0 ? 0xa0 : 0x80,
                                 first == 0xed ? 0x9f : 0xbf};
    return (struct sequence){4, first == 0xf0 ? 0x90 : 0x80,
                             first == 0xf4 ? 0x8f : 0xbf};
}

size_t utf8_sequence(bytes text, bool *is_valid)
{
    struct sequence sequence = sequence_of(text.at[0]);
    *is_valid = false;
    if (sequence.len == 0)
        return 1;
    for (size_t i = 1; i < sequence.len; i++) {
        uint8_t low = i == 1 ? sequence.low : 0x80;
        uint8_t high = i == 1 ? sequence.high : 0xbf;
        if (i == text.len || text.at[i] < low || text.at[i] > high)
            return i;
    }
    *is_valid = true;
    return sequence.len;
}

size_t utf8_write(uint8_t out[UTF8_BYTES_MAX], uint32_t code)
{
    ASSERT(code < 0xd800 || (code > 0xdfff && code <= 0x10ffff));
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {[2] = 0xc0, [3] = 0xe0, [4] = 0xf0};
    for (size_t i = len; --i > 0; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(marks[len] | code);
    return len;
}
