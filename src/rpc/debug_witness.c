/* debug_executionWitness: all that someone needs to execute a block who has no
 * state: nodes of the tries before it, code, and headers.
 *
 * Source  reth, for the form: alloy's ExecutionWitness. */
#include <stdlib.h>

#include "crypto/keccak.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"
#include "state/witness.h"

struct read_account {
    address who;
    bool has_code;
    hash32 code_hash; /* before the block */
    struct witness_key key;
    u256 *slots;
    struct witness_key *slot_keys;
    size_t slot_count;
};

struct collection {
    struct rpc_call *call;
    struct replay replay;
    struct state_view *before;
    uint64_t lowest_hash; /* the oldest block whose hash was asked for */
    struct map nodes;     /* state/witness.h */
    VEC(struct read_account) accounts;
};

/* BLOCKHASH, with a note of what was asked for. */
static loft_err note_block_hash(void *context, hash32 *out, uint64_t number)
{
    struct collection *collection = context;
    if (number < collection->lowest_hash)
        collection->lowest_hash = number;
    return chain_view_block_hash(*collection->call->view, out, number);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(((const struct witness_key *)a)->hash.at,
                  ((const struct witness_key *)b)->hash.at, sizeof(hash32));
}

static void copy_slots(struct arena *arena, struct read_account *out,
                       const struct overlay_change *read)
{
    out->slots = ARENA_ARRAY(arena, u256, read->slot_count);
    out->slot_keys = ARENA_ARRAY(arena, struct witness_key, read->slot_count);
    out->slot_count = read->slot_count;
    for (size_t i = 0; i < read->slot_count; i++) {
        const struct overlay_slot_change *slot = &read->slots[i];
        hash32 word = u256_to_hash(slot->key);
        out->slots[i] = slot->key;
        out->slot_keys[i] = (struct witness_key){keccak256(bytes_hash(&word)),
                                                 !u256_is_zero(slot->was) &&
                                                     u256_is_zero(slot->is)};
    }
    if (out->slot_count)
        qsort(out->slot_keys, out->slot_count, sizeof *out->slot_keys,
              compare_keys);
}

static void add_account(void *context, const struct overlay_change *read)
{
    struct collection *collection = context;
    bool is_other = !hash32_equal(&read->was.code_hash, &read->is.code_hash);
    struct read_account account = {
        .who = read->who,
        .has_code = read->existed &&
                    !hash32_equal(&read->was.code_hash, &KECCAK_EMPTY) &&
                    (read->code.len || is_other),
        .code_hash = read->was.code_hash,
        .key = {keccak256(bytes_address(&read->who)),
                read->existed && !read->exists},
    };
    copy_slots(collection->call->arena, &account, read);
    VEC_PUSH(&collection->accounts, account);
}

