#include "remote/remote_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "chain/system_contracts.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "remote/remote_block.h"
#include "remote/remote_cache.h"
#include "state/trie.h"

#define PROOF_NODES_MAX 128
#define HISTORY_SLOTS 8191 /* EIP-2935 */

struct remote_state {
    struct state_source source; /* first: callbacks hold this pointer */
    struct chain_base base;
    struct remote *remote;
    struct remote_cache *cache;
    struct remote_origin origin;
    struct arena arena; /* of the origin */
};

static struct remote_state *state_of(struct state_source *source)
{
    return (struct remote_state *)source;
}

/* "0xaddress" and the like, for parameters. */
static const char *hex_text(struct arena *arena, bytes data)
{
    char *text = ARENA_ARRAY(arena, char, 2 * data.len + 3);
    memcpy(text, "0x", 2);
    hex_write(text + 2, data);
    text[2 * data.len + 2] = 0;
    return text;
}

static const char *block_text(const struct remote_state *state,
                              struct arena *arena)
{
    return arena_printf(arena, "0x%" PRIx64, state->origin.header.number);
}

/* Proofs. */

static loft_err read_nodes(struct arena *arena, bytes nodes[PROOF_NODES_MAX],
                           size_t *count, const struct json *array)
{
    *count = json_len(array);
    if (json_kind(array) != JSON_IS_ARRAY || *count > PROOF_NODES_MAX)
        return err_say(LOFT_ERR_FORMAT, "the proof is no list of nodes");
    for (size_t i = 0; i < *count; i++)
        TRY(json_read_data(arena, &nodes[i], json_at(array, i)));
    return LOFT_OK;
}

static loft_err check_proof(struct arena *arena, bytes *value,
                            const hash32 *root, bytes key,
                            const struct json *proof)
{
    bytes nodes[PROOF_NODES_MAX];
    size_t count;
    hash32 hash = keccak256(key);
    TRY(read_nodes(arena, nodes, &count, proof));
    return trie_verify(value, root, bytes_hash(&hash), nodes, count);
}

/* Accounts with proofs: what follows from the state root. */
static loft_err prove_account(struct remote_state *state, struct arena *arena,
                              struct remote_account *out, const address *who)
{
    const struct json *proof;
    bytes rlp;
    const char *params = arena_printf(arena, "[\"%s\",[],\"%s\"]",
                                      hex_text(arena, bytes_address(who)),
                                      block_text(state, arena));
    TRY(remote_call(state->remote, arena, &proof, "eth_getProof", params));
    TRY(check_proof(arena, &rlp, &state->origin.header.state_root,
                    bytes_address(who), json_get(proof, "accountProof")));
    return remote_account_read(out, rlp);
}

static loft_err prove_slot(struct remote_state *state, struct arena *arena,
                           u256 *out, const hash32 *storage_root,
                           const address *who, const u256 *key)
{
    const struct json *proof;
    bytes rlp;
    hash32 be = u256_to_hash(*key);
    const char *params = arena_printf(
        arena, "[\"%s\",[\"%s\"],\"%s\"]", hex_text(arena, bytes_address(who)),
        hex_text(arena, bytes_hash(&be)), block_text(state, arena));
    *out = U256_ZERO;
    TRY(remote_call(state->remote, arena, &proof, "eth_getProof", params));
    const struct json *slot = json_at(json_get(proof, "storageProof"), 0);
    TRY(check_proof(arena, &rlp, storage_root, bytes_hash(&be),
                    json_get(slot, "proof")));
    if (rlp.len == 0)
        return LOFT_OK;
    TRY(rlp_read_u256(out, &rlp));
    return rlp_read_end(rlp);
}

/* Accounts on the node's word. */

static loft_err ask(struct remote_state *state, struct arena *arena,
                    const struct json **result, const char *method,
                    const address *who)
{
    const char *params = arena_printf(arena, "[\"%s\",\"%s\"]",
                                      hex_text(arena, bytes_address(who)),
                                      block_text(state, arena));
    return remote_call(state->remote, arena, result, method, params);
}

static loft_err fetch_code(struct remote_state *state, struct arena *arena,
                           bytes *code, const address *who)
{
    const struct json *result;
    TRY(ask(state, arena, &result, "eth_getCode", who));
    return json_read_data(arena, code, result);
}

/* Whether there is storage is not said: where there is code, there may be. */
static loft_err ask_account(struct remote_state *state, struct arena *arena,
                            struct remote_account *out, const address *who)
{
    const struct json *balance, *nonce;
    bytes code;
    TRY(ask(state, arena, &balance, "eth_getBalance", who));
    TRY(ask(state, arena, &nonce, "eth_getTransactionCount", who));
    TRY(fetch_code(state, arena, &code, who));
    TRY(remote_account_read(out, BYTES_EMPTY));
    TRY(json_read_quantity(&out->balance, balance));
    TRY(json_read_quantity_u64(&out->nonce, nonce));
    out->code_hash = keccak256(code);
    if (code.len)
        out->storage_root = (hash32){{0}};
    out->exists = code.len || out->nonce || !u256_is_zero(out->balance);
    return LOFT_OK;
}

