#pragma once
/* A chain of this node's own that goes on from a block of a remote one
 * (--fork-url): what is read of that state is fetched and kept in a folder
 * inside the data folder.
 *
 * Errors  as remote/remote_state.h.
 */
#include "chain/chain.h"
#include "node/options.h"
#include "remote/remote.h"

struct fork;

/* `dir` is the node's data folder. */
MUST_USE loft_err fork_open(struct fork **out, const struct options *options,
                            const char *dir);
void fork_close(struct fork *fork); /* NULL is fine */

/* Puts what was read of the remote chain beside a copy of the node's data, in
 * the folder `dir`, as fork_open() looks for it. Any thread. */
MUST_USE loft_err fork_copy(const struct fork *fork, const char *dir);

const struct chain_base *fork_base(const struct fork *fork);
struct remote *fork_remote(const struct fork *fork);

/* The rules of the blocks to come: under --hardfork where the remote block can
 * belong to it, and otherwise the newest rules that its header's fields allow;
 * with the remote's chain id, unless --chain-id names another. */
void fork_config(const struct fork *fork, struct chain_config *config,
                 enum chain_fork wanted);

/* If the fork has just begun: gives the node's accounts their ether, and adds
 * the system contracts that the state lacks. */
MUST_USE loft_err fork_begin(const struct fork *fork, struct chain *chain,
                             const address *accounts, size_t count,
                             uint64_t ether);
