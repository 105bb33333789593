#pragma once
/* RLP fields with names: what transactions, blocks and receipts read. A
 * sentence about a field that cannot be read begins with its name.
 *
 * Errors  LOFT_ERR_FORMAT.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "base/vec.h"

MUST_USE loft_err field_u64(uint64_t *out, const char *name, bytes *rest);
MUST_USE loft_err field_u256(u256 *out, const char *name, bytes *rest);
MUST_USE loft_err field_bytes(bytes *out, const char *name, bytes *rest);
MUST_USE loft_err field_list(bytes *out, const char *name, bytes *rest);
MUST_USE loft_err field_exact(void *out, size_t len, const char *name,
                              bytes *rest);

/* A list of hashes. */
MUST_USE loft_err field_hashes(struct arena *arena, const hash32 **out,
                               size_t *count, const char *name, bytes *rest);
void field_put_hashes(struct buffer *out, const hash32 *hashes, size_t count);

/* How many items a list's payload has. `least` is the fewest bytes that an
 * item can have in RLP: more items than fit are refused, before room is made
 * for them. */
MUST_USE loft_err field_count(size_t *out, size_t least, const char *name,
                              bytes items);
