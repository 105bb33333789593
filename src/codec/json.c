#include "codec/json.h"

#include <jansson.h>

#include "base/assert.h"
#include "base/hex.h"
#include "codec/json_scan.h"

const struct json_limits JSON_FROM_PEER = {
    .bytes_max = 5 << 20, .values_max = 200000, .depth_max = 64};
const struct json_limits JSON_FROM_FILE = {.bytes_max = (size_t)1 << 30,
                                           .values_max = 50000000,
                                           .depth_max = JSON_DEPTH_MAX};

/* A struct json is the library's value; nobody changes one after parsing, so
 * that its reference counts stay unused. */
static const json_t *library(const struct json *value)
{
    return (const json_t *)value;
}

static const struct json *ours(const json_t *value)
{
    return (const struct json *)value;
}

/* The library takes its memory from the arena of the text that this thread
 * parses; nothing is given back before the arena is. */
static _Thread_local struct arena *parsing;

static void *take(size_t size)
{
    ASSERT(parsing);
    return arena_alloc(parsing, size);
}

static void give_back(void *at)
{
    (void)at;
}

__attribute__((constructor)) static void use_arena(void)
{
    json_set_alloc_funcs(take, give_back);
}

static loft_err say_where(bytes text, size_t at, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        column++;
        if (text.at[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return err_say(LOFT_ERR_FORMAT, "JSON, line %zu, column %zu: %s", line,
                   column, what);
}

static const json_t *load(const struct json_scan *scan, json_error_t *error)
{
    return json_loadb((const char *)scan->text.at, scan->text.len,
                      JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
                      error);
}

/* The strings that the short form left out, in the order of the text. */
struct left_out {
    const bytes *next;
    size_t count;
};

static void fill_string(json_t *value, struct left_out *strings)
{
    if (json_string_length(value) > 0)
        return;
    ASSERT(strings->count > 0);
    strings->count--;
    const bytes *text = strings->next++;
    ASSERT(json_string_setn_nocheck(value, (const char *)text->at, text->len) ==
           0);
}

/* Goes as deep as the value does, which the scan has bounded. */
static void fill(json_t *value, struct left_out *strings)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        fill_string(value, strings);
        break;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(value); i++)
            fill(json_array_get(value, i), strings);
        break;
    case JSON_OBJECT:
        for (void *at = json_object_iter(value); at;
             at = json_object_iter_next(value, at))
            fill(json_object_iter_value(at), strings);
        break;
    default:
        break;
    }
}

/* False: the text is not JSON. */
static bool parse_short(const struct json **out, const struct json_scan *scan)
{
    json_error_t ignored;
    json_t *root = (json_t *)load(scan, &ignored);
    if (!root)
        return false;
    struct left_out strings = {scan->strings.at, scan->strings.len};
    if (strings.count)
        fill(root, &strings);
    ASSERT(strings.count == 0);
    *out = ours(root);
    return true;
}

/* The same slowly, for what there is to say. */
static loft_err parse_whole(const struct json **out, bytes text,
                            const struct json_limits *limits)
{
    struct json_scan scan;
    json_error_t error;
    loft_err err = json_scan(&scan, JSON_WHOLE, text, limits);
    if (err == LOFT_OK) {
        *out = ours(load(&scan, &error));
        if (!*out) {
            size_t at = error.position > 0 ? (size_t)error.position : 0;
            err = say_where(text, json_scan_origin(&scan, at), error.text);
        }
    }
    json_scan_fini(&scan);
    return err;
}

loft_err json_parse(const struct json **out, struct arena *arena, bytes text,
                    const struct json_limits *limits)
{
    ASSERT(limits->depth_max <= JSON_DEPTH_MAX);
    struct json_scan scan;
    struct arena_mark mark = arena_mark(arena);
    parsing = arena;
    loft_err err = json_scan(&scan, JSON_SHORT, text, limits);
    if (err == LOFT_OK && !parse_short(out, &scan))
        err = parse_whole(out, text, limits);
    parsing = NULL;
    if (err != LOFT_OK)
        arena_rewind(arena, mark);
    json_scan_fini(&scan);
    return err;
}

