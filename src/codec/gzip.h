#pragma once
/* Bytes in gzip's form (RFC 1952).
 *
 * Library  zlib.
 * Errors   LOFT_ERR_FORMAT: it is no gzip, or cut; LOFT_ERR_LIMIT: it unfolds
 *          to more than was asked for.
 */
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

/* Appends. */
MUST_USE loft_err gzip_pack(struct buffer *out, bytes plain);

/* Appends at most bytes_max. */
MUST_USE loft_err gzip_unpack(struct buffer *out, bytes packed,
                              size_t bytes_max);

/* Whether it begins like one. */
bool gzip_is(bytes packed);
