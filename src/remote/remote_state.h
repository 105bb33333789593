#pragma once
/* The state of a remote chain after one block, as a source for executions: what
 * is read is fetched once, and kept on disk.
 *
 * Accounts and slots come with proofs, and code with its hash: what the node
 * says is believed as far as it follows from the block's state root. A node
 * that has no proofs to give, or whose proofs do not fit its own headers (a
 * fork in a development node), is believed on its word, and the log says so.
 *
 * The hash of an earlier block comes out of the state too, where the chain has
 * EIP-2935, and otherwise from the node's word.
 *
 * Threads   any number may read; a read of what is not kept yet waits for the
 *           node.
 * Errors    as remote/remote.h; LOFT_ERR_REFUSED: a proof that does not hold.
 */
#include <stdint.h>

#include "chain/block.h"
#include "chain/chain.h"
#include "remote/remote.h"
#include "state/source.h"

struct remote_state;

struct remote_state_options {
    struct remote *remote;
    const char *dir; /* an existing folder of its own for what was read */
    /* The block wanted; REMOTE_NEWEST: what the folder has, or the newest. */
    uint64_t number;
};

/* A folder that has read enough needs no node to be opened.
 * LOFT_ERR_REFUSED: it holds what was read of another block. */
MUST_USE loft_err remote_state_open(struct remote_state **out,
                                    const struct remote_state_options *options);
void remote_state_close(struct remote_state *state); /* NULL is fine */

/* Copies what was read so far to a new file `data.mdb` of another folder. Any
 * thread. */
MUST_USE loft_err remote_state_copy(const struct remote_state *state, int fd);

uint64_t remote_state_chain_id(const struct remote_state *state);

/* For chain_options.base. */
const struct chain_base *remote_state_base(const struct remote_state *state);