/* What a string of the library stands for: its mark and what follows, or 0
 * and all of it. */
static int unmark(bytes *out, const struct json *value)
{
    const json_t *string = library(value);
    const char *at = json_string_value(string);
    size_t len = json_string_length(string);
    size_t skip = len >= 2 && at[0] == 0 ? 2 : 0;
    *out = bytes_of(at + skip, len - skip);
    return skip ? at[1] : 0;
}

enum json_kind json_kind(const struct json *value)
{
    static const enum json_kind kinds[] = {
        [JSON_OBJECT] = JSON_IS_OBJECT, [JSON_ARRAY] = JSON_IS_ARRAY,
        [JSON_STRING] = JSON_IS_STRING, [JSON_INTEGER] = JSON_IS_NUMBER,
        [JSON_REAL] = JSON_IS_NUMBER,   [JSON_TRUE] = JSON_IS_BOOL,
        [JSON_FALSE] = JSON_IS_BOOL,    [JSON_NULL] = JSON_IS_NULL,
    };
    if (!value)
        return JSON_IS_ABSENT;
    bytes ignored;
    if (json_is_string(library(value)) &&
        unmark(&ignored, value) == SCAN_NUMBER)
        return JSON_IS_NUMBER;
    return kinds[json_typeof(library(value))];
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
    return !value || json_is_null(library(value));
}

const struct json *json_get(const struct json *object, const char *key)
{
    return object ? ours(json_object_get(library(object), key)) : NULL;
}

size_t json_len(const struct json *value)
{
    const json_t *from = library(value);
    return json_is_array(from) ? json_array_size(from) : json_object_size(from);
}

const struct json *json_at(const struct json *array, size_t index)
{
    return ours(json_array_get(library(array), index));
}

/* The library's iterator wants objects that may change; it changes none. */
static struct json_member member_at(const struct json *object, void *at)
{
    if (!at)
        return (struct json_member){0};
    return (struct json_member){
        bytes_of(json_object_iter_key(at), json_object_iter_key_len(at)),
        ours(json_object_iter_value(at)), object, at};
}

struct json_member json_first(const struct json *object)
{
    return member_at(object, json_object_iter((json_t *)object));
}

struct json_member json_next(struct json_member member)
{
    json_t *object = (json_t *)member.object;
    return member_at(member.object, json_object_iter_next(object, member.at));
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
    unmark(out, value);
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
    *out = json_is_true(library(value));
    return LOFT_OK;
}

static bytes write_integer(char room[JSON_SHORT_MAX], int64_t value)
{
    size_t at = JSON_SHORT_MAX;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        room[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        room[--at] = '-';
    return bytes_of(room + at, JSON_SHORT_MAX - at);
}

bytes json_number(char room[JSON_SHORT_MAX], const struct json *value)
{
    ASSERT(json_kind(value) == JSON_IS_NUMBER);
    bytes text;
    if (json_is_integer(library(value)))
        return write_integer(room, json_integer_value(library(value)));
    unmark(&text, value);
    return text;
}

/* The digits of a whole number and its sign. */
static loft_err read_whole(bytes *digits, bool *is_negative,
                           char room[JSON_SHORT_MAX], const struct json *value)
{
    TRY(expect(JSON_IS_NUMBER, "a number", value));
    bytes text = json_number(room, value);
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
    char room[JSON_SHORT_MAX];
    bytes digits;
    bool is_negative;
    TRY(read_whole(&digits, &is_negative, room, value));
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
    char room[JSON_SHORT_MAX];
    bytes digits;
    bool is_negative;
    u256 wide;
    TRY(read_whole(&digits, &is_negative, room, value));
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

bool json_same(const struct json *a, const struct json *b)
{
    return json_equal(library(a), library(b));
}
