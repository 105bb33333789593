#include "base/assert.h"
#include "base/attributes.h"
#include "chain/fees.h"
#include "chain/transaction.h"

/* Wei and gas of the Yellow Paper's appendix G and of the EIPs named. */
enum {
    GAS_BASE = 21000,
    GAS_CREATION = 32000, /* EIP-2 */
    GAS_ZERO_BYTE = 4,
    GAS_BYTE_FRONTIER = 68,
    GAS_BYTE = 16,             /* EIP-2028 */
    GAS_ACCESS_ADDRESS = 2400, /* EIP-2930 */
    GAS_ACCESS_KEY = 1900,
    GAS_INITCODE_WORD = 2,     /* EIP-3860 */
    GAS_AUTHORIZATION = 25000, /* EIP-7702 */
    GAS_FLOOR_TOKEN = 10,      /* EIP-7623 */
    TOKENS_BYTE = 4,
};

const char *transaction_verdict_text(enum transaction_verdict verdict)
{
    static const char *const texts[] = {
#define X(name, text) [TX_##name] = text,
        TX_VERDICTS(X)
#undef X
    };
    ASSERT(verdict < ARRAY_LEN(texts));
    return texts[verdict];
}

/* Eight bytes at a time: adding 0x7f to a byte's low bits carries into its
 * high bit unless they are zero. */
static size_t zero_bytes(bytes data)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7f;
    size_t count = 0, i = 0;
    for (; i + 8 <= data.len; i += 8) {
        uint64_t word = load_le64(data.at + i);
        uint64_t filled = ((word & low) + low) | word | low;
        count += (size_t)__builtin_popcountll(~filled);
    }
    for (; i < data.len; i++)
        count += data.at[i] == 0;
    return count;
}

static uint64_t access_gas(const struct transaction *tx)
{
    uint64_t gas = tx->access_count * (uint64_t)GAS_ACCESS_ADDRESS;
    for (size_t i = 0; i < tx->access_count; i++)
        gas += tx->access_list[i].key_count * (uint64_t)GAS_ACCESS_KEY;
    return gas;
}

/* Each term is at most some thousands for a byte that lies in memory: no sum
 * of them reaches 64 bits. */
struct intrinsic_gas transaction_intrinsic_gas(const struct transaction *tx,
                                               enum evm_rules rules)
{
    uint64_t zeros = zero_bytes(tx->data), others = tx->data.len - zeros;
    uint64_t per_byte = rules >= EVM_ISTANBUL ? GAS_BYTE : GAS_BYTE_FRONTIER;
    struct intrinsic_gas out = {0};
    out.gas = GAS_BASE + zeros * GAS_ZERO_BYTE + others * per_byte;
    if (tx->is_creation && rules >= EVM_HOMESTEAD)
        out.gas += GAS_CREATION;
    if (tx->is_creation && rules >= EVM_SHANGHAI)
        out.gas += (tx->data.len + 31) / 32 * GAS_INITCODE_WORD;
    out.gas += access_gas(tx);
    out.gas += tx->authorization_count * (uint64_t)GAS_AUTHORIZATION;
    if (rules >= EVM_PRAGUE)
        out.floor = GAS_BASE + (zeros + others * TOKENS_BYTE) * GAS_FLOOR_TOKEN;
    return out;
}

u256 transaction_gas_price(const struct transaction *tx, u256 base_fee)
{
    u256 price;
    if (u256_add_overflow(&price, base_fee, tx->max_priority_fee) ||
        u256_less(tx->max_fee, price))
        return tx->max_fee;
    return price;
}

static enum transaction_verdict check_type(const struct transaction *tx,
                                           enum evm_rules rules,
                                           uint64_t chain_id)
{
    static const enum evm_rules since[] = {
        [TX_LEGACY] = EVM_FRONTIER,    [TX_ACCESS_LIST] = EVM_BERLIN,
        [TX_DYNAMIC_FEE] = EVM_LONDON, [TX_BLOB] = EVM_CANCUN,
        [TX_SET_CODE] = EVM_PRAGUE,
    };
    if (rules < since[tx->type])
        return TX_TYPE_NOT_SUPPORTED;
    bool names_chain = tx->type != TX_LEGACY || tx->is_replay_protected;
    return names_chain && tx->chain_id != chain_id ? TX_WRONG_CHAIN : TX_OK;
}

