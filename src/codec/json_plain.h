#pragma once
/* Text that a JSON string may hold as it is and that needs no other look:
 * ASCII without quotes, backslashes and control characters. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_EACH_BYTE(c) (UINT64_MAX / 255 * (c))

/* Not 0 where one of eight bytes is c. Bytes above it may be told wrongly. */
static inline uint64_t json_has_byte(uint64_t eight, uint8_t c)
{
    uint64_t rest = eight ^ JSON_EACH_BYTE(c);
    return (rest - JSON_EACH_BYTE(1)) & ~rest & JSON_EACH_BYTE(0x80);
}

static inline uint64_t json_not_plain(uint64_t eight)
{
    uint64_t control = (eight - JSON_EACH_BYTE(0x20)) & ~eight;
    return ((eight | control) & JSON_EACH_BYTE(0x80)) |
           json_has_byte(eight, '"') | json_has_byte(eight, '\\');
}

static inline bool json_is_plain(const uint8_t *at, size_t len)
{
    uint64_t eight, bad = 0;
    for (; len >= sizeof eight; at += sizeof eight, len -= sizeof eight) {
        memcpy(&eight, at, sizeof eight);
        bad |= json_not_plain(eight);
    }
    eight = JSON_EACH_BYTE(' ');
    if (len)
        memcpy(&eight, at, len);
    return !(bad | json_not_plain(eight));
}