static loft_err ask_slot(struct remote_state *state, struct arena *arena,
                         u256 *out, const address *who, const u256 *key)
{
    const struct json *result;
    bytes value;
    hash32 be = u256_to_hash(*key);
    const char *params = arena_printf(
        arena, "[\"%s\",\"%s\",\"%s\"]", hex_text(arena, bytes_address(who)),
        hex_text(arena, bytes_hash(&be)), block_text(state, arena));
    TRY(remote_call(state->remote, arena, &result, "eth_getStorageAt", params));
    TRY(json_read_data(arena, &value, result));
    if (value.len > 32)
        return err_say(LOFT_ERR_FORMAT, "a slot of %zu bytes", value.len);
    *out = u256_load_short(value);
    return LOFT_OK;
}

/* Fetching and keeping. */

static loft_err keep_code(struct remote_state *state, struct arena *arena,
                          const hash32 *hash, const address *who)
{
    struct buffer there = {0};
    bytes code;
    if (hash32_equal(hash, &KECCAK_EMPTY))
        return LOFT_OK;
    loft_err err = remote_cache_code(state->cache, &there, hash);
    buffer_free(&there);
    if (err != LOFT_ERR_NOT_FOUND)
        return err;
    TRY(fetch_code(state, arena, &code, who));
    hash32 is = keccak256(code);
    return hash32_equal(&is, hash)
               ? remote_cache_put_code(state->cache, code, hash)
               : err_say(LOFT_ERR_REFUSED, "code that is not the account's");
}

static loft_err fetch_account(struct remote_state *state, struct arena *arena,
                              struct remote_account *out, const address *who)
{
    TRY(state->origin.has_proofs ? prove_account(state, arena, out, who)
                                 : ask_account(state, arena, out, who));
    TRY(keep_code(state, arena, &out->code_hash, who));
    return remote_cache_put_account(state->cache, out, who);
}

static loft_err find_account(struct remote_state *state,
                             struct remote_account *out, const address *who)
{
    struct arena arena;
    loft_err err = remote_cache_account(state->cache, out, who);
    if (err != LOFT_ERR_NOT_FOUND)
        return err;
    arena_init(&arena);
    err = fetch_account(state, &arena, out, who);
    arena_fini(&arena);
    return err;
}

static loft_err fetch_slot(struct remote_state *state, u256 *out,
                           const struct remote_account *account,
                           const address *who, const u256 *key)
{
    struct arena arena;
    arena_init(&arena);
    loft_err err = state->origin.has_proofs
                       ? prove_slot(state, &arena, out, &account->storage_root,
                                    who, key)
                       : ask_slot(state, &arena, out, who, key);
    arena_fini(&arena);
    return err == LOFT_OK ? remote_cache_put_slot(state->cache, *out, who, key)
                          : err;
}

/* The source. */

static bool has_storage(const struct remote_account *account)
{
    return !hash32_equal(&account->storage_root, &KECCAK_EMPTY_TRIE);
}

static loft_err read_account(struct state_source *source,
                             struct state_account *out, const address *who)
{
    struct remote_account account;
    TRY(find_account(state_of(source), &account, who));
    *out = (struct state_account){
        .exists = account.exists,
        .nonce = account.nonce,
        .balance = account.balance,
        .code_hash = account.code_hash,
        .has_storage = has_storage(&account),
    };
    return LOFT_OK;
}

static loft_err read_slot(struct state_source *source, u256 *out,
                          const address *who, const u256 *key)
{
    struct remote_state *state = state_of(source);
    struct remote_account account;
    *out = U256_ZERO;
    TRY(find_account(state, &account, who));
    if (!has_storage(&account))
        return LOFT_OK;
    loft_err err = remote_cache_slot(state->cache, out, who, key);
    return err == LOFT_ERR_NOT_FOUND
               ? fetch_slot(state, out, &account, who, key)
               : err;
}

static loft_err read_code(struct state_source *source, struct arena *arena,
                          bytes *out, const hash32 *hash)
{
    struct buffer code = {0};
    *out = BYTES_EMPTY;
    if (hash32_equal(hash, &KECCAK_EMPTY))
        return LOFT_OK;
    loft_err err = remote_cache_code(state_of(source)->cache, &code, hash);
    if (err == LOFT_OK)
        *out = arena_copy(arena, buffer_bytes(&code));
    buffer_free(&code);
    return err == LOFT_ERR_NOT_FOUND
               ? err_say(LOFT_ERR_CORRUPT, "the code of an account is missing")
               : err;
}

