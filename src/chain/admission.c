#include "chain/admission.h"

#include "base/u256.h"
#include "chain/fees.h"

/* A transaction before the door: what the checks look at. */
struct candidate {
    struct overlay *overlay;
    const struct block_context *context;
    const struct transaction *tx;
    const address *sender;
    const struct execution_options *options;
    enum evm_rules rules;
    struct admission *admission;
};

static enum transaction_verdict check_type(const struct candidate *c)
{
    static const enum evm_rules SINCE[] = {
        [TX_LEGACY] = EVM_FRONTIER,    [TX_ACCESS_LIST] = EVM_BERLIN,
        [TX_DYNAMIC_FEE] = EVM_LONDON, [TX_BLOB] = EVM_CANCUN,
        [TX_SET_CODE] = EVM_PRAGUE,
    };
    return c->rules < SINCE[c->tx->type] ? TX_TYPE_NOT_SUPPORTED : TX_OK;
}

/* EIP-155: before Spurious Dragon a chain id in v is no signature at all. */
static enum transaction_verdict check_chain(const struct candidate *c)
{
    if (c->options->skip_eoa_check)
        return TX_OK;
    if (c->tx->type == TX_LEGACY && !c->tx->is_replay_protected)
        return TX_OK;
    if (c->rules < EVM_SPURIOUS)
        return TX_BAD_SIGNATURE;
    return c->tx->chain_id == c->context->config->chain_id ? TX_OK
                                                           : TX_WRONG_CHAIN;
}

static enum transaction_verdict check_nonce(const struct candidate *c)
{
    if (c->options->skip_nonce)
        return TX_OK;
    uint64_t next = overlay_nonce(c->overlay, c->sender);
    if (c->tx->nonce > next)
        return TX_NONCE_TOO_HIGH;
    if (c->tx->nonce < next)
        return TX_NONCE_TOO_LOW;
    return next == UINT64_MAX ? TX_NONCE_MAX : TX_OK;
}

static enum transaction_verdict check_gas_cap(const struct candidate *c)
{
    bool capped = c->rules >= EVM_OSAKA && !c->options->skip_eoa_check;
    return capped && c->tx->gas_limit > TX_GAS_LIMIT_MAX ? TX_GAS_LIMIT_TOO_HIGH
                                                         : TX_OK;
}

/* EIP-3607, and its exception in EIP-7702. */
static enum transaction_verdict check_eoa(const struct candidate *c)
{
    if (c->options->skip_eoa_check)
        return TX_OK;
    bytes code = overlay_code(c->overlay, c->sender);
    address target;
    if (!code.len || evm_read_delegation(&target, code))
        return TX_OK;
    return TX_SENDER_NOT_EOA;
}

static enum transaction_verdict check_fees(const struct candidate *c)
{
    if (c->rules < EVM_LONDON || c->admission->is_free)
        return TX_OK;
    if (u256_less(c->tx->max_fee, c->tx->max_priority_fee))
        return TX_TIP_ABOVE_FEE;
    if (u256_less(c->tx->max_fee, c->context->environment.base_fee))
        return TX_FEE_TOO_LOW;
    return TX_OK;
}

static enum transaction_verdict check_blobs(const struct candidate *c)
{
    const struct transaction *tx = c->tx;
    if (tx->type != TX_BLOB)
        return TX_OK;
    if (tx->is_creation)
        return TX_BLOB_CREATION;
    if (!tx->blob_hash_count)
        return TX_NO_BLOBS;
    if (c->rules >= EVM_OSAKA && tx->blob_hash_count > TX_BLOBS_MAX)
        return TX_TOO_MANY_BLOBS;
    for (size_t i = 0; i < tx->blob_hash_count; i++)
        if (tx->blob_hashes[i].at[0] != TX_BLOB_HASH_VERSION)
            return TX_BLOB_VERSION;
    return TX_OK;
}

static enum transaction_verdict check_blob_fee(const struct candidate *c)
{
    if (!c->admission->blob_gas || c->admission->is_blob_free)
        return TX_OK;
    return u256_less(c->tx->max_blob_fee, c->context->environment.blob_base_fee)
               ? TX_BLOB_FEE_TOO_LOW
               : TX_OK;
}