/* Executes the block and notes what it looks at. */
static bool collect(struct collection *collection, const struct block *block)
{
    struct rpc_call *call = collection->call;
    struct replay *replay = &collection->replay;
    if (!replay_begin(replay, call, block))
        return false;
    collection->lowest_hash = block->header.number - 1;
    replay->run.context.block_hash = note_block_hash;
    replay->run.context.chain = collection;
    if (!replay_until(replay, block->transaction_count) || !replay_end(replay))
        return false;
    overlay_reads(replay->overlay, add_account, collection);
    loft_err code = chain_view_state_before(*call->view, &collection->before,
                                            block->header.number);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bool add_nodes(struct collection *collection)
{
    struct rpc_call *call = collection->call;
    size_t count = collection->accounts.len;
    struct witness_key *keys = ARENA_ARRAY(call->arena, struct witness_key,
                                           count);
    for (size_t i = 0; i < count; i++)
        keys[i] = collection->accounts.at[i].key;
    if (count)
        qsort(keys, count, sizeof *keys, compare_keys);
    loft_err code = witness_add(&collection->nodes, call->arena,
                                collection->before, NULL, keys, count);
    VEC_FOR_EACH (account, &collection->accounts) {
        if (code == LOFT_OK && account->slot_count)
            code = witness_add(&collection->nodes, call->arena,
                               collection->before, &account->who,
                               account->slot_keys, account->slot_count);
        if (rpc_is_stopped(call))
            return false;
    }
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* Accounts that were set outside of blocks are not in the parent's root. */
static bool check_root(struct collection *collection, const hash32 *root)
{
    return map_get(&collection->nodes, root) ||
           rpc_fail(collection->call, RPC_SERVER_ERROR,
                    "the state was changed between this block and its parent");
}

static void put_state(struct collection *collection)
{
    struct json_writer *out = collection->call->out;
    json_key(out, "state");
    json_begin_array(out);
    MAP_FOR_EACH (i, &collection->nodes)
        json_put_data(out, *(bytes *)map_value_at(&collection->nodes, i));
    json_end_array(out);
}

/* Each once. */
static bool put_codes(struct collection *collection)
{
    struct rpc_call *call = collection->call;
    struct state_source *source = &collection->before->source;
    struct map seen;
    loft_err err = LOFT_OK;
    map_init(&seen, sizeof(hash32), 1);
    json_key(call->out, "codes");
    json_begin_array(call->out);
    VEC_FOR_EACH (account, &collection->accounts) {
        bool is_new = false;
        bytes code;
        if (account->has_code)
            map_put(&seen, &account->code_hash, &is_new);
        if (!is_new || err != LOFT_OK)
            continue;
        err = source->code(source, call->arena, &code, &account->code_hash);
        if (err == LOFT_OK)
            json_put_data(call->out, code);
    }
    json_end_array(call->out);
    map_fini(&seen);
    return err == LOFT_OK || rpc_fail_err(call, err);
}

/* What the hashes in the nodes are of: addresses, each with its slots. */
static void put_keys(struct collection *collection)
{
    struct json_writer *out = collection->call->out;
    json_key(out, "keys");
    json_begin_array(out);
    VEC_FOR_EACH (account, &collection->accounts) {
        json_put_address(out, &account->who);
        for (size_t i = 0; i < account->slot_count; i++) {
            hash32 word = u256_to_hash(account->slots[i]);
            json_put_hash(out, &word);
        }
    }
    json_end_array(out);
}

/* From the oldest whose hash was asked for up to the parent. */
static bool put_headers(struct collection *collection, uint64_t number)
{
    struct rpc_call *call = collection->call;
    json_key(call->out, "headers");
    json_begin_array(call->out);
    for (uint64_t at = collection->lowest_hash; at < number; at++) {
        struct buffer encoded = {0};
        struct rpc_block found;
        if (!rpc_find_number(call, &found, at))
            return false;
        if (!found.found)
            continue;
        header_encode(&encoded, &found.header);
        json_put_data(call->out, buffer_bytes(&encoded));
        buffer_free(&encoded);
    }
    json_end_array(call->out);
    return true;
}

static bool put_witness(struct collection *collection,
                        const struct block *block)
{
    struct json_writer *out = collection->call->out;
    json_begin_object(out);
    put_state(collection);
    if (!put_codes(collection))
        return false;
    put_keys(collection);
    if (!put_headers(collection, block->header.number))
        return false;
    json_end_object(out);
    return true;
}

bool debug_execution_witness(struct rpc_call *call)
{
    struct collection collection = {.call = call};
    struct rpc_block_ref ref;
    struct rpc_block found, parent;
    struct block block;
    if (call->host->is_fork)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "a fork does not hold all of its state");
    if (!rpc_param_block(call, &ref, 0) ||
        !rpc_find_block(call, &found, &ref) ||
        !replay_read_block(call, &block, &found))
        return false;
    if (block.header.number == 0)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "the genesis block is not executed");
    witness_init(&collection.nodes);
    bool ok = rpc_find_number(call, &parent, block.header.number - 1) &&
              collect(&collection, &block) && add_nodes(&collection) &&
              check_root(&collection, &parent.header.state_root) &&
              put_witness(&collection, &block);
    if (collection.replay.call)
        replay_fini(&collection.replay);
    map_fini(&collection.nodes);
    VEC_FREE(&collection.accounts);
    return ok;
}
