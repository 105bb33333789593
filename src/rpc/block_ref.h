#pragma once
/* Which block a call means, and the picture of the chain it is read from.
 *
 * A block is named by number, tag, hash, or an object of EIP-1898. What is
 * committed here is final: "safe" and "finalized" are the newest block, unless
 * a development chain pretends epochs (rpc_host.slots_in_epoch). What "pending"
 * means beyond that, rpc/pending.h makes.
 *
 * Source    execution-apis, BlockNumberOrTagOrHash; EIP-1898.
 * Lifetime  what is read lives until the request is answered.
 */
#include "chain/chain.h"
#include "rpc/rpc.h"

/* The view of this request; opened at the first call. */
bool rpc_view(struct rpc_call *call, struct chain_view **view);

/* The chain was changed: what this request reads from now on, it reads
 * anew. What was read from the old view is gone. */
void rpc_view_drop(struct rpc_call *call);

struct rpc_block_ref {
    enum { BLOCK_NEWEST, BLOCK_PENDING, BLOCK_NUMBERED, BLOCK_HASHED } kind;
    uint64_t number;
    hash32 hash;
    bool require_canonical;
    unsigned epochs; /* BLOCK_NEWEST: how many it is behind */
};

#define RPC_BLOCK_NEWEST ((struct rpc_block_ref){.kind = BLOCK_NEWEST})

/* The newest block where the parameter is left out. */
bool rpc_param_block(struct rpc_call *call, struct rpc_block_ref *out,
                     unsigned at);
/* A number or a tag; no hash. */
bool rpc_param_block_number(struct rpc_call *call, struct rpc_block_ref *out,
                            unsigned at);
MUST_USE loft_err rpc_read_block_number(struct rpc_block_ref *out,
                                        const struct json *value);

/* The number that a BLOCK_NEWEST or BLOCK_PENDING means. */
uint64_t rpc_newest_number(const struct rpc_call *call,
                           const struct rpc_block_ref *ref, uint64_t newest);

struct rpc_block {
    bool found;
    bool canonical;
    hash32 hash;
    struct header header;
};

/* *out says whether there is one; false: a failure. */
bool rpc_find_block(struct rpc_call *call, struct rpc_block *out,
                    const struct rpc_block_ref *ref);
bool rpc_find_number(struct rpc_call *call, struct rpc_block *out,
                     uint64_t number);

/* The block and the state after it; that there is none is a failure. */
bool rpc_find_state(struct rpc_call *call, struct state_view **state,
                    struct rpc_block *block, const struct rpc_block_ref *ref);

/* The same, where only accounts are read: that of the pending block too, whose
 * hash is the one it would have. */
bool rpc_find_source(struct rpc_call *call, struct state_source **source,
                     struct rpc_block *block, const struct rpc_block_ref *ref);

/* The fork that a block belongs to. */
enum chain_fork rpc_fork_of(struct rpc_call *call, const struct header *header);
