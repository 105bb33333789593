#include "codec/rlp.h"

#include "base/assert.h"

/* The first byte of an item says what follows (Yellow Paper, appendix B):
 *
 *   00 .. 7f  the byte itself
 *   80 .. b7  a string of first - 0x80 bytes
 *   b8 .. bf  a string whose length is in the next first - 0xb7 bytes
 *   c0 .. f7  a list of first - 0xc0 bytes
 *   f8 .. ff  a list whose length is in the next first - 0xf7 bytes
 */
enum { STRING = 0x80, LIST = 0xc0, SHORT_MAX = 55, HEADER_MAX = 9 };

struct item {
    bytes payload;
    size_t whole_len; /* header and payload */
    bool is_list;
};

/* Small enough to come back in registers, so that the fast path of a reader
 * keeps its item out of memory. */
struct header {
    size_t len, whole_len; /* 0 after an error, which has been said */
};

#define REFUSED(...) (err_keep("RLP " __VA_ARGS__), (struct header){0, 0})

/* The header of an item whose length is in the len_len bytes after the first
 * of `in`. */
static NO_INLINE struct header read_long_header(size_t len_len, bytes in)
{
    if (in.len - 1 < len_len)
        return REFUSED("length is cut short");
    if (in.at[1] == 0)
        return REFUSED("length has a leading zero");
    size_t length = 0, header_len = 1 + len_len;
    for (size_t i = 1; i <= len_len; i++)
        length = length << 8 | in.at[i];
    if (length <= SHORT_MAX)
        return REFUSED("length %zu in the long form", length);
    if (length > in.len - header_len)
        return REFUSED("item of %zu bytes where %zu are left", length,
                       in.len - header_len);
    return (struct header){header_len, header_len + length};
}

static NO_INLINE void say_short(size_t length, size_t left)
{
    err_keep("RLP item of %zu bytes where %zu are left", length, left);
}

static ALWAYS_INLINE loft_err read_item(struct item *out, bytes in)
{
    if (UNLIKELY(in.len == 0))
        return err_say(LOFT_ERR_FORMAT, "RLP item is missing");
    uint8_t first = in.at[0];
    out->is_list = first >= LIST;
    if (first < STRING) {
        out->payload = bytes_of(in.at, 1);
        out->whole_len = 1;
        return LOFT_OK;
    }
    size_t length = first - (first >= LIST ? LIST : STRING);
    struct header header = {1, 1 + length};
    if (UNLIKELY(length > SHORT_MAX)) {
        header = read_long_header(length - SHORT_MAX, in);
        if (UNLIKELY(header.whole_len == 0))
            return LOFT_ERR_FORMAT;
    } else if (UNLIKELY(header.whole_len > in.len)) {
        say_short(length, in.len - 1);
        return LOFT_ERR_FORMAT;
    } else if (UNLIKELY(first == STRING + 1 && in.at[1] < STRING)) {
        return err_say(LOFT_ERR_FORMAT, "RLP byte in the string form");
    }
    out->payload = bytes_of(in.at + header.len, header.whole_len - header.len);
    out->whole_len = header.whole_len;
    return LOFT_OK;
}

static ALWAYS_INLINE void skip(bytes *rest, const struct item *item)
{
    rest->at += item->whole_len;
    rest->len -= item->whole_len;
}

loft_err rlp_read_item(bytes *payload, bool *is_list, bytes *rest)
{
    struct item item;
    TRY(read_item(&item, *rest));
    skip(rest, &item);
    *payload = item.payload;
    *is_list = item.is_list;
    return LOFT_OK;
}

loft_err rlp_read_raw(bytes *out, bytes *rest)
{
    struct item item;
    TRY(read_item(&item, *rest));
    *out = bytes_of(rest->at, item.whole_len);
    skip(rest, &item);
    return LOFT_OK;
}

static ALWAYS_INLINE loft_err peek_string(struct item *item, bytes rest)
{
    TRY(read_item(item, rest));
    if (UNLIKELY(item->is_list))
        return err_say(LOFT_ERR_FORMAT, "RLP list where a string belongs");
    return LOFT_OK;
}

loft_err rlp_read_bytes(bytes *out, bytes *rest)
{
    struct item item;
    TRY(peek_string(&item, *rest));
    skip(rest, &item);
    *out = item.payload;
    return LOFT_OK;
}

loft_err rlp_read_list(bytes *items, bytes *rest)
{
    struct item item;
    TRY(read_item(&item, *rest));
    if (UNLIKELY(!item.is_list))
        return err_say(LOFT_ERR_FORMAT, "RLP string where a list belongs");
    skip(rest, &item);
    *items = item.payload;
    return LOFT_OK;
}

loft_err rlp_read_exact(void *out, size_t len, bytes *rest)
{
    struct item item;
    TRY(peek_string(&item, *rest));
    if (UNLIKELY(item.payload.len != len))
        return err_say(LOFT_ERR_FORMAT,
                       "RLP string of %zu bytes where %zu are needed",
                       item.payload.len, len);
    if (len)
        memcpy(out, item.payload.at, len);
    skip(rest, &item);
    return LOFT_OK;
}

static ALWAYS_INLINE loft_err peek_integer(struct item *item, size_t len_max,
                                           bytes rest)
{
    TRY(peek_string(item, rest));
    if (UNLIKELY(item->payload.len > len_max))
        return err_say(LOFT_ERR_FORMAT, "RLP integer of more than %zu bits",
                       8 * len_max);
    if (UNLIKELY(item->payload.len && item->payload.at[0] == 0))
        return err_say(LOFT_ERR_FORMAT, "RLP integer has a leading zero");
    return LOFT_OK;
}

