#pragma once
/* The canonical chain's blocks to a file, one RLP item after the other, as
 * import_blocks() reads them.
 *
 * Errors  LOFT_ERR_USAGE: the chain does not go that far; LOFT_ERR_IO.
 */
#include <stdint.h>
#include <stdio.h>

#include "chain/chain.h"

/* From `first` to `last`, or to the head where last is UINT64_MAX. */
MUST_USE loft_err export_blocks(struct chain *chain, FILE *to, uint64_t first,
                                uint64_t last);