/* gas_limit * max_fee beyond 256 bits is more than any account can have. */
static enum transaction_verdict check_fees(const struct transaction *tx)
{
    u256 cost;
    if (u256_less(tx->max_fee, tx->max_priority_fee))
        return TX_TIP_ABOVE_FEE;
    if (u256_mul_overflow(&cost, u256_from(tx->gas_limit), tx->max_fee))
        return TX_INSUFFICIENT_FUNDS;
    return TX_OK;
}

static enum transaction_verdict check_blobs(const struct transaction *tx,
                                            enum evm_rules rules)
{
    if (tx->type != TX_BLOB)
        return TX_OK;
    if (tx->is_creation)
        return TX_BLOB_CREATION;
    if (tx->blob_hash_count == 0)
        return TX_NO_BLOBS;
    if (rules >= EVM_OSAKA && tx->blob_hash_count > TX_BLOBS_MAX)
        return TX_TOO_MANY_BLOBS;
    for (size_t i = 0; i < tx->blob_hash_count; i++)
        if (tx->blob_hashes[i].at[0] != TX_BLOB_HASH_VERSION)
            return TX_BLOB_VERSION;
    return TX_OK;
}

static enum transaction_verdict
check_authorizations(const struct transaction *tx)
{
    if (tx->type != TX_SET_CODE)
        return TX_OK;
    if (tx->is_creation)
        return TX_SET_CODE_CREATION;
    return tx->authorization_count ? TX_OK : TX_NO_AUTHORIZATIONS;
}

static enum transaction_verdict check_gas(const struct transaction *tx,
                                          enum evm_rules rules)
{
    if (rules >= EVM_OSAKA && tx->gas_limit > TX_GAS_LIMIT_MAX)
        return TX_GAS_LIMIT_TOO_HIGH;
    if (rules >= EVM_SHANGHAI && tx->is_creation &&
        tx->data.len > TX_INITCODE_BYTES_MAX)
        return TX_INITCODE_TOO_LARGE;
    struct intrinsic_gas due = transaction_intrinsic_gas(tx, rules);
    if (tx->gas_limit < due.gas)
        return TX_INTRINSIC_GAS;
    return tx->gas_limit < due.floor ? TX_FLOOR_GAS : TX_OK;
}

/* *sum += price * gas; false: more than there can be. */
static bool add_cost(u256 *sum, u256 price, uint64_t gas)
{
    u256 cost;
    return !u256_mul_overflow(&cost, price, u256_from(gas)) &&
           !u256_add_overflow(sum, *sum, cost);
}

bool transaction_cost(u256 *out, const struct transaction *tx)
{
    *out = tx->value;
    return add_cost(out, tx->max_fee, tx->gas_limit) &&
           add_cost(out, tx->max_blob_fee,
                    tx->blob_hash_count * BLOB_GAS_PER_BLOB);
}

enum transaction_verdict transaction_check(const struct transaction *tx,
                                           enum evm_rules rules,
                                           uint64_t chain_id)
{
    enum transaction_verdict verdict = check_type(tx, rules, chain_id);
    /* EIP-2681: the nonce of an account stays below 2^64 - 1. */
    if (verdict == TX_OK && tx->nonce == UINT64_MAX)
        verdict = TX_NONCE_MAX;
    if (verdict == TX_OK)
        verdict = check_fees(tx);
    if (verdict == TX_OK)
        verdict = check_blobs(tx, rules);
    if (verdict == TX_OK)
        verdict = check_authorizations(tx);
    return verdict == TX_OK ? check_gas(tx, rules) : verdict;
}
