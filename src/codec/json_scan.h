#pragma once
/* The scan ahead of the JSON library: bounds, and numbers that it would lose.
 *
 * The library recurses without looking at a caller's bound, and holds numbers
 * as int64_t or double. So the text is scanned once first; where a number
 * does not fit, it is handed to the library as a string that begins with a
 * NUL and SCAN_NUMBER. A string of the text that itself begins with a NUL
 * gets a NUL and SCAN_STRING put before it, so the two are told apart.
 *
 * A number stands where a string may stand, except as a key, and there a NUL
 * is refused: no text that is not JSON turns into JSON this way.
 */
#include <stdbool.h>

#include "base/vec.h"
#include "codec/json.h"

enum { SCAN_NUMBER = 'N', SCAN_STRING = 'S' };

struct json_scan {
    bool is_rewritten; /* false: the library takes the text as it is */
    struct buffer text;
};

/* LOFT_ERR_LIMIT, or LOFT_ERR_FORMAT on a raw NUL. Free scan->text. */
MUST_USE loft_err json_scan(struct json_scan *scan, bytes text,
                            const struct json_limits *limits);

/* Where in `text` the byte at `offset` of the rewritten text comes from. */
size_t json_scan_origin(bytes text, size_t offset);
