/* eth_: balances, code, storage, nonces and their proofs. */
#include "base/hex.h"
#include "crypto/keccak.h"
#include "rpc/block_ref.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define PROOF_KEYS_MAX 1024
#define STORAGE_VALUES_MAX 1024

static bool find_account(struct rpc_call *call, struct state_account *out,
                         struct state_view **state, const address *who,
                         const struct rpc_block_ref *ref)
{
    struct rpc_block block;
    if (!rpc_find_state(call, state, &block, ref))
        return false;
    loft_err code = (*state)->source.account(&(*state)->source, out, who);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bool read_account(struct rpc_call *call, struct state_account *out,
                         struct state_source **state)
{
    address who;
    struct rpc_block_ref ref;
    struct rpc_block block;
    if (!rpc_param_address(call, &who, 0) || !rpc_param_block(call, &ref, 1) ||
        !rpc_find_source(call, state, &block, &ref))
        return false;
    loft_err code = (*state)->account(*state, out, &who);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

bool eth_get_balance(struct rpc_call *call)
{
    struct state_account account;
    struct state_source *state;
    if (!read_account(call, &account, &state))
        return false;
    json_put_quantity_u256(call->out, account.balance);
    return true;
}

bool eth_get_transaction_count(struct rpc_call *call)
{
    address who;
    struct rpc_block_ref ref;
    struct state_account account;
    struct state_view *state;
    if (!rpc_param_address(call, &who, 0) || !rpc_param_block(call, &ref, 1) ||
        !find_account(call, &account, &state, &who, &ref))
        return false;
    uint64_t nonce = account.nonce;
    if (ref.kind == BLOCK_PENDING)
        nonce = pool_next_nonce(call->host->pool, &who, nonce);
    json_put_quantity(call->out, nonce);
    return true;
}

bool eth_get_code(struct rpc_call *call)
{
    struct state_account account;
    struct state_source *state;
    bytes code = BYTES_EMPTY;
    if (!read_account(call, &account, &state))
        return false;
    if (account.exists && !hash32_equal(&account.code_hash, &KECCAK_EMPTY)) {
        loft_err err = state->code(state, call->arena, &code,
                                   &account.code_hash);
        if (err != LOFT_OK)
            return rpc_fail_err(call, err);
    }
    json_put_data(call->out, code);
    return true;
}

static void put_owned(struct json_writer *out,
                      const struct state_account *account)
{
    json_key(out, "balance");
    json_put_quantity_u256(out, account->balance);
    json_key(out, "nonce");
    json_put_quantity(out, account->nonce);
}

bool eth_get_account_info(struct rpc_call *call)
{
    struct state_account account;
    struct state_source *state;
    bytes code = BYTES_EMPTY;
    if (!read_account(call, &account, &state))
        return false;
    loft_err err = account.exists ? state->code(state, call->arena, &code,
                                                &account.code_hash)
                                  : LOFT_OK;
    if (err != LOFT_OK)
        return rpc_fail_err(call, err);
    json_begin_object(call->out);
    put_owned(call->out, &account);
    json_key(call->out, "code");
    json_put_data(call->out, code);
    json_end_object(call->out);
    return true;
}

bool eth_get_account(struct rpc_call *call)
{
    struct state_account account;
    struct state_view *state;
    struct state_proof unused;
    struct rpc_block_ref ref;
    address who;
    hash32 root;
    if (!rpc_param_address(call, &who, 0) || !rpc_param_block(call, &ref, 1) ||
        !find_account(call, &account, &state, &who, &ref))
        return false;
    loft_err err = state_prove_account(call->arena, state, &who, &root,
                                       &unused);
    if (err != LOFT_OK)
        return rpc_fail_err(call, err);
    json_begin_object(call->out);
    put_owned(call->out, &account);
    json_key(call->out, "codeHash");
    json_put_hash(call->out,
                  account.exists ? &account.code_hash : &KECCAK_EMPTY);
    json_key(call->out, "storageRoot");
    json_put_hash(call->out, &root);
    json_end_object(call->out);
    return true;
}

struct storage_key {
    u256 key;
    bool is_whole; /* given as 32 bytes */
};

/* geth reads keys leniently: "0x" and leading zeros may lack. */
static bool read_storage_key(struct rpc_call *call, struct storage_key *out,
                             const struct json *value, unsigned at)
{
    bytes text, digits, raw;
    if (json_read_string(&text, value) != LOFT_OK)
        return rpc_param_wrong(call, at);
    bool prefixed = text.len >= 2 && text.at[0] == '0' &&
                    (text.at[1] == 'x' || text.at[1] == 'X');
    digits = prefixed ? bytes_of(text.at + 2, text.len - 2) : text;
    if (digits.len > 64)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "storage key too long (want at most 32 bytes): "
                        "\"%.100s\"",
                        (const char *)text.at);
    char even[65];
    size_t odd = digits.len & 1;
    even[0] = '0';
    memcpy(even + odd, digits.at, digits.len);
    if (hex_read(call->arena, &raw, bytes_of(even, digits.len + odd)) !=
        LOFT_OK)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid hex in storage key: \"%.70s\"",
                        (const char *)text.at);
    out->key = u256_load_short(raw);
    out->is_whole = raw.len == 32;
    return true;
}

