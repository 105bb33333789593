#pragma once
/* Unsigned 64-bit integers in one, three, five or nine bytes.
 *
 * Source   BOLT-1, "BigSize": the shortest form alone.
 * Errors   LOFT_ERR_FORMAT; *rest and *out are as they were then.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define BIGSIZE_BYTES_MAX 9

/* How many bytes a number has whose first is this one. */
size_t bigsize_bytes(uint8_t first);

/* For bytes that are all there. */
MUST_USE loft_err bigsize_read(uint64_t *out, bytes *rest);

void bigsize_put(struct buffer *out, uint64_t value);
