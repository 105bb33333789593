#include "rpc/verdict_text.h"

#include <inttypes.h>

#include "codec/address_text.h"

struct subject {
    struct arena *arena;
    const struct transaction *tx;
    const address *sender;
    struct overlay *overlay;
    const struct block_context *context;
};

static const char *wei(const struct subject *s, u256 value)
{
    char *text = arena_alloc(s->arena, U256_DECIMAL_MAX);
    u256_decimal(text, value);
    return text;
}

static const char *nonces(const struct subject *s)
{
    return arena_printf(s->arena, "tx: %" PRIu64 " state: %" PRIu64,
                        s->tx->nonce, overlay_nonce(s->overlay, s->sender));
}

static const char *nonce_alone(const struct subject *s)
{
    return arena_printf(s->arena, "nonce: %" PRIu64,
                        overlay_nonce(s->overlay, s->sender));
}

static const char *code_len(const struct subject *s)
{
    return arena_printf(s->arena, "len(code): %zu",
                        overlay_code(s->overlay, s->sender).len);
}

static const char *tip_and_fee(const struct subject *s)
{
    return arena_printf(s->arena, "maxPriorityFeePerGas: %s, maxFeePerGas: %s",
                        wei(s, s->tx->max_priority_fee),
                        wei(s, s->tx->max_fee));
}

static const char *fee_and_base(const struct subject *s)
{
    return arena_printf(s->arena, "maxFeePerGas: %s, baseFee: %s",
                        wei(s, s->tx->max_fee),
                        wei(s, s->context->environment.base_fee));
}

static const char *blob_fees(const struct subject *s)
{
    return arena_printf(s->arena, "blobGasFeeCap: %s, blobBaseFee: %s",
                        wei(s, s->tx->max_blob_fee),
                        wei(s, s->context->environment.blob_base_fee));
}

static const struct {
    enum transaction_verdict verdict;
    const char *(*figures)(const struct subject *);
} DETAILS[] = {
    {TX_NONCE_TOO_HIGH, nonces},      {TX_NONCE_TOO_LOW, nonces},
    {TX_NONCE_MAX, nonce_alone},      {TX_SENDER_NOT_EOA, code_len},
    {TX_TIP_ABOVE_FEE, tip_and_fee},  {TX_FEE_TOO_LOW, fee_and_base},
    {TX_BLOB_FEE_TOO_LOW, blob_fees},
};

/* The most that the transaction may take; false: more than 256 bits hold. */
static bool cost_of(u256 *cost, const struct transaction *tx)
{
    u256 gas, blobs;
    uint64_t blob_gas = tx->blob_hash_count * BLOB_GAS_PER_BLOB;
    return !u256_mul_overflow(&gas, u256_from(tx->gas_limit), tx->max_fee) &&
           !u256_mul_overflow(&blobs, u256_from(blob_gas), tx->max_blob_fee) &&
           !u256_add_overflow(cost, gas, blobs) &&
           !u256_add_overflow(cost, *cost, tx->value);
}

static const char *funds(const struct subject *s, const char *who)
{
    u256 cost;
    const char *text = transaction_verdict_text(TX_INSUFFICIENT_FUNDS);
    if (!cost_of(&cost, s->tx))
        return arena_printf(s->arena,
                            "%s: address %s required balance exceeds 256 bits",
                            text, who);
    return arena_printf(s->arena, "%s: address %s have %s want %s", text, who,
                        wei(s, overlay_balance(s->overlay, s->sender)),
                        wei(s, cost));
}

static const char *intrinsic(const struct subject *s,
                             enum transaction_verdict verdict)
{
    struct intrinsic_gas due = transaction_intrinsic_gas(
        s->tx, fork_rules(s->context->fork));
    return arena_printf(s->arena, "%s: have %" PRIu64 ", want %" PRIu64,
                        transaction_verdict_text(verdict), s->tx->gas_limit,
                        verdict == TX_FLOOR_GAS ? due.floor : due.gas);
}

const char *verdict_text(struct arena *arena, enum transaction_verdict verdict,
                         const struct transaction *tx, const address *sender,
                         struct overlay *overlay,
                         const struct block_context *context)
{
    const struct subject s = {arena, tx, sender, overlay, context};
    char who[ADDRESS_TEXT_LEN + 1];
    address_text(who, sender);
    if (verdict == TX_INSUFFICIENT_FUNDS)
        return funds(&s, who);
    if (verdict == TX_INTRINSIC_GAS || verdict == TX_FLOOR_GAS)
        return intrinsic(&s, verdict);
    for (size_t i = 0; i < ARRAY_LEN(DETAILS); i++)
        if (DETAILS[i].verdict == verdict)
            return arena_printf(arena, "%s: address %s, %s",
                                transaction_verdict_text(verdict), who,
                                DETAILS[i].figures(&s));
    return transaction_verdict_text(verdict);
}