/* Hashes of earlier blocks. */

/* Out of the contract that holds them, which the state root vouches for. */
static loft_err hash_of_history(struct remote_state *state, hash32 *out,
                                uint64_t number)
{
    const address *who = &SYSTEM_CONTRACTS[SYSTEM_BLOCK_HASHES].who;
    u256 key = u256_from(number % HISTORY_SLOTS), value;
    if (state->origin.header.fields < HEADER_REQUESTS ||
        number + HISTORY_SLOTS < state->origin.header.number)
        return LOFT_ERR_NOT_FOUND;
    TRY(read_slot(&state->source, &value, who, &key));
    *out = u256_to_hash(value);
    return u256_is_zero(value) ? LOFT_ERR_NOT_FOUND : LOFT_OK;
}

static loft_err ask_hash(struct remote_state *state, hash32 *out,
                         uint64_t number)
{
    struct header header;
    struct arena arena;
    arena_init(&arena);
    loft_err err = remote_header(state->remote, &arena, &header, out, number);
    arena_fini(&arena);
    return err == LOFT_OK ? remote_cache_put_hash(state->cache, out, number)
                          : err;
}

static loft_err block_hash(void *context, hash32 *out, uint64_t number)
{
    struct remote_state *state = context;
    *out = state->origin.header.parent_hash;
    if (number + 1 == state->origin.header.number)
        return LOFT_OK;
    loft_err err = remote_cache_hash(state->cache, out, number);
    if (err == LOFT_ERR_NOT_FOUND)
        err = hash_of_history(state, out, number);
    if (err == LOFT_ERR_NOT_FOUND)
        err = ask_hash(state, out, number);
    return err;
}

/* Opening. */

/* Does the node prove that an account is, or is not, in its state? */
static loft_err probe(struct remote_state *state, struct arena *arena)
{
    struct remote_account account;
    const address nobody = {{0}};
    loft_err err = prove_account(state, arena, &account, &nobody);
    state->origin.has_proofs = err == LOFT_OK;
    if (err != LOFT_ERR_REFUSED && err != LOFT_ERR_FORMAT)
        return err;
    log_warn("remote_unproven", "why=%s", err_sentence());
    return LOFT_OK;
}

static loft_err fetch_origin(struct remote_state *state, uint64_t number)
{
    struct remote_origin *origin = &state->origin;
    struct arena arena;
    hash32 hash;
    TRY(remote_chain_id(state->remote, &origin->chain_id));
    TRY(remote_header(state->remote, &state->arena, &origin->header, &hash,
                      number));
    arena_init(&arena);
    loft_err err = probe(state, &arena);
    arena_fini(&arena);
    return err == LOFT_OK ? remote_cache_put_origin(state->cache, origin) : err;
}

static loft_err find_origin(struct remote_state *state, uint64_t number)
{
    struct remote_origin *origin = &state->origin;
    loft_err err = remote_cache_origin(state->cache, &state->arena, origin);
    if (err == LOFT_ERR_NOT_FOUND)
        return fetch_origin(state, number);
    TRY(err);
    if (number == REMOTE_NEWEST || number == origin->header.number)
        return LOFT_OK;
    return err_say(LOFT_ERR_REFUSED,
                   "the folder holds a fork at block %" PRIu64
                   ", not at %" PRIu64,
                   origin->header.number, number);
}

loft_err remote_state_open(struct remote_state **out,
                           const struct remote_state_options *options)
{
    struct remote_state *state = MEMORY_NEW(struct remote_state);
    state->source = (struct state_source){read_account, read_slot, read_code};
    state->remote = options->remote;
    arena_init(&state->arena);
    loft_err err = remote_cache_open(&state->cache, options->dir);
    if (err == LOFT_OK)
        err = find_origin(state, options->number);
    state->base = (struct chain_base){
        .header = state->origin.header,
        .state = &state->source,
        .block_hash = block_hash,
        .context = state,
    };
    *out = err == LOFT_OK ? state : NULL;
    if (err != LOFT_OK)
        remote_state_close(state);
    return err;
}

loft_err remote_state_copy(const struct remote_state *state, int fd)
{
    return remote_cache_copy(state->cache, fd);
}

void remote_state_close(struct remote_state *state)
{
    if (!state)
        return;
    remote_cache_close(state->cache);
    arena_fini(&state->arena);
    free(state);
}

uint64_t remote_state_chain_id(const struct remote_state *state)
{
    return state->origin.chain_id;
}

const struct chain_base *remote_state_base(const struct remote_state *state)
{
    return &state->base;
}