static bool read_slot(struct rpc_call *call, u256 *out,
                      struct state_source *state, const address *who,
                      const u256 *key)
{
    loft_err code = state->slot(state, out, who, key);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static void put_word(struct json_writer *out, u256 value)
{
    hash32 word = u256_to_hash(value);
    json_put_hash(out, &word);
}

bool eth_get_storage_at(struct rpc_call *call)
{
    address who;
    struct storage_key key;
    struct rpc_block_ref ref;
    struct rpc_block block;
    struct state_source *state;
    u256 value;
    if (!rpc_param_address(call, &who, 0) ||
        !read_storage_key(call, &key, call->params[1], 1) ||
        !rpc_param_block(call, &ref, 2) ||
        !rpc_find_source(call, &state, &block, &ref) ||
        !read_slot(call, &value, state, &who, &key.key))
        return false;
    put_word(call->out, value);
    return true;
}

static bool check_value_count(struct rpc_call *call)
{
    size_t count = 0;
    if (json_kind(call->params[0]) != JSON_IS_OBJECT)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: an object of addresses is wanted");
    JSON_FOR_EACH (member, call->params[0])
        count += json_len(member.value);
    if (count == 0)
        return rpc_fail(call, RPC_INVALID_PARAMS, "empty request");
    return count <= STORAGE_VALUES_MAX ||
           rpc_fail(call, -38026, "too many slots (max %d)",
                    STORAGE_VALUES_MAX);
}

static bool put_values(struct rpc_call *call, struct state_source *state,
                       const address *who, const struct json *keys)
{
    json_begin_array(call->out);
    for (size_t i = 0; i < json_len(keys); i++) {
        hash32 key;
        u256 slot, value;
        if (json_read_hash(&key, json_at(keys, i)) != LOFT_OK)
            return rpc_param_wrong(call, 0);
        slot = u256_from_hash(&key);
        if (rpc_is_stopped(call) || !read_slot(call, &value, state, who, &slot))
            return false;
        put_word(call->out, value);
    }
    json_end_array(call->out);
    return true;
}

bool eth_get_storage_values(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block block;
    struct state_source *state;
    if (!check_value_count(call) || !rpc_param_block(call, &ref, 1) ||
        !rpc_find_source(call, &state, &block, &ref))
        return false;
    json_begin_object(call->out);
    JSON_FOR_EACH (member, call->params[0]) {
        address who;
        if (member.key.len != 42 || member.key.at[1] != 'x' ||
            hex_read_exact(who.at, sizeof who.at, member.key) != LOFT_OK)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "invalid argument 0: \"%.50s\" is not an address",
                            (const char *)member.key.at);
        json_key_bytes(call->out, member.key);
        if (!put_values(call, state, &who, member.value))
            return false;
    }
    json_end_object(call->out);
    return true;
}

static void put_nodes(struct json_writer *out, const struct state_proof *proof)
{
    json_begin_array(out);
    for (size_t i = 0; i < proof->count; i++)
        json_put_data(out, proof->nodes[i]);
    json_end_array(out);
}

static bool put_slot_proof(struct rpc_call *call, struct state_view *state,
                           const address *who, const struct storage_key *key)
{
    struct json_writer *out = call->out;
    struct state_proof proof;
    u256 value;
    loft_err code = state_prove_slot(call->arena, state, who, &key->key,
                                     &proof);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (!read_slot(call, &value, &state->source, who, &key->key))
        return false;
    json_begin_object(out);
    json_key(out, "key");
    if (key->is_whole)
        put_word(out, key->key);
    else
        json_put_quantity_u256(out, key->key);
    json_key(out, "value");
    json_put_quantity_u256(out, value);
    json_key(out, "proof");
    put_nodes(out, &proof);
    json_end_object(out);
    return true;
}

static bool read_proof_keys(struct rpc_call *call, struct storage_key **keys,
                            size_t *count)
{
    const struct json *list = call->params[1];
    *count = json_len(list);
    if (json_kind(list) != JSON_IS_ARRAY)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 1: an array of keys is wanted");
    if (*count > PROOF_KEYS_MAX)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "too many storage keys requested (max %d, got %zu)",
                        PROOF_KEYS_MAX, *count);
    *keys = ARENA_ARRAY(call->arena, struct storage_key, *count);
    for (size_t i = 0; i < *count; i++)
        if (!read_storage_key(call, &(*keys)[i], json_at(list, i), 1))
            return false;
    return true;
}

bool eth_get_proof(struct rpc_call *call)
{
    address who;
    struct storage_key *keys = NULL;
    size_t count;
    struct rpc_block_ref ref;
    struct state_account account;
    struct state_view *state;
    struct state_proof proof;
    const hash32 none = {{0}}; /* as geth has it where there is no account */
    hash32 storage_root;
    struct json_writer *out = call->out;
    if (!rpc_param_address(call, &who, 0) ||
        !read_proof_keys(call, &keys, &count) ||
        !rpc_param_block(call, &ref, 2) ||
        !find_account(call, &account, &state, &who, &ref))
        return false;
    loft_err code = state_prove_account(call->arena, state, &who, &storage_root,
                                        &proof);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    json_begin_object(out);
    json_key(out, "address");
    json_put_address(out, &who);
    json_key(out, "accountProof");
    put_nodes(out, &proof);
    json_key(out, "balance");
    json_put_quantity_u256(out, account.balance);
    json_key(out, "codeHash");
    json_put_hash(out, account.exists ? &account.code_hash : &none);
    json_key(out, "nonce");
    json_put_quantity(out, account.nonce);
    json_key(out, "storageHash");
    json_put_hash(out, account.exists ? &storage_root : &none);
    json_key(out, "storageProof");
    json_begin_array(out);
    for (size_t i = 0; i < count; i++)
        if (!put_slot_proof(call, state, &who, &keys[i]))
            return false;
    json_end_array(out);
    json_end_object(out);
    return true;
}
