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
#include "codec/json.h"
#include "state/source.h"

#define STATE_TEXT_BYTES_MAX ((size_t)1 << 30)

MUST_USE loft_err state_text_write(struct buffer *out, struct chain_view *view);

/* A text on its way into the chain. */
struct state_text {
    struct arena *arena;
    const struct json *accounts;
    struct json_member account, slot; /* what comes next */
    bool is_within;                   /* `account`: slots of it are left */
    size_t left;                      /* of what may be brought at a time */
};

/* Reads the text whole and checks it, which changes nothing; any thread may. */
MUST_USE loft_err state_text_read(struct state_text *out, struct arena *arena,
                                  bytes text);

/* What is read of a state while the text is brought to it, is read: it may
 * have to come from afar. */
MUST_USE loft_err state_text_try(struct state_text *text,
                                 struct state_source *source);

/* Brings at most so many accounts and slots of it to the chain; *done says that
 * no more are left. */
MUST_USE loft_err state_text_apply(struct state_text *text, struct chain *chain,
                                   size_t max, bool *done);

/* All of it at once. */
MUST_USE loft_err state_text_load(struct chain *chain, struct arena *arena,
                                  bytes text);
