#include "codec/json.h"

#include "base/assert.h"
#include "base/hex.h"
#include "codec/json_value.h"

const struct json_limits JSON_FROM_PEER = {
    .bytes_max = 5 << 20, .values_max = 200000, .depth_max = 64};
const struct json_limits JSON_FROM_FILE = {.bytes_max = (size_t)1 << 30,
                                           .values_max = 50000000,
                                           .depth_max = JSON_DEPTH_MAX};

enum json_kind json_kind(const struct json *value)
{
    return value ? value->kind : JSON_IS_ABSENT;
}

const char *json_kind_name(const struct json *value)
{
    static const char *const names[] = {
        [JSON_IS_ABSENT] = "nothing",   [JSON_IS_NULL] = "null",
        [JSON_IS_BOOL] = "a boolean",   [JSON_IS_NUMBER] = "a number",
        [JSON_IS_STRING] = "a string",  [JSON_IS_ARRAY] = "an array",
        [JSON_IS_OBJECT] = "an object",
    };
    return names[json_kind(value)];
}

bool json_absent(const struct json *value)
{
    return !value || value->kind == JSON_IS_NULL;
}

static const struct json *find_unsorted(const struct json *object, bytes key)
{
    const struct json *keys = json_keys(object);
    for (size_t i = 0; i < object->len; i++)
        if (bytes_equal(json_characters(&keys[2 * i]), key))
            return &keys[2 * i + 1];
    return NULL;
}

