#include "codec/json_writer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/hex.h"
#include "codec/json_plain.h"

/* Before a value of len bytes, at least 1: its comma, and room. */
static uint8_t *begin_value(struct json_writer *json, size_t len)
{
    size_t comma = json->follows;
    uint8_t *at = buffer_extend(json->out, comma + len);
    if (comma)
        *at = ',';
    json->follows = true;
    return at + comma;
}

static void put_plain(struct json_writer *json, const void *at, size_t len)
{
    memcpy(begin_value(json, len), at, len);
}

static void begin(struct json_writer *json, char bracket)
{
    *begin_value(json, 1) = (uint8_t)bracket;
    json->follows = false;
}

static void end(struct json_writer *json, char bracket)
{
    buffer_put_byte(json->out, (uint8_t)bracket);
    json->follows = true;
}

void json_begin_object(struct json_writer *json)
{
    begin(json, '{');
}

void json_end_object(struct json_writer *json)
{
    end(json, '}');
}

void json_begin_array(struct json_writer *json)
{
    begin(json, '[');
}

void json_end_array(struct json_writer *json)
{
    end(json, ']');
}

/* How many bytes a UTF-8 sequence has that begins so, and between which
 * bounds its second byte is (Unicode Standard, table 3-7). */
struct sequence {
    uint8_t len, low, high;
};

