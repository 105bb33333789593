#pragma once
/* JSON texts, read strictly into values that live in an arena.
 *
 *     const struct json *tx;
 *     uint64_t gas;
 *     TRY(json_parse(&tx, arena, text, &JSON_FROM_PEER));
 *     TRY(json_get_quantity_u64(&gas, tx, "gasLimit"));
 *
 * Refused beyond what RFC 8259 refuses: text that is not UTF-8, a key twice in
 * one object, half a surrogate pair, a NUL in a key. Numbers keep every digit.
 *
 * Library   jansson. Of the 292 texts in test/json_cases.h it judges 9 wrongly,
 *           numbers out of its range and a NUL at the end, which a scan ahead
 *           of it takes care of; json-c lets 35 wrong ones through, cJSON 60.
 *           A request of 200 bytes takes 3.2, 2.5 and 1.0 microseconds.
 * Lifetime  values and what is read out of them live as long as the arena.
 * Limits    struct json_limits, looked at before memory is taken or a call
 *           goes deeper.
 * Errors    LOFT_ERR_FORMAT with line and column, or naming the key;
 *           LOFT_ERR_LIMIT; LOFT_ERR_NOT_FOUND for a key that is missing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"

struct json; /* a value, borrowed from the arena that it was parsed into */

struct json_limits {
    size_t bytes_max;   /* of text; strings may take seven times that */
    size_t values_max;  /* up to some 150 bytes of memory each */
    unsigned depth_max; /* of arrays and objects, at most JSON_DEPTH_MAX */
    const char *depth_option; /* ends the sentence on that; NULL: nothing */
};

#define JSON_DEPTH_MAX 1024

extern const struct json_limits JSON_FROM_PEER; /* requests */
extern const struct json_limits JSON_FROM_FILE; /* what an operator names */

/* On an error the arena is as it was. */
MUST_USE loft_err json_parse(const struct json **out, struct arena *arena,
                             bytes text, const struct json_limits *limits);

enum json_kind {
    JSON_IS_ABSENT, /* of NULL, which stands for a value that is not there */
    JSON_IS_NULL,
    JSON_IS_BOOL,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT,
};

enum json_kind json_kind(const struct json *value);

/* "a string", for messages. */
const char *json_kind_name(const struct json *value);

/* True for NULL and for null. */
bool json_absent(const struct json *value);

/* The member's value; NULL where there is none or `object` is no object. */
const struct json *json_get(const struct json *object, const char *key);

/* How many elements or members; 0 for other kinds. */
size_t json_len(const struct json *value);

/* The element; NULL out of bounds or where `array` is no array. */
const struct json *json_at(const struct json *array, size_t index);

/* Members in the order of the text:
 *
 *     JSON_FOR_EACH(member, alloc)
 *         TRY(read_account(member.key, member.value));
 */
struct json_member {
    bytes key; /* a NUL follows it */
    const struct json *value;
    const struct json *object;
    void *at; /* NULL after the last one */
};

struct json_member json_first(const struct json *object);
struct json_member json_next(struct json_member member);

#define JSON_FOR_EACH(member, object)                               \
    for (struct json_member member = json_first(object); member.at; \
         member = json_next(member))

/* Readers of a value: out is set on success only. A NULL or other kind of
 * value is an error. */

/* May hold NULs; one follows its end. */
MUST_USE loft_err json_read_string(bytes *out, const struct json *value);

/* The string as C has it. LOFT_ERR_FORMAT: it holds a NUL. */
MUST_USE loft_err json_read_text(const char **out, const struct json *value);

MUST_USE loft_err json_read_bool(bool *out, const struct json *value);

/* Numbers without fraction and exponent. */
MUST_USE loft_err json_read_u64(uint64_t *out, const struct json *value);
MUST_USE loft_err json_read_i64(int64_t *out, const struct json *value);
MUST_USE loft_err json_read_u256(u256 *out, const struct json *value);

/* Strings of JSON-RPC. A quantity is "0x0" or has no leading zero; hex_u64
 * and hex_u256 let leading zeros through, as fixtures have them. Data has an
 * even number of digits. All begin with 0x.
 * Source  ethereum/execution-apis, src/schemas/base-types.yaml. */
MUST_USE loft_err json_read_quantity(u256 *out, const struct json *value);
MUST_USE loft_err json_read_quantity_u64(uint64_t *out,
                                         const struct json *value);
MUST_USE loft_err json_read_hex_u256(u256 *out, const struct json *value);
MUST_USE loft_err json_read_hex_u64(uint64_t *out, const struct json *value);
MUST_USE loft_err json_read_hash(hash32 *out, const struct json *value);
MUST_USE loft_err json_read_address(address *out, const struct json *value);
MUST_USE loft_err json_read_data(struct arena *arena, bytes *out,
                                 const struct json *value);

/* A number, a string of decimal digits, or a string of 0x and hexadecimal
 * ones: genesis files have all three. */
MUST_USE loft_err json_read_any_u256(u256 *out, const struct json *value);
MUST_USE loft_err json_read_any_u64(uint64_t *out, const struct json *value);

/* The same for the member `key`, which the error's sentence then names. */
MUST_USE loft_err json_get_string(bytes *out, const struct json *object,
                                  const char *key);
MUST_USE loft_err json_get_text(const char **out, const struct json *object,
                                const char *key);
MUST_USE loft_err json_get_bool(bool *out, const struct json *object,
                                const char *key);
MUST_USE loft_err json_get_u64(uint64_t *out, const struct json *object,
                               const char *key);
MUST_USE loft_err json_get_i64(int64_t *out, const struct json *object,
                               const char *key);
MUST_USE loft_err json_get_u256(u256 *out, const struct json *object,
                                const char *key);
MUST_USE loft_err json_get_quantity(u256 *out, const struct json *object,
                                    const char *key);
MUST_USE loft_err json_get_quantity_u64(uint64_t *out,
                                        const struct json *object,
                                        const char *key);
MUST_USE loft_err json_get_hex_u256(u256 *out, const struct json *object,
                                    const char *key);
MUST_USE loft_err json_get_hex_u64(uint64_t *out, const struct json *object,
                                   const char *key);
MUST_USE loft_err json_get_hash(hash32 *out, const struct json *object,
                                const char *key);
MUST_USE loft_err json_get_address(address *out, const struct json *object,
                                   const char *key);
MUST_USE loft_err json_get_any_u256(u256 *out, const struct json *object,
                                    const char *key);
MUST_USE loft_err json_get_any_u64(uint64_t *out, const struct json *object,
                                   const char *key);
MUST_USE loft_err json_get_data(struct arena *arena, bytes *out,
                                const struct json *object, const char *key);

/* A number as it is written. Short integers are written to room, longer ones
 * and those with fraction or exponent are borrowed. */
#define JSON_SHORT_MAX 24
bytes json_number(char room[JSON_SHORT_MAX], const struct json *value);

/* Whether two values are the same, whatever the order of members. Numbers
 * are compared as they are written. */
bool json_same(const struct json *a, const struct json *b);
