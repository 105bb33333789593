#pragma once
/* Blocks from a file, one RLP item after the other, into the chain.
 *
 * Errors  LOFT_ERR_REFUSED: a block is not valid; the sentence says which,
 *         where in the file, and why. Those before it stay.
 */
#include "chain/chain.h"

MUST_USE loft_err import_blocks(struct chain *chain, const char *path);