static struct sequence sequence_of(uint8_t first)
{
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

/* The length of the sequence that text begins with. *is_valid false: of the
 * part of it that is there, at least 1. */
static size_t sequence_len(bytes text, bool *is_valid)
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

static void put_escaped(struct buffer *out, uint8_t c)
{
    static const char letters[0x80] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\f'] = 'f',
        ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
    };
    if (letters[c]) {
        const char pair[] = {'\\', letters[c]};
        buffer_put(out, pair, sizeof pair);
        return;
    }
    static const char digits[] = "0123456789abcdef";
    const char six[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    buffer_put(out, six, sizeof six);
}

/* Takes one character that cannot be copied blindly off text's front. */
static void put_special(struct buffer *out, bytes *text)
{
    size_t len = 1;
    bool is_valid;
    if (text->at[0] < 0x80) {
        put_escaped(out, text->at[0]);
    } else {
        len = sequence_len(*text, &is_valid);
        if (is_valid)
            buffer_put(out, text->at, len);
        else
            buffer_put(out, "\xef\xbf\xbd", 3);
    }
    *text = bytes_of(text->at + len, text->len - len);
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_plain_quoted(struct buffer *out, bytes text)
{
    uint8_t *at = buffer_extend(out, text.len + 2);
    at[0] = '"';
    if (text.len)
        memcpy(at + 1, text.at, text.len);
    at[1 + text.len] = '"';
}

static void put_quoted(struct buffer *out, bytes text)
{
    if (LIKELY(json_is_plain(text.at, text.len))) {
        put_plain_quoted(out, text);
        return;
    }
    VEC_RESERVE(out, text.len + 2);
    buffer_put_byte(out, '"');
    while (text.len) {
        size_t run = 0;
        while (run < text.len && is_plain(text.at[run]))
            run++;
        buffer_put(out, text.at, run);
        text = bytes_of(text.at + run, text.len - run);
        if (text.len)
            put_special(out, &text);
    }
    buffer_put_byte(out, '"');
}

void json_key_bytes(struct json_writer *json, bytes key)
{
    json_put_string(json, key);
    buffer_put_byte(json->out, ':');
    json->follows = false;
}

void json_key_hash(struct json_writer *json, const hash32 *key)
{
    json_put_hash(json, key);
    buffer_put_byte(json->out, ':');
    json->follows = false;
}

void json_key(struct json_writer *json, const char *key)
{
    json_key_bytes(json, bytes_str(key));
}

void json_put_string(struct json_writer *json, bytes text)
{
    if (json->follows)
        buffer_put_byte(json->out, ',');
    json->follows = true;
    put_quoted(json->out, text);
}

void json_put_text(struct json_writer *json, const char *text)
{
    json_put_string(json, bytes_str(text));
}

void json_put_bool(struct json_writer *json, bool value)
{
    json_put_raw(json, bytes_str(value ? "true" : "false"));
}

void json_put_null(struct json_writer *json)
{
    put_plain(json, "null", 4);
}

void json_put_u64(struct json_writer *json, uint64_t value)
{
    char text[21];
    int len = snprintf(text, sizeof text, "%" PRIu64, value);
    put_plain(json, text, (size_t)len);
}

void json_put_i64(struct json_writer *json, int64_t value)
{
    char text[21];
    int len = snprintf(text, sizeof text, "%" PRId64, value);
    put_plain(json, text, (size_t)len);
}

void json_put_u256(struct json_writer *json, u256 value)
{
    char text[U256_DECIMAL_MAX];
    put_plain(json, text, u256_decimal(text, value));
}

void json_put_quantity(struct json_writer *json, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    size_t count = value ? 16 - (size_t)__builtin_clzll(value) / 4 : 1;
    uint8_t *at = begin_value(json, count + 4);
    memcpy(at, "\"0x", 3);
    for (size_t i = count; i-- > 0; value >>= 4)
        at[3 + i] = (uint8_t)digits[value & 15];
    at[3 + count] = '"';
}

void json_put_quantity_u256(struct json_writer *json, u256 value)
{
    if (u256_fits_u64(value)) {
        json_put_quantity(json, value.limb[0]);
        return;
    }
    char text[HEX_QUANTITY_MAX];
    size_t len = hex_quantity(text, value);
    uint8_t *at = begin_value(json, len + 2);
    at[0] = '"';
    memcpy(at + 1, text, len);
    at[1 + len] = '"';
}

void json_put_data(struct json_writer *json, bytes data)
{
    uint8_t *at = begin_value(json, 2 * data.len + 4);
    memcpy(at, "\"0x", 3);
    hex_write((char *)at + 3, data);
    at[3 + 2 * data.len] = '"';
}

void json_put_hash(struct json_writer *json, const hash32 *hash)
{
    json_put_data(json, bytes_hash(hash));
}

void json_put_address(struct json_writer *json, const address *who)
{
    json_put_data(json, bytes_address(who));
}

void json_put_raw(struct json_writer *json, bytes text)
{
    put_plain(json, text.at, text.len);
}

static void put_object(struct json_writer *json, const struct json *object)
{
    json_begin_object(json);
    JSON_FOR_EACH (member, object) {
        json_key_bytes(json, member.key);
        json_put_value(json, member.value);
    }
    json_end_object(json);
}

static void put_array(struct json_writer *json, const struct json *array)
{
    json_begin_array(json);
    for (size_t i = 0; i < json_len(array); i++)
        json_put_value(json, json_at(array, i));
    json_end_array(json);
}

static void put_number(struct json_writer *json, const struct json *value)
{
    char room[JSON_SHORT_MAX];
    json_put_raw(json, json_number(room, value));
}

/* Goes as deep as the value does, which json_parse() has bounded. */
void json_put_value(struct json_writer *json, const struct json *value)
{
    bytes text;
    bool truth = false;
    switch (json_kind(value)) {
    case JSON_IS_ABSENT:
    case JSON_IS_NULL:
        json_put_null(json);
        break;
    case JSON_IS_BOOL:
        ASSERT(json_read_bool(&truth, value) == LOFT_OK);
        json_put_bool(json, truth);
        break;
    case JSON_IS_NUMBER:
        put_number(json, value);
        break;
    case JSON_IS_STRING:
        ASSERT(json_read_string(&text, value) == LOFT_OK);
        json_put_string(json, text);
        break;
    case JSON_IS_ARRAY:
        put_array(json, value);
        break;
    case JSON_IS_OBJECT:
        put_object(json, value);
        break;
    }
}
