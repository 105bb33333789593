#pragma once
/* Contract values as people type and read them, and as JSON.
 *
 *   integers   123, -5, 0xff        addresses  0x5aAeb605..., EIP-55 checked
 *   bytes      0x1234               booleans   true, false
 *   strings    hello, or quoted as in JSON where they stand in a list
 *   lists      [1,2,3]              tuples     (1,[2],"three")
 *
 * Written, lists and tuples have a space behind each comma and strings are
 * quoted, so that what is written can be read.
 *
 * In JSON, integers are read from numbers and from strings, tuples from
 * arrays and from objects by the names of their parameters. Written, integers
 * are decimal strings, since readers of JSON lose what is beyond 2^53.
 *
 * Lifetime  strings borrow from the text or JSON where nothing is escaped.
 * Errors    LOFT_ERR_FORMAT, naming the parameter's type.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "codec/abi.h"
#include "codec/json.h"
#include "codec/json_writer.h"

MUST_USE loft_err abi_read_text(struct abi_value *out, struct arena *arena,
                                const struct abi_type *type, bytes text);

/* One text for each component of the tuple `type`, as a command's arguments
 * are: a string here needs no quotes. */
MUST_USE loft_err abi_read_texts(struct abi_value *out, struct arena *arena,
                                 const struct abi_type *type,
                                 const bytes *texts, size_t count);

MUST_USE loft_err abi_read_json(struct abi_value *out, struct arena *arena,
                                const struct abi_type *type,
                                const struct json *json);

void abi_put_text(struct buffer *out, const struct abi_value *value);

/* Tuples become arrays, and objects where each parameter has a name of its
 * own. */
void abi_put_json(struct json_writer *json, const struct abi_value *value);
