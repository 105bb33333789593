#pragma once
/* Protocol buffers' wire format, for messages whose shape a table gives.
 *
 * A message is a struct of the caller's; a table names its fields by number,
 * kind, place in the struct and bound, and serves reading and writing both. A
 * message within a message is a field of bytes that its own table reads, so
 * the code decides how deep messages nest and input never does.
 *
 * The libraries at hand do not bound what is here bounded: protobuf-c
 * allocates repeated fields before a caller can count them and recurses as
 * the input says; nanopb bounds by generated code, which is more lines than
 * this reader for the few flat messages there are.
 *
 * Source   protobuf.dev, "Encoding".
 * Lifetime bytes that are read point into the input, lists into the arena.
 * Limits   of each field as its rule says. Unknown fields are skipped, of any
 *          wire type but groups, which are refused.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT. A field of one value that occurs
 *          twice is refused: readers that take the first and readers that
 *          take the last would see two messages under one signature.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

struct protobuf_number {
    uint64_t value; /* 0 where absent */
    bool present;
};

/* at is NULL where the field is absent, and only there. */
struct protobuf_list {
    bytes *at;
    size_t len;
};

enum protobuf_kind {
    PROTOBUF_NUMBER, /* struct protobuf_number: uint, bool and enum */
    PROTOBUF_BYTES,  /* bytes: also strings and messages */
    PROTOBUF_LIST,   /* struct protobuf_list: bytes, repeated */
};

struct protobuf_rule {
    uint32_t number; /* ascending in a table */
    enum protobuf_kind kind;
    bool required;
    size_t offset;
    uint64_t max;     /* the largest number, or most bytes of a value */
    size_t count_max; /* of PROTOBUF_LIST */
};

struct protobuf_shape {
    const struct protobuf_rule *rules;
    size_t count;
    size_t size; /* of the struct */
    const char *name;
};

/* Fills *message, a struct of shape->size bytes. Lists alone use the arena: it
 * may be NULL where the shape has none. */
MUST_USE loft_err protobuf_read(struct arena *arena, void *message,
                                const struct protobuf_shape *shape, bytes from);

/* Appends the fields that are present, in the order of their numbers, with
 * numbers in their shortest form. */
void protobuf_put(struct buffer *out, const void *message,
                  const struct protobuf_shape *shape);