static const struct json *find_sorted(const struct json *object, bytes key)
{
    const struct json *const *keys = json_sorted_keys(object);
    size_t low = 0, high = object->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(key, json_characters(keys[middle]));
        if (order == 0)
            return keys[middle] + 1;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const struct json *find(const struct json *object, bytes key)
{
    return object->len > JSON_UNSORTED_MAX ? find_sorted(object, key)
                                           : find_unsorted(object, key);
}

const struct json *json_get(const struct json *object, const char *key)
{
    return json_kind(object) == JSON_IS_OBJECT ? find(object, bytes_str(key))
                                               : NULL;
}

static bool is_array(const struct json *value)
{
    return json_kind(value) == JSON_IS_ARRAY;
}

size_t json_len(const struct json *value)
{
    return is_array(value) || json_kind(value) == JSON_IS_OBJECT ? value->len
                                                                 : 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return is_array(array) && index < array->len
               ? (const struct json *)array->at + index
               : NULL;
}

static struct json_member member_at(const struct json *object, size_t index)
{
    if (index >= object->len)
        return (struct json_member){0};
    const struct json *key = &json_keys(object)[2 * index];
    return (struct json_member){json_characters(key), key + 1, object,
                                index + 1};
}

struct json_member json_first(const struct json *object)
{
    return json_kind(object) == JSON_IS_OBJECT ? member_at(object, 0)
                                               : (struct json_member){0};
}

struct json_member json_next(struct json_member member)
{
    return member_at(member.object, member.at);
}

static loft_err expect(enum json_kind kind, const char *name,
                       const struct json *value)
{
    enum json_kind actual = json_kind(value);
    if (LIKELY(actual == kind))
        return LOFT_OK;
    if (actual == JSON_IS_ABSENT)
        return err_say(LOFT_ERR_NOT_FOUND, "missing");
    return err_say(LOFT_ERR_FORMAT, "%s where %s is needed",
                   json_kind_name(value), name);
}

loft_err json_read_string(bytes *out, const struct json *value)
{
    TRY(expect(JSON_IS_STRING, "a string", value));
    *out = json_characters(value);
    return LOFT_OK;
}

loft_err json_read_text(const char **out, const struct json *value)
{
    bytes text;
    TRY(json_read_string(&text, value));
    if (memchr(text.at, 0, text.len))
        return err_say(LOFT_ERR_FORMAT, "a string with a NUL character");
    *out = (const char *)text.at;
    return LOFT_OK;
}

loft_err json_read_bool(bool *out, const struct json *value)
{
    TRY(expect(JSON_IS_BOOL, "a boolean", value));
    *out = value->len;
    return LOFT_OK;
}

bytes json_number(const struct json *value)
{
    ASSERT(json_kind(value) == JSON_IS_NUMBER);
    return json_characters(value);
}

/* The digits of a whole number and its sign. */
static loft_err read_whole(bytes *digits, bool *is_negative,
                           const struct json *value)
{
    TRY(expect(JSON_IS_NUMBER, "a number", value));
    bytes text = json_number(value);
    *is_negative = text.at[0] == '-';
    *digits = bytes_of(text.at + *is_negative, text.len - *is_negative);
    for (size_t i = 0; i < digits->len; i++)
        if (digits->at[i] < '0' || digits->at[i] > '9')
            return err_say(LOFT_ERR_FORMAT, "not a whole number");
    return LOFT_OK;
}

static loft_err read_decimal(u256 *out, bytes digits)
{
    if (!u256_read_decimal(out, digits))
        return err_say(LOFT_ERR_FORMAT,
                       "not a decimal number of at most 256 bits");
    return LOFT_OK;
}

static loft_err narrow(uint64_t *out, u256 wide)
{
    if (!u256_fits_u64(wide))
        return err_say(LOFT_ERR_FORMAT, "a number of more than 64 bits");
    *out = wide.limb[0];
    return LOFT_OK;
}

loft_err json_read_u256(u256 *out, const struct json *value)
{
    bytes digits;
    bool is_negative;
    TRY(read_whole(&digits, &is_negative, value));
    if (is_negative)
        return err_say(LOFT_ERR_FORMAT, "a negative number");
    return read_decimal(out, digits);
}

loft_err json_read_u64(uint64_t *out, const struct json *value)
{
    u256 wide;
    TRY(json_read_u256(&wide, value));
    return narrow(out, wide);
}

loft_err json_read_i64(int64_t *out, const struct json *value)
{
    bytes digits;
    bool is_negative;
    u256 wide;
    TRY(read_whole(&digits, &is_negative, value));
    TRY(read_decimal(&wide, digits));
    uint64_t limit = (uint64_t)INT64_MAX + is_negative;
    if (!u256_fits_u64(wide) || wide.limb[0] > limit)
        return err_say(LOFT_ERR_FORMAT, "a number of more than 64 bits");
    *out = (int64_t)(is_negative ? 0 - wide.limb[0] : wide.limb[0]);
    return LOFT_OK;
}

static bool has_prefix(bytes text)
{
    return text.len >= 2 && text.at[0] == '0' && (text.at[1] | 32) == 'x';
}

static loft_err read_prefixed(bytes *out, const struct json *value)
{
    bytes text;
    TRY(json_read_string(&text, value));
    if (!has_prefix(text))
        return err_say(LOFT_ERR_FORMAT, "does not begin with 0x");
    *out = text;
    return LOFT_OK;
}

loft_err json_read_hex_u256(u256 *out, const struct json *value)
{
    bytes text;
    TRY(json_read_string(&text, value));
    return hex_read_u256(out, text);
}

loft_err json_read_hex_u64(uint64_t *out, const struct json *value)
{
    bytes text;
    TRY(json_read_string(&text, value));
    return hex_read_u64(out, text);
}

loft_err json_read_quantity(u256 *out, const struct json *value)
{
    bytes text;
    TRY(read_prefixed(&text, value));
    if (text.len > 3 && text.at[2] == '0')
        return err_say(LOFT_ERR_FORMAT, "a quantity with leading zeros");
    return hex_read_u256(out, text);
}

loft_err json_read_quantity_u64(uint64_t *out, const struct json *value)
{
    u256 wide;
    TRY(json_read_quantity(&wide, value));
    return narrow(out, wide);
}

loft_err json_read_hash(hash32 *out, const struct json *value)
{
    bytes text;
    TRY(read_prefixed(&text, value));
    hash32 hash;
    TRY(hex_read_exact(hash.at, sizeof hash.at, text));
    *out = hash;
    return LOFT_OK;
}

loft_err json_read_address(address *out, const struct json *value)
{
    bytes text;
    TRY(read_prefixed(&text, value));
    address who;
    TRY(hex_read_exact(who.at, sizeof who.at, text));
    *out = who;
    return LOFT_OK;
}

loft_err json_read_data(struct arena *arena, bytes *out,
                        const struct json *value)
{
    bytes text;
    TRY(read_prefixed(&text, value));
    return hex_read(arena, out, text);
}

loft_err json_read_any_u256(u256 *out, const struct json *value)
{
    if (json_kind(value) == JSON_IS_NUMBER)
        return json_read_u256(out, value);
    bytes text;
    TRY(json_read_string(&text, value));
    return has_prefix(text) ? hex_read_u256(out, text)
                            : read_decimal(out, text);
}

loft_err json_read_any_u64(uint64_t *out, const struct json *value)
{
    u256 wide;
    TRY(json_read_any_u256(&wide, value));
    return narrow(out, wide);
}

static loft_err name_key(loft_err err, const char *key)
{
    return LIKELY(err == LOFT_OK) ? err : err_in(err, "%s", key);
}

#define BY_KEY(noun, type)                                                  \
    loft_err json_get_##noun(type *out, const struct json *object,          \
                             const char *key)                               \
    {                                                                       \
        return name_key(json_read_##noun(out, json_get(object, key)), key); \
    }

BY_KEY(string, bytes)
BY_KEY(text, const char *)
BY_KEY(bool, bool)
BY_KEY(u64, uint64_t)
BY_KEY(i64, int64_t)
BY_KEY(u256, u256)
BY_KEY(quantity, u256)
BY_KEY(quantity_u64, uint64_t)
BY_KEY(hex_u256, u256)
BY_KEY(hex_u64, uint64_t)
BY_KEY(hash, hash32)
BY_KEY(address, address)
BY_KEY(any_u256, u256)
BY_KEY(any_u64, uint64_t)

loft_err json_get_data(struct arena *arena, bytes *out,
                       const struct json *object, const char *key)
{
    return name_key(json_read_data(arena, out, json_get(object, key)), key);
}

static bool same_arrays(const struct json *a, const struct json *b)
{
    for (size_t i = 0; i < a->len; i++)
        if (!json_same(json_at(a, i), json_at(b, i)))
            return false;
    return true;
}

static bool same_objects(const struct json *a, const struct json *b)
{
    JSON_FOR_EACH (member, a)
        if (!json_same(member.value, find(b, member.key)))
            return false;
    return true;
}

/* Goes as deep as the values do, which json_parse() has bounded. */
bool json_same(const struct json *a, const struct json *b)
{
    enum json_kind kind = json_kind(a);
    if (kind != json_kind(b))
        return false;
    if (kind == JSON_IS_ABSENT || a->len != b->len)
        return kind == JSON_IS_ABSENT;
    if (kind == JSON_IS_OBJECT)
        return same_objects(a, b);
    if (kind == JSON_IS_ARRAY)
        return same_arrays(a, b);
    return a->at == b->at ||
           bytes_equal(json_characters(a), json_characters(b));
}
