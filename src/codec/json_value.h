#pragma once
/* How a value that was read lies in memory: for json_parse.c, which makes it,
 * and json.c, which reads it. Everybody else has codec/json.h.
 *
 * Lifetime  all of it lives in the arena that the text was parsed into.
 */
#include <stddef.h>
#include <stdint.h>

#include "codec/json.h"

struct json {
    const void *at; /* characters of strings and numbers; elements; members */
    uint32_t len;   /* how many of them; of `true`, 1 */
    uint8_t kind;   /* enum json_kind */
};

/* An object's members: keys, which are strings, and values take turns. */
static inline const struct json *json_keys(const struct json *object)
{
    return object->at;
}

static inline bytes json_characters(const struct json *value)
{
    return bytes_of(value->at, value->len);
}

/* Objects of more members have their keys sorted, too, behind the members:
 * what a stranger sends is not to be searched one by one. */
#define JSON_UNSORTED_MAX 16

static inline const struct json *const *
json_sorted_keys(const struct json *object)
{
    return (const struct json *const *)(json_keys(object) +
                                        2 * (size_t)object->len);
}
