#pragma once
/* Borrowed byte ranges, and the two fixed sizes that the field is made of.
 *
 * Lifetime  `bytes` never owns: whoever returns one says until when it is
 *           good. hash32 and address are values.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *at;
    size_t len;
} bytes;

typedef struct {
    uint8_t at[32];
} hash32;

typedef struct {
    uint8_t at[20];
} address;

#define BYTES_EMPTY ((bytes){0})

static inline bytes bytes_of(const void *at, size_t len)
{
    return (bytes){at, len};
}

/* The characters of a C string, without its end. */
static inline bytes bytes_str(const char *text)
{
    return (bytes){(const uint8_t *)text, strlen(text)};
}

static inline bytes bytes_hash(const hash32 *hash)
{
    return (bytes){hash->at, sizeof hash->at};
}

static inline bytes bytes_address(const address *who)
{
    return (bytes){who->at, sizeof who->at};
}

static inline bool bytes_equal(bytes a, bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Lexicographic, a prefix before what it is a prefix of. */
static inline int bytes_compare(bytes a, bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.at, b.at, len) : 0;
    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static inline bool hash32_equal(const hash32 *a, const hash32 *b)
{
    return memcmp(a->at, b->at, sizeof a->at) == 0;
}

static inline bool hash32_is_zero(const hash32 *hash)
{
    static const hash32 zero;
    return hash32_equal(hash, &zero);
}

static inline bool address_equal(const address *a, const address *b)
{
    return memcmp(a->at, b->at, sizeof a->at) == 0;
}

static inline bool address_is_zero(const address *who)
{
    static const address zero;
    return address_equal(who, &zero);
}

/* Integers in memory meet bytes here and nowhere else: no casts. */

static inline uint16_t load_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_be32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t load_be64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline uint32_t load_le32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t load_le64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline void store_be16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void store_be32(uint8_t *at, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    memcpy(at, &value, sizeof value);
}

static inline void store_be64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(at, &value, sizeof value);
}

static inline void store_le32(uint8_t *at, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    memcpy(at, &value, sizeof value);
}

static inline void store_le64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(at, &value, sizeof value);
}
