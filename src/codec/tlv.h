#pragma once
/* Messages of fields that are each a type, a length and a value, so that later
 * versions may add to them: "it's ok to be odd".
 *
 * A message is a struct of the caller's; a table names its fields by type,
 * kind, place in the struct and bounds, and serves reading and writing both.
 * A message has one encoding: types ascend, and numbers are in their shortest
 * form.
 *
 * Source   BOLT-1, "Type-Length-Value Format".
 * Lifetime bytes that are read point into the input.
 * Limits   of each field as its rule says.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT. LOFT_ERR_REFUSED: an even type
 *          that the table does not have, which says that who does not know it
 *          cannot go on. Odd ones are skipped.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

struct tlv_number {
    uint64_t value; /* 0 where absent */
    bool present;
};

enum tlv_kind {
    TLV_NUMBER, /* struct tlv_number: bytes without leading zeros ("tu64") */
    TLV_BYTES,  /* bytes; at is NULL where the field is absent, only there */
};

struct tlv_rule {
    uint64_t type; /* ascending in a table */
    enum tlv_kind kind;
    bool required;
    size_t offset;
    uint64_t min, max; /* of a number, or of the bytes of a value */
};

struct tlv_shape {
    const struct tlv_rule *rules;
    size_t count;
    size_t size; /* of the struct */
    const char *name;
};

/* Fills *message, a struct of shape->size bytes. */
MUST_USE loft_err tlv_read(void *message, const struct tlv_shape *shape,
                           bytes from);

/* Appends the fields that are present. */
void tlv_put(struct buffer *out, const void *message,
             const struct tlv_shape *shape);
