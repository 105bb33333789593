#pragma once
/* The difficulty of a block that is mined: before Paris.
 *
 * Source  Yellow Paper 4.3.4; EIP-2 (Homestead), 100 (uncles), 649, 1234,
 *         2384, 3554, 4345, 5133 (the bomb's delays).
 */
#include "chain/block.h"
#include "chain/forks.h"

/* Of the block after `parent`, at a timestamp not before the parent's; `fork`
 * is the block's. */
u256 difficulty_next(enum chain_fork fork, const struct header *parent,
                     uint64_t timestamp);
