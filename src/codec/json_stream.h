#pragma once
/* Finds where each value ends in a stream of JSON values, which nothing but
 * white space needs to separate. What is inside is looked at later
 * (codec/json.h): here brackets are counted, outside of strings.
 *
 * Values of JSON-RPC are objects and arrays; anything else between two of
 * them is an error, and there is no telling where to go on after one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct json_stream {
    size_t depth;
    bool in_string, is_escaped;
};

enum json_stream_found {
    JSON_STREAM_NOTHING, /* white space alone */
    JSON_STREAM_PART,    /* of a value that goes on */
    JSON_STREAM_END,     /* of a value */
    JSON_STREAM_WRONG,
};

/* Looks at the next bytes of the stream; at the start all fields are zero.
 * *skip: white space ahead of a value; *used: where the value, or its part,
 * ends. What comes after `used` is to be given again. */
enum json_stream_found json_stream_next(struct json_stream *stream,
                                        size_t *skip, size_t *used, bytes data);
