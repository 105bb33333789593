#pragma once
/* The first block and the state it begins with.
 *
 * Source   geth's genesis.json: config, alloc and the header's fields.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "chain/block.h"
#include "chain/forks.h"
#include "state/overlay.h"

struct genesis_slot {
    u256 key, value;
};

struct genesis_account {
    address who;
    uint64_t nonce;
    u256 balance;
    bytes code;
    const struct genesis_slot *slots;
    size_t slot_count;
};

struct genesis {
    struct chain_config config;
    struct header header; /* without state root; made by the chain */
    const struct genesis_account *accounts;
    size_t account_count;
};

/* Reads genesis.json. LOFT_ERR_FORMAT names the key. */
MUST_USE loft_err genesis_read(struct arena *arena, struct genesis *out,
                               bytes json);

/* Sets the accounts in an overlay over nothing. */
void genesis_apply(struct overlay *overlay, const struct genesis *genesis);
