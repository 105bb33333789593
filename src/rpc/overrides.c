#include "rpc/overrides.h"

#include "base/hex.h"

/* False: the field is left out. */
static bool given(const struct json *object, const char *key)
{
    return !json_absent(json_get(object, key));
}

static loft_err read_word(u256 *out, const struct json *value)
{
    hash32 word;
    TRY(json_read_hash(&word, value));
    *out = u256_from_hash(&word);
    return LOFT_OK;
}

static loft_err set_slots(struct overlay *overlay, const address *who,
                          const struct json *slots)
{
    if (json_kind(slots) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "%s, not an object",
                       json_kind_name(slots));
    JSON_FOR_EACH (member, slots) {
        hash32 key;
        u256 slot, value;
        TRY(hex_read_exact(key.at, sizeof key.at, member.key));
        TRY(read_word(&value, member.value));
        slot = u256_from_hash(&key);
        overlay_store(overlay, who, &slot, &value);
    }
    return LOFT_OK;
}

/* "state" stands for the whole storage, "stateDiff" for a part of it. */
static loft_err set_storage(struct overlay *overlay, const address *who,
                            const struct json *account)
{
    if (given(account, "state") && given(account, "stateDiff"))
        return err_say(LOFT_ERR_FORMAT, "both 'state' and 'stateDiff'");
    if (given(account, "stateDiff"))
        return set_slots(overlay, who, json_get(account, "stateDiff"));
    if (!given(account, "state"))
        return LOFT_OK;
    overlay_create(overlay, who);
    return set_slots(overlay, who, json_get(account, "state"));
}

static loft_err set_account(struct arena *arena, struct overlay *overlay,
                            const address *who, const struct json *account)
{
    u256 balance;
    uint64_t nonce;
    bytes code;
    if (given(account, "movePrecompileToAddress"))
        return err_say(LOFT_ERR_FORMAT, "a precompile cannot be moved here");
    TRY(set_storage(overlay, who, account));
    if (given(account, "balance")) {
        TRY(json_get_quantity(&balance, account, "balance"));
        overlay_set_balance(overlay, who, balance);
    }
    if (given(account, "nonce")) {
        TRY(json_get_quantity_u64(&nonce, account, "nonce"));
        overlay_set_nonce(overlay, who, nonce);
    }
    if (given(account, "code")) {
        TRY(json_get_data(arena, &code, account, "code"));
        overlay_set_code(overlay, who, code);
    }
    return LOFT_OK;
}

static loft_err set_accounts(struct arena *arena, struct overlay *overlay,
                             const struct json *accounts)
{
    JSON_FOR_EACH (member, accounts) {
        address who;
        loft_err code = hex_read_exact(who.at, sizeof who.at, member.key);
        if (code == LOFT_OK)
            code = set_account(arena, overlay, &who, member.value);
        if (code != LOFT_OK)
            return err_in(code, "%.42s", (const char *)member.key.at);
    }
    return LOFT_OK;
}

loft_err overrides_apply_state(struct arena *arena, struct overlay *overlay,
                               const struct json *accounts)
{
    if (json_absent(accounts))
        return LOFT_OK;
    if (json_kind(accounts) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "state overrides are %s, not an object",
                       json_kind_name(accounts));
    overlay_begin(overlay, (struct overlay_rules){0});
    loft_err code = set_accounts(arena, overlay, accounts);
    overlay_end(overlay);
    return code;
}

loft_err overrides_apply_block(struct block_context *context,
                               const struct json *fields)
{
    struct evm_environment *to = &context->environment;
    if (json_absent(fields))
        return LOFT_OK;
    if (json_kind(fields) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "block overrides are %s, not an object",
                       json_kind_name(fields));
    if (given(fields, "beaconRoot") || given(fields, "withdrawals"))
        return err_say(LOFT_ERR_FORMAT,
                       "block overrides beaconRoot and withdrawals are not for "
                       "this method");
    if (given(fields, "number"))
        TRY(json_get_quantity_u64(&to->number, fields, "number"));
    if (given(fields, "time"))
        TRY(json_get_quantity_u64(&to->timestamp, fields, "time"));
    if (given(fields, "gasLimit"))
        TRY(json_get_quantity_u64(&to->gas_limit, fields, "gasLimit"));
    if (given(fields, "feeRecipient"))
        TRY(json_get_address(&to->coinbase, fields, "feeRecipient"));
    if (given(fields, "prevRandao"))
        TRY(json_get_hash(&to->prev_randao, fields, "prevRandao"));
    if (given(fields, "baseFeePerGas"))
        TRY(json_get_quantity(&to->base_fee, fields, "baseFeePerGas"));
    if (given(fields, "blobBaseFee"))
        TRY(json_get_quantity(&to->blob_base_fee, fields, "blobBaseFee"));
    return LOFT_OK;
}
