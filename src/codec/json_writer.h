#pragma once
/* JSON texts, written straight to a buffer: no tree in between.
 *
 *     struct json_writer json = {&out};
 *     json_begin_object(&json);
 *     json_key(&json, "gas");
 *     json_put_quantity(&json, 21000);
 *     json_end_object(&json);
 *
 * Commas come by themselves. Strings are escaped; what is not UTF-8 in them
 * becomes U+FFFD, one for each maximal part as the Unicode Standard (3.9)
 * advises, so what comes out is always JSON.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "base/vec.h"
#include "codec/json.h"

struct json_writer {
    struct buffer *out;
    bool follows; /* the next value needs a comma before it */
};

void json_begin_object(struct json_writer *json);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json);
void json_end_array(struct json_writer *json);

/* The name of the next value; key_bytes where it is not a C string. */
void json_key(struct json_writer *json, const char *key);
void json_key_bytes(struct json_writer *json, bytes key);
void json_key_hash(struct json_writer *json, const hash32 *key);

void json_put_string(struct json_writer *json, bytes text);
void json_put_text(struct json_writer *json, const char *text);
void json_put_bool(struct json_writer *json, bool value);
void json_put_null(struct json_writer *json);

/* Decimal numbers. */
void json_put_u64(struct json_writer *json, uint64_t value);
void json_put_i64(struct json_writer *json, int64_t value);
void json_put_u256(struct json_writer *json, u256 value);

/* "0x1f": strings, as JSON-RPC has them. */
void json_put_quantity(struct json_writer *json, uint64_t value);
void json_put_quantity_u256(struct json_writer *json, u256 value);

/* "0x" and two digits a byte. */
void json_put_data(struct json_writer *json, bytes data);
void json_put_hash(struct json_writer *json, const hash32 *hash);
void json_put_address(struct json_writer *json, const address *who);

/* Text that is one JSON value already: not empty. */
void json_put_raw(struct json_writer *json, bytes text);

/* A value that was read, numbers digit for digit. */
void json_put_value(struct json_writer *json, const struct json *value);
