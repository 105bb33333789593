/* debug_: the state as a list, and code by its hash.
 *
 * Source  geth: core/state/dump.go; reth for debug_codeByHash. */
#include "base/hex.h"
#include "codec/address_text.h"
#include "crypto/keccak.h"
#include "rpc/block_ref.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define ACCOUNT_RANGE_MAX 256 /* accounts of one debug_accountRange */

struct dump {
    struct rpc_call *call;
    struct state_view *state;
    uint64_t count, max; /* of accounts */
    bool skips_code, skips_storage, shows_nameless;
    bool is_over; /* `next` is the first that is not shown */
    hash32 next;
};

/* It stops a walk; rpc_fail_err() or dump.is_over says why. */
static loft_err stop_if_too_much(const struct dump *dump)
{
    struct rpc_call *call = dump->call;
    return call->out->out->len <= call->host->limits.answer_bytes_max
               ? LOFT_OK
               : err_say(LOFT_ERR_LIMIT, "response too large");
}

/* Digits alone, without leading zeros. */
static void put_trimmed(struct json_writer *out, u256 value)
{
    uint8_t word[32];
    size_t zeros = 0;
    char text[65] = {0};
    u256_store_be(word, value);
    while (zeros < sizeof word && word[zeros] == 0)
        zeros++;
    hex_write(text, bytes_of(word + zeros, sizeof word - zeros));
    json_put_text(out, text);
}

/* Slots whose keys are not known are left out, as geth does. */
static loft_err put_slot(void *context, const hash32 *hash, const u256 *key,
                         u256 value)
{
    const struct dump *dump = context;
    (void)hash;
    if (!key)
        return LOFT_OK;
    hash32 word = u256_to_hash(*key);
    json_key_hash(dump->call->out, &word);
    put_trimmed(dump->call->out, value);
    return stop_if_too_much(dump);
}

static loft_err put_storage(struct dump *dump, const address *who)
{
    struct json_writer *out = dump->call->out;
    hash32 first = {0};
    json_key(out, "storage");
    json_begin_object(out);
    TRY(state_each_slot(dump->state, who, &first, put_slot, dump));
    json_end_object(out);
    return LOFT_OK;
}

static void put_name(struct json_writer *out, const hash32 *hash,
                     const address *who)
{
    char text[80] = "pre(0x";
    if (who) {
        address_text(text, who);
    } else {
        hex_write(text + 6, bytes_hash(hash));
        text[70] = ')';
    }
    json_key(out, text);
}

static loft_err put_fields(struct dump *dump, const hash32 *hash,
                           const address *who,
                           const struct state_account *account)
{
    struct json_writer *out = dump->call->out;
    struct state_source *source = &dump->state->source;
    char balance[U256_DECIMAL_MAX];
    hash32 root = KECCAK_EMPTY_TRIE;
    bytes code = BYTES_EMPTY;
    if (who)
        TRY(state_storage_root(dump->state, &root, who));
    if (!dump->skips_code)
        TRY(source->code(source, dump->call->arena, &code,
                         &account->code_hash));
    u256_decimal(balance, account->balance);
    json_key(out, "balance");
    json_put_text(out, balance);
    json_key(out, "nonce");
    json_put_u64(out, account->nonce);
    json_key(out, "root");
    json_put_hash(out, &root);
    json_key(out, "codeHash");
    json_put_hash(out, &account->code_hash);
    if (code.len) {
        json_key(out, "code");
        json_put_data(out, code);
    }
    if (who && !dump->skips_storage && account->has_storage)
        TRY(put_storage(dump, who));
    if (who) {
        json_key(out, "address");
        json_put_address(out, who);
    }
    json_key(out, "key");
    json_put_hash(out, hash);
    return LOFT_OK;
}

