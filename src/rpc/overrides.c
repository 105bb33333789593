#include "rpc/overrides.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "codec/address_text.h"
#include "rpc/params.h"

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

struct account {
    address who;
    const struct json *fields;
};

/* The overrides of one call. */
struct overrides {
    struct arena *arena;
    struct overlay *overlay;
    struct block_context *context;
    struct account *accounts; /* sorted by address */
    size_t count;
    struct evm_relocation *relocations;
    size_t relocation_count;
};

static loft_err refuse(const char *format, const address *who)
{
    char text[ADDRESS_TEXT_LEN + 1];
    address_text(text, who);
    return err_say(LOFT_ERR_REFUSED, format, text);
}

static int compare_accounts(const void *a, const void *b)
{
    const struct account *left = a, *right = b;
    return memcmp(left->who.at, right->who.at, sizeof left->who.at);
}

static bool is_overridden(const struct overrides *all, const address *who)
{
    struct account key = {.who = *who};
    return bsearch(&key, all->accounts, all->count, sizeof key,
                   compare_accounts) != NULL;
}

static bool is_moved_to(const struct overrides *all, const address *who)
{
    for (size_t i = 0; i < all->relocation_count; i++)
        if (all->relocations[i].has_to &&
            address_equal(&all->relocations[i].to, who))
            return true;
    return false;
}

/* A precompile that is overridden at all gives way to the account's code, and
 * may run elsewhere. */
static loft_err relocate(struct overrides *all, const struct account *account)
{
    const address *who = &account->who;
    struct evm_relocation one = {.from = *who};
    bool precompile = evm_is_precompile(fork_rules(all->context->fork), who);
    one.has_to = given(account->fields, "movePrecompileToAddress");
    if (is_moved_to(all, who))
        return refuse("account %s has already been overridden by a precompile",
                      who);
    if (one.has_to) {
        TRY(json_get_address(&one.to, account->fields,
                             "movePrecompileToAddress"));
        if (!precompile)
            return refuse("account %s is not a precompile", who);
        if (is_overridden(all, &one.to))
            return refuse("account %s is already overridden", &one.to);
    }
    if (precompile)
        all->relocations[all->relocation_count++] = one;
    return LOFT_OK;
}

/* "state" stands for the whole storage, "stateDiff" for a part of it. */
static loft_err set_storage(struct overlay *overlay,
                            const struct account *account)
{
    const struct json *fields = account->fields;
    if (given(fields, "state") && given(fields, "stateDiff"))
        return refuse("account %s has both 'state' and 'stateDiff'",
                      &account->who);
    if (given(fields, "stateDiff"))
        return set_slots(overlay, &account->who, json_get(fields, "stateDiff"));
    if (!given(fields, "state"))
        return LOFT_OK;
    overlay_create(overlay, &account->who);
    return set_slots(overlay, &account->who, json_get(fields, "state"));
}

static loft_err set_account(struct overrides *all,
                            const struct account *account)
{
    const struct json *fields = account->fields;
    const address *who = &account->who;
    u256 balance;
    uint64_t nonce;
    bytes code;
    TRY(relocate(all, account));
    if (given(fields, "nonce")) {
        TRY(json_get_quantity_u64(&nonce, fields, "nonce"));
        overlay_set_nonce(all->overlay, who, nonce);
    }
    if (given(fields, "code")) {
        TRY(json_get_data(all->arena, &code, fields, "code"));
        overlay_set_code(all->overlay, who, code);
    }
    if (given(fields, "balance")) {
        TRY(json_get_quantity(&balance, fields, "balance"));
        overlay_set_balance(all->overlay, who, balance);
    }
    return set_storage(all->overlay, account);
}

static loft_err list_accounts(struct overrides *all,
                              const struct json *accounts)
{
    size_t len = json_len(accounts);
    all->accounts = ARENA_ARRAY(all->arena, struct account, len + 1);
    all->relocations = ARENA_ARRAY(all->arena, struct evm_relocation, len + 1);
    JSON_FOR_EACH (member, accounts) {
        struct account *account = &all->accounts[all->count++];
        account->fields = member.value;
        TRY(hex_read_exact(account->who.at, sizeof account->who.at,
                           member.key));
    }
    qsort(all->accounts, all->count, sizeof *all->accounts, compare_accounts);
    return LOFT_OK;
}

static loft_err set_accounts(struct overrides *all)
{
    for (size_t i = 0; i < all->count; i++) {
        char text[ADDRESS_TEXT_LEN + 1];
        loft_err code = set_account(all, &all->accounts[i]);
        address_text(text, &all->accounts[i].who);
        if (code != LOFT_OK)
            return code == LOFT_ERR_REFUSED ? code : err_in(code, "%s", text);
    }
    return LOFT_OK;
}

loft_err overrides_apply_state(struct arena *arena, struct overlay *overlay,
                               struct block_context *context,
                               const struct json *accounts)
{
    struct overrides all = {
        .arena = arena, .overlay = overlay, .context = context};
    if (json_absent(accounts))
        return LOFT_OK;
    if (json_kind(accounts) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "state overrides are %s, not an object",
                       json_kind_name(accounts));
    TRY(list_accounts(&all, accounts));
    overlay_begin(overlay, (struct overlay_rules){0});
    loft_err code = set_accounts(&all);
    overlay_end(overlay);
    context->relocations = all.relocations;
    context->relocation_count = all.relocation_count;
    return code;
}

