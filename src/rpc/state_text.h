#pragma once
/* The whole state as JSON, as anvil dumps and loads it.
 *
 *     {"accounts": {"0x…": {"nonce", "balance", "code", "storage"}},
 *      "block": {…}, "best_block_number", "blocks": [], "transactions": []}
 *
 * The chain's blocks are no part of it: what is loaded amends the newest
 * state, and other accounts and slots stay.
 *
 * Source  foundry, anvil_dumpState and anvil_loadState.
 * Limits  STATE_TEXT_BYTES_MAX.
 * Errors  LOFT_ERR_FORMAT names what cannot be read; LOFT_ERR_NOT_FOUND: an
 *         account or a slot whose name was not kept.
 */
#include "base/arena.h"
#include "base/vec.h"
#include "chain/chain.h"

#define STATE_TEXT_BYTES_MAX ((size_t)1 << 30)

MUST_USE loft_err state_text_write(struct buffer *out, struct chain_view *view);

/* Reads the text whole before it changes anything. */
MUST_USE loft_err state_text_load(struct chain *chain, struct arena *arena,
                                  bytes text);
