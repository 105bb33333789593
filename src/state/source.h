#pragma once
/* Where an overlay reads the accounts that it does not hold yet: the store
 * at its head, the store at a past block, a remote chain, or nowhere.
 *
 * Lifetime  code is good until the source is closed, its transaction ends, or
 *           the arena is reset.
 * Errors    a source that cannot answer returns its error; "no such account"
 *           is LOFT_OK with exists = false, an unset slot is LOFT_OK and 0.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"

struct state_account {
    bool exists;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash; /* KECCAK_EMPTY without code */
    bool has_storage;
};

struct state_source {
    loft_err (*account)(struct state_source *, struct state_account *out,
                        const address *who);
    loft_err (*slot)(struct state_source *, u256 *out, const address *who,
                     const u256 *key);
    loft_err (*code)(struct state_source *, struct arena *, bytes *out,
                     const hash32 *hash);
};

/* Nothing exists in it. */
extern struct state_source STATE_NOWHERE;