static loft_err read_withdrawal(struct withdrawal *out,
                                const struct json *fields)
{
    TRY(json_get_quantity_u64(&out->index, fields, "index"));
    TRY(json_get_quantity_u64(&out->validator, fields, "validatorIndex"));
    TRY(json_get_address(&out->to, fields, "address"));
    return json_get_quantity_u64(&out->amount_gwei, fields, "amount");
}

loft_err read_withdrawals(struct arena *arena, const struct withdrawal **out,
                          size_t *count, const struct json *list)
{
    if (json_kind(list) != JSON_IS_ARRAY)
        return err_say(LOFT_ERR_FORMAT, "withdrawals are %s, not an array",
                       json_kind_name(list));
    *count = json_len(list);
    struct withdrawal *all = ARENA_ARRAY(arena, struct withdrawal, *count + 1);
    for (size_t i = 0; i < *count; i++)
        TRY(read_withdrawal(&all[i], json_at(list, i)));
    *out = all;
    return LOFT_OK;
}

static loft_err read_fees(struct block_overrides *out,
                          const struct json *fields)
{
    if (out->has_base_fee)
        TRY(json_get_quantity(&out->base_fee, fields, "baseFeePerGas"));
    if (out->has_blob_base_fee)
        TRY(json_get_quantity(&out->blob_base_fee, fields, "blobBaseFee"));
    return LOFT_OK;
}

static loft_err read_place(struct block_overrides *out,
                           const struct json *fields)
{
    if (out->has_number)
        TRY(json_get_quantity(&out->number, fields, "number"));
    if (out->has_difficulty)
        TRY(json_get_quantity(&out->difficulty, fields, "difficulty"));
    if (out->has_time)
        TRY(json_get_quantity_u64(&out->time, fields, "time"));
    if (out->has_gas_limit)
        TRY(json_get_quantity_u64(&out->gas_limit, fields, "gasLimit"));
    return LOFT_OK;
}

static loft_err read_rest(struct arena *arena, struct block_overrides *out,
                          const struct json *fields)
{
    if (out->has_coinbase)
        TRY(json_get_address(&out->coinbase, fields, "feeRecipient"));
    if (out->has_prev_randao)
        TRY(json_get_hash(&out->prev_randao, fields, "prevRandao"));
    if (out->has_beacon_root)
        TRY(json_get_hash(&out->beacon_root, fields, "beaconRoot"));
    return out->has_withdrawals
               ? read_withdrawals(arena, &out->withdrawals,
                                  &out->withdrawal_count,
                                  json_get(fields, "withdrawals"))
               : LOFT_OK;
}

loft_err overrides_read_block(struct arena *arena, struct block_overrides *out,
                              const struct json *fields)
{
    *out = (struct block_overrides){
        .has_number = given(fields, "number"),
        .has_difficulty = given(fields, "difficulty"),
        .has_time = given(fields, "time"),
        .has_gas_limit = given(fields, "gasLimit"),
        .has_coinbase = given(fields, "feeRecipient"),
        .has_prev_randao = given(fields, "prevRandao"),
        .has_base_fee = given(fields, "baseFeePerGas"),
        .has_blob_base_fee = given(fields, "blobBaseFee"),
        .has_beacon_root = given(fields, "beaconRoot"),
        .has_withdrawals = given(fields, "withdrawals"),
    };
    if (!json_absent(fields) && json_kind(fields) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "block overrides are %s, not an object",
                       json_kind_name(fields));
    TRY(read_place(out, fields));
    TRY(read_fees(out, fields));
    return read_rest(arena, out, fields);
}

static void set_environment(struct evm_environment *to,
                            const struct block_overrides *from)
{
    if (from->has_number)
        to->number = u256_clamp_u64(from->number);
    if (from->has_time)
        to->timestamp = from->time;
    if (from->has_gas_limit)
        to->gas_limit = from->gas_limit;
    if (from->has_coinbase)
        to->coinbase = from->coinbase;
    if (from->has_prev_randao)
        to->prev_randao = from->prev_randao;
    if (from->has_base_fee)
        to->base_fee = from->base_fee;
    if (from->has_blob_base_fee)
        to->blob_base_fee = from->blob_base_fee;
}

loft_err overrides_apply_block(struct arena *arena,
                               struct block_context *context,
                               const struct json *fields)
{
    struct block_overrides overrides;
    TRY(overrides_read_block(arena, &overrides, fields));
    if (overrides.has_beacon_root || overrides.has_withdrawals)
        return err_say(LOFT_ERR_REFUSED,
                       "block override \"%s\" is not supported for this RPC "
                       "method",
                       overrides.has_beacon_root ? "beaconRoot"
                                                 : "withdrawals");
    set_environment(&context->environment, &overrides);
    if (overrides.has_number || overrides.has_time)
        context->fork = chain_fork_at(
            context->config, context->environment.number,
            context->environment.timestamp, context->fork >= FORK_PARIS);
    return LOFT_OK;
}

bool overrides_fail(struct rpc_call *call, loft_err code, unsigned at)
{
    if (code != LOFT_ERR_REFUSED)
        return rpc_param_wrong(call, at);
    return rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
}