static enum transaction_verdict check_authorizations(const struct candidate *c)
{
    if (c->tx->type != TX_SET_CODE)
        return TX_OK;
    if (c->tx->is_creation)
        return TX_SET_CODE_CREATION;
    return c->tx->authorization_count ? TX_OK : TX_NO_AUTHORIZATIONS;
}

static uint64_t initcode_bytes_max(const struct chain_config *config)
{
    return config->code_bytes_max ? 2 * config->code_bytes_max
                                  : TX_INITCODE_BYTES_MAX;
}

static enum transaction_verdict check_initcode(const struct candidate *c)
{
    bool too_large = c->tx->is_creation && c->rules >= EVM_SHANGHAI &&
                     c->tx->data.len > initcode_bytes_max(c->context->config);
    return too_large ? TX_INITCODE_TOO_LARGE : TX_OK;
}

static enum transaction_verdict check_block_gas(const struct candidate *c)
{
    if (c->tx->gas_limit > c->context->gas_left || c->tx->gas_limit > INT64_MAX)
        return TX_GAS_LIMIT_REACHED;
    return c->admission->blob_gas > c->context->blob_gas_left
               ? TX_BLOB_GAS_REACHED
               : TX_OK;
}

static enum transaction_verdict check_funds(const struct candidate *c)
{
    const struct transaction *tx = c->tx;
    struct admission *admission = c->admission;
    u256 most, blobs = U256_ZERO;
    if (!transaction_cost(&most, tx))
        return TX_INSUFFICIENT_FUNDS;
    /* Nobody lacks nothing: the account need not be read. */
    if (!u256_is_zero(most) &&
        u256_less(overlay_balance(c->overlay, c->sender), most))
        return TX_INSUFFICIENT_FUNDS;

    /* Within `most`, which has not overflowed. */
    if (!admission->is_blob_free)
        blobs = u256_mul(c->context->environment.blob_base_fee,
                         u256_from(admission->blob_gas));
    admission->purchase = u256_add(
        u256_mul(admission->gas_price, u256_from(tx->gas_limit)), blobs);
    return TX_OK;
}

static enum transaction_verdict check_intrinsic_gas(const struct candidate *c)
{
    struct intrinsic_gas due = transaction_intrinsic_gas(c->tx, c->rules);
    c->admission->intrinsic = due;
    if (c->tx->gas_limit < due.gas)
        return TX_INTRINSIC_GAS;
    return c->tx->gas_limit < due.floor ? TX_FLOOR_GAS : TX_OK;
}

typedef enum transaction_verdict candidate_check(const struct candidate *);

static candidate_check *const CHECKS[] = {
    check_type,          check_chain,     check_nonce,
    check_gas_cap,       check_eoa,       check_fees,
    check_blobs,         check_blob_fee,  check_authorizations,
    check_initcode,      check_block_gas, check_funds,
    check_intrinsic_gas,
};

static bool names_no_fees(const struct transaction *tx)
{
    return u256_is_zero(tx->max_fee) && u256_is_zero(tx->max_priority_fee);
}

enum transaction_verdict
transaction_admit(struct admission *out, struct overlay *overlay,
                  const struct block_context *context,
                  const struct transaction *tx, const address *sender,
                  const struct execution_options *options)
{
    bool is_free = options->skip_fees && names_no_fees(tx);
    *out = (struct admission){
        .is_free = is_free,
        .is_blob_free = options->skip_fees && u256_is_zero(tx->max_blob_fee),
        .blob_gas = tx->blob_hash_count * BLOB_GAS_PER_BLOB,
        .gas_price = is_free ? U256_ZERO
                             : transaction_gas_price(
                                   tx, context->environment.base_fee),
    };
    const struct candidate candidate = {
        overlay, context, tx, sender, options, fork_rules(context->fork), out};
    for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++) {
        enum transaction_verdict verdict = CHECKS[i](&candidate);
        if (verdict != TX_OK)
            return verdict;
    }
    return TX_OK;
}