loft_err rlp_read_u64(uint64_t *out, bytes *rest)
{
    struct item item;
    TRY(peek_integer(&item, sizeof *out, *rest));
    uint64_t value = 0;
    for (size_t i = 0; i < item.payload.len; i++)
        value = value << 8 | item.payload.at[i];
    *out = value;
    skip(rest, &item);
    return LOFT_OK;
}

loft_err rlp_read_u256(u256 *out, bytes *rest)
{
    struct item item;
    TRY(peek_integer(&item, sizeof *out, *rest));
    *out = u256_load_short(item.payload);
    skip(rest, &item);
    return LOFT_OK;
}

loft_err rlp_read_end(bytes rest)
{
    if (UNLIKELY(rest.len))
        return err_say(LOFT_ERR_FORMAT, "%zu bytes too many after an RLP item",
                       rest.len);
    return LOFT_OK;
}

loft_err rlp_count(size_t *out, bytes items)
{
    size_t count = 0;
    for (struct item item; items.len; count++) {
        TRY(read_item(&item, items));
        skip(&items, &item);
    }
    *out = count;
    return LOFT_OK;
}

/* The lists around the present item are a stack of where each one ends, not
 * of calls, so that depth costs eight bytes a level. */
loft_err rlp_check(bytes input)
{
    const uint8_t *ends[RLP_DEPTH_MAX];
    struct item item;
    size_t depth = 0;
    TRY(read_item(&item, input));
    TRY(rlp_read_end(
        bytes_of(input.at + item.whole_len, input.len - item.whole_len)));
    bytes rest = input;
    for (;;) {
        if (item.is_list && item.payload.len) {
            if (depth == RLP_DEPTH_MAX)
                return err_say(LOFT_ERR_FORMAT, "RLP lists nest deeper than %d",
                               RLP_DEPTH_MAX);
            ends[depth++] = item.payload.at + item.payload.len;
            rest = item.payload;
        } else {
            skip(&rest, &item);
            while (depth && rest.at == ends[depth - 1])
                depth--;
            if (depth == 0)
                return LOFT_OK;
            rest.len = (size_t)(ends[depth - 1] - rest.at);
        }
        TRY(read_item(&item, rest));
    }
}

/* Writes an item's header and returns its length, at most HEADER_MAX. */
static ALWAYS_INLINE size_t header_write(uint8_t *at, uint8_t kind, size_t len)
{
    if (LIKELY(len <= SHORT_MAX)) {
        at[0] = (uint8_t)(kind + len);
        return 1;
    }
    uint8_t be[8];
    store_be64(be, len);
    size_t zeros = (size_t)__builtin_clzll(len) / 8, len_len = 8 - zeros;
    at[0] = (uint8_t)(kind + SHORT_MAX + len_len);
    memcpy(at + 1, be + zeros, len_len);
    return 1 + len_len;
}

void rlp_put_bytes(struct buffer *out, bytes value)
{
    VEC_RESERVE(out, HEADER_MAX + value.len);
    uint8_t *at = out->at + out->len;
    if (value.len == 1 && value.at[0] < STRING) {
        *at = value.at[0];
        out->len++;
        return;
    }
    size_t header_len = header_write(at, STRING, value.len);
    if (value.len)
        memcpy(at + header_len, value.at, value.len);
    out->len += header_len + value.len;
}

void rlp_put_u64(struct buffer *out, uint64_t value)
{
    VEC_RESERVE(out, HEADER_MAX);
    uint8_t *at = out->at + out->len;
    if (value != 0 && value < STRING) {
        *at = (uint8_t)value;
        out->len++;
        return;
    }
    size_t len = value ? 8 - (size_t)__builtin_clzll(value) / 8 : 0;
    at[0] = (uint8_t)(STRING + len);
    if (len)
        store_be64(at + 1, value << (64 - 8 * len));
    out->len += 1 + len;
}

void rlp_put_u256(struct buffer *out, u256 value)
{
    if (u256_fits_u64(value)) {
        rlp_put_u64(out, value.limb[0]);
        return;
    }
    uint8_t be[32];
    u256_store_be(be, value);
    size_t len = (u256_bits(value) + 7) / 8;
    uint8_t *at = buffer_extend(out, 1 + len);
    at[0] = (uint8_t)(STRING + len);
    memcpy(at + 1, be + 32 - len, len);
}

void rlp_put_hash(struct buffer *out, const hash32 *hash)
{
    uint8_t *at = buffer_extend(out, 1 + sizeof hash->at);
    at[0] = STRING + sizeof hash->at;
    memcpy(at + 1, hash->at, sizeof hash->at);
}

void rlp_put_address(struct buffer *out, const address *who)
{
    uint8_t *at = buffer_extend(out, 1 + sizeof who->at);
    at[0] = STRING + sizeof who->at;
    memcpy(at + 1, who->at, sizeof who->at);
}

/* One byte is kept for the header: the payload of a short list is where it
 * belongs, that of a long one moves up once, at the close. */
size_t rlp_open(struct buffer *out)
{
    buffer_put_byte(out, LIST);
    return out->len;
}

void rlp_close(struct buffer *out, size_t opened)
{
    ASSERT(opened >= 1 && opened <= out->len);
    uint8_t header[HEADER_MAX];
    size_t payload_len = out->len - opened;
    size_t header_len = header_write(header, LIST, payload_len);
    if (header_len > 1) {
        buffer_extend(out, header_len - 1);
        memmove(out->at + opened + header_len - 1, out->at + opened,
                payload_len);
    }
    memcpy(out->at + opened - 1, header, header_len);
}

void rlp_put_list_header(struct buffer *out, size_t payload_len)
{
    VEC_RESERVE(out, HEADER_MAX);
    out->len += header_write(out->at + out->len, LIST, payload_len);
}
