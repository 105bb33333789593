#pragma once
/* What a call may pretend: accounts and a block other than those that are.
 *
 * Source    execution-apis, StateOverride and BlockOverrides; geth for the
 *           order in which accounts are taken and for the texts.
 * Errors    LOFT_ERR_FORMAT names the account or the field;
 *           LOFT_ERR_REFUSED: what is asked for does not go together.
 * Lifetime  what is read lives in the arena.
 */
#include "chain/executor.h"
#include "codec/json.h"
#include "rpc/rpc.h"
#include "state/overlay.h"

/* Sets accounts as if a transaction before had, and lets precompiles that are
 * moved or overridden go from the context. NULL changes nothing. */
MUST_USE loft_err overrides_apply_state(struct arena *arena,
                                        struct overlay *overlay,
                                        struct block_context *context,
                                        const struct json *accounts);

struct block_overrides {
    bool has_number, has_difficulty, has_time, has_gas_limit, has_coinbase,
        has_prev_randao, has_base_fee, has_blob_base_fee, has_beacon_root,
        has_withdrawals;
    u256 number, difficulty;
    uint64_t time, gas_limit;
    address coinbase;
    hash32 prev_randao;
    u256 base_fee, blob_base_fee;
    hash32 beacon_root;
    const struct withdrawal *withdrawals;
    size_t withdrawal_count;
};

MUST_USE loft_err overrides_read_block(struct arena *arena,
                                       struct block_overrides *out,
                                       const struct json *fields);

/* As overrides_read_block(), and into the context, whose fork becomes that of
 * the block's new number and time. */
MUST_USE loft_err overrides_apply_block(struct arena *arena,
                                        struct block_context *context,
                                        const struct json *fields);

/* An array of withdrawals as JSON-RPC has them. */
MUST_USE loft_err read_withdrawals(struct arena *arena,
                                   const struct withdrawal **out, size_t *count,
                                   const struct json *list);

/* What an override's error is to the caller of a method, of whose parameter
 * `at` it speaks; returns false. */
bool overrides_fail(struct rpc_call *call, loft_err code, unsigned at);
