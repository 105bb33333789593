#pragma once
/* A block's receipts as they are stored: one RLP list each of
 *
 *   [type, status or root, cumulative gas used, logs]
 *
 * one after the other. The bloom, 256 bytes of each receipt that its logs say
 * again, is left out and made anew.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "chain/block.h"

/* From receipt_encode()'s form. LOFT_ERR_FORMAT: it is not that. */
MUST_USE loft_err receipts_pack(struct buffer *out, const bytes *encoded,
                                size_t count);

/* All in the arena. LOFT_ERR_FORMAT */
MUST_USE loft_err receipts_unpack(struct arena *arena,
                                  const struct receipt **out, size_t *count,
                                  bytes packed);
