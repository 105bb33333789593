#pragma once
/* Why a transaction cannot be part of a block, with the figures: "nonce too
 * high: address 0x…, tx: 9 state: 3".
 *
 * Source  geth, whose texts tools look for.
 */
#include "chain/executor.h"

/* In the arena. */
const char *verdict_text(struct arena *arena, enum transaction_verdict verdict,
                         const struct transaction *tx, const address *sender,
                         struct overlay *overlay,
                         const struct block_context *context);
