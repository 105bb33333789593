/* Accounts of a development chain: used without their keys, and set to
 * whatever a test needs. */
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

static bool impersonate_account(struct rpc_call *call)
{
    address who;
    if (!rpc_param_address(call, &who, 0))
        return false;
    loft_err code = development_impersonate(&call->host->dev, &who);
    return code == LOFT_OK || rpc_fail_err(call, code);
}
DEVELOPMENT_METHOD(impersonate_account)

static bool stop_impersonating_account(struct rpc_call *call)
{
    address who;
    if (!rpc_param_address(call, &who, 0))
        return false;
    development_stop_impersonating(&call->host->dev, &who);
    return true;
}
DEVELOPMENT_METHOD(stop_impersonating_account)

static bool auto_impersonate_account(struct rpc_call *call)
{
    return rpc_param_bool(call, &call->host->dev.auto_impersonate, 0, false);
}
DEVELOPMENT_METHOD(auto_impersonate_account)

/* What becomes of an account. */
struct setting {
    address who;
    u256 key, value;
    uint64_t nonce;
    bytes code;
};

static loft_err apply_balance(void *context, struct overlay *overlay)
{
    const struct setting *setting = context;
    overlay_set_balance(overlay, &setting->who, setting->value);
    return LOFT_OK;
}

static bool set_balance(struct rpc_call *call)
{
    struct setting setting;
    return rpc_param_address(call, &setting.who, 0) &&
           rpc_param_number_u256(call, &setting.value, 1) &&
           development_amend(call, apply_balance, &setting);
}
DEVELOPMENT_METHOD(set_balance)

static loft_err apply_more(void *context, struct overlay *overlay)
{
    const struct setting *setting = context;
    u256 sum = overlay_balance(overlay, &setting->who);
    if (u256_add_overflow(&sum, sum, setting->value))
        sum = U256_MAX;
    overlay_set_balance(overlay, &setting->who, sum);
    return LOFT_OK;
}

static bool add_balance(struct rpc_call *call)
{
    struct setting setting;
    return rpc_param_address(call, &setting.who, 0) &&
           rpc_param_number_u256(call, &setting.value, 1) &&
           development_amend(call, apply_more, &setting);
}
DEVELOPMENT_METHOD(add_balance)

static loft_err apply_code(void *context, struct overlay *overlay)
{
    const struct setting *setting = context;
    overlay_set_code(overlay, &setting->who, setting->code);
    return LOFT_OK;
}

static bool set_code(struct rpc_call *call)
{
    struct setting setting;
    return rpc_param_address(call, &setting.who, 0) &&
           rpc_param_data(call, &setting.code, 1) &&
           development_amend(call, apply_code, &setting);
}
DEVELOPMENT_METHOD(set_code)

static loft_err apply_nonce(void *context, struct overlay *overlay)
{
    const struct setting *setting = context;
    overlay_set_nonce(overlay, &setting->who, setting->nonce);
    return LOFT_OK;
}

static bool set_nonce(struct rpc_call *call)
{
    struct setting setting;
    return rpc_param_address(call, &setting.who, 0) &&
           rpc_param_number(call, &setting.nonce, 1, 0) &&
           development_amend(call, apply_nonce, &setting);
}
DEVELOPMENT_METHOD(set_nonce)

static loft_err apply_slot(void *context, struct overlay *overlay)
{
    const struct setting *setting = context;
    if (!overlay_exists(overlay, &setting->who))
        overlay_set_nonce(overlay, &setting->who, 0);
    overlay_store(overlay, &setting->who, &setting->key, &setting->value);
    return LOFT_OK;
}

/* Both answer true. */
bool anvil_set_storage_at(struct rpc_call *call)
{
    struct setting setting;
    hash32 word;
    if (!rpc_param_address(call, &setting.who, 0) ||
        !rpc_param_number_u256(call, &setting.key, 1) ||
        !rpc_param_hash(call, &word, 2))
        return false;
    setting.value = u256_load_be(word.at);
    return development_amend(call, apply_slot, &setting) && put_true(call);
}
