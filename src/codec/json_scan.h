#pragma once
/* The scan ahead of the JSON library: bounds, numbers that it would lose, and
 * text that it need not see.
 *
 * The library recurses without looking at a caller's bound, and holds numbers
 * as int64_t or double. So the text is scanned once first; where a number
 * does not fit, it is handed to the library as a string that begins with a
 * NUL and SCAN_NUMBER. A string of the text that itself begins with a NUL
 * gets a NUL and SCAN_STRING put before it, so the two are told apart.
 *
 * A number stands where a string may stand, except as a key, and there a NUL
 * is refused: no text that is not JSON turns into JSON this way.
 *
 * The library takes some 130 instructions a character, and most characters of
 * a request are digits in strings. In the short form every value that is a
 * string of ASCII without escapes is empty, and whitespace is left out where
 * it parts nothing: the library says whether the text is JSON and builds its
 * values, and then the strings are put in, in their order. The short form is
 * JSON if and only if the text is; the whole one is for telling where it is
 * not.
 */
#include <stdbool.h>

#include "base/vec.h"
#include "codec/json.h"

enum { SCAN_NUMBER = 'N', SCAN_STRING = 'S' };

enum json_form { JSON_SHORT, JSON_WHOLE };

/* Where something was put in, and how much. */
struct json_insertion {
    size_t from, len;
};

struct json_scan {
    struct buffer text; /* for the library */
    /* JSON_SHORT: what belongs into the empty strings, borrowed from the text,
     * for those that were empty too. */
    VEC(bytes) strings;
    VEC(struct json_insertion) insertions; /* JSON_WHOLE */
};

/* LOFT_ERR_LIMIT, or LOFT_ERR_FORMAT on a raw NUL. */
MUST_USE loft_err json_scan(struct json_scan *scan, enum json_form form,
                            bytes text, const struct json_limits *limits);
void json_scan_fini(struct json_scan *scan);

/* Where in the text the byte at `offset` of its whole form comes from. */
size_t json_scan_origin(const struct json_scan *scan, size_t offset);
