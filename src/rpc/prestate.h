#pragma once
/* The accounts and slots that a transaction looks at, as they were before it.
 *
 * Source    geth: eth/tracers/native/prestate.go, for which instructions look
 *           at what.
 * Lifetime  from init to fini; codes live as long as the overlay's.
 */
#include "base/map.h"
#include "rpc/tx_tracer.h"

struct seen_account {
    address who;
    bool existed;
    bool is_created, is_deleted; /* by the transaction */
    uint64_t nonce;
    u256 balance;
    hash32 code_hash; /* zero for no account */
    bytes code;
};

struct seen_slot {
    address who;
    u256 key, value;
};

struct prestate {
    struct tx_tracer *tracer; /* whose prestate it is */
    bool skip_storage;
    struct map accounts; /* address -> seen_account */
    struct map slots;    /* address ‖ key -> seen_slot */
};

void prestate_init(struct prestate *prestate, struct tx_tracer *tracer);
void prestate_fini(struct prestate *prestate);

/* The accounts that every transaction looks at. */
void prestate_begin(struct prestate *prestate);
/* For the tracer's hook of that name. */
void prestate_step(struct prestate *prestate, const struct evm_step *step);

/* Both sorted, in the tracer's arena: accounts by address, slots by address
 * and key. */
const struct seen_account *const *
prestate_accounts(const struct prestate *prestate);
const struct seen_slot *const *prestate_slots(const struct prestate *prestate);

/* The value of a slot now, which stays as cold as it is. */
u256 overlay_peek(struct overlay *overlay, const address *who, const u256 *key);