static loft_err put_account(void *context, const hash32 *hash,
                            const address *who,
                            const struct state_account *account)
{
    struct dump *dump = context;
    struct json_writer *out = dump->call->out;
    if (!who && !dump->shows_nameless)
        return LOFT_OK;
    if (dump->count == dump->max) {
        dump->is_over = true;
        dump->next = *hash;
        return LOFT_ERR_LIMIT;
    }
    dump->count++;
    if (rpc_is_stopped(dump->call))
        return LOFT_ERR_LIMIT;
    put_name(out, hash, who);
    json_begin_object(out);
    TRY(put_fields(dump, hash, who, account));
    json_end_object(out);
    return stop_if_too_much(dump);
}

static bool put_dump(struct dump *dump, const struct rpc_block_ref *ref,
                     const hash32 *start)
{
    struct rpc_call *call = dump->call;
    struct rpc_block block;
    char root[65] = {0};
    if (call->host->is_fork)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "a fork does not hold all of its state");
    if (!rpc_find_state(call, &dump->state, &block, ref))
        return false;
    hex_write(root, bytes_hash(&block.header.state_root));
    json_begin_object(call->out);
    json_key(call->out, "root");
    json_put_text(call->out, root);
    json_key(call->out, "accounts");
    json_begin_object(call->out);
    loft_err code = state_each_account(dump->state, start, put_account, dump);
    if (code != LOFT_OK && !dump->is_over)
        return !rpc_is_stopped(call) && rpc_fail_err(call, code);
    json_end_object(call->out);
    if (dump->is_over) {
        json_key(call->out, "next");
        json_put_hash(call->out, &dump->next);
    }
    json_end_object(call->out);
    return true;
}

bool debug_dump_block(struct rpc_call *call)
{
    struct dump dump = {
        .call = call, .max = UINT64_MAX, .shows_nameless = true};
    struct rpc_block_ref ref;
    const hash32 first = {0};
    return rpc_param_block(call, &ref, 0) && put_dump(&dump, &ref, &first);
}

/* The hash to begin with; shorter ones are filled up with zeros in front. */
static bool read_start(struct rpc_call *call, hash32 *out, unsigned at)
{
    bytes given;
    *out = (hash32){0};
    if (!call->params[at])
        return true;
    if (!rpc_param_data(call, &given, at))
        return false;
    if (given.len > sizeof out->at)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument %u: more than 32 bytes", at);
    memcpy(out->at + sizeof out->at - given.len, given.at, given.len);
    return true;
}

bool debug_account_range(struct rpc_call *call)
{
    struct dump dump = {.call = call};
    struct rpc_block_ref ref;
    hash32 start;
    if (!rpc_param_block(call, &ref, 0) || !read_start(call, &start, 1) ||
        !rpc_param_number(call, &dump.max, 2, ACCOUNT_RANGE_MAX) ||
        !rpc_param_bool(call, &dump.skips_code, 3, false) ||
        !rpc_param_bool(call, &dump.skips_storage, 4, false) ||
        !rpc_param_bool(call, &dump.shows_nameless, 5, false))
        return false;
    if (dump.max == 0 || dump.max > ACCOUNT_RANGE_MAX)
        dump.max = ACCOUNT_RANGE_MAX;
    return put_dump(&dump, &ref, &start);
}

/* As a genesis file has it. */
bool debug_chain_config(struct rpc_call *call)
{
    genesis_write_config(call->out, chain_config(call->host->chain));
    return true;
}

/* Null where no account ever had it. */
bool debug_code_by_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block block;
    struct state_view *state;
    hash32 hash;
    bytes code;
    if (!rpc_param_hash(call, &hash, 0) || !rpc_param_block(call, &ref, 1) ||
        !rpc_find_state(call, &state, &block, &ref))
        return false;
    loft_err err = store_get(state->txn, &code, STORE_CODE, bytes_hash(&hash));
    if (err == LOFT_ERR_NOT_FOUND)
        return put_null(call);
    if (err != LOFT_OK)
        return rpc_fail_err(call, err);
    json_put_data(call->out, code);
    return true;
}
