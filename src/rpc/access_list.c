#include "rpc/access_list.h"

#include <stdlib.h>

#include "base/map.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

/* Each run may add slots that the ones before did not reach; geth has no
 * bound here but its time. */
#define RUNS_MAX 32

struct slot {
    address who;
    hash32 key;
};

struct finder {
    struct evm_tracer tracer; /* first */
    struct map accounts;      /* address, and whether it is left out */
    struct map slots;         /* struct slot */
};

static void touch_account(struct finder *finder, const address *who)
{
    map_put(&finder->accounts, who, NULL);
}

static void touch_slot(struct finder *finder, const address *who,
                       const u256 *key)
{
    struct slot slot = {*who, u256_to_hash(*key)};
    map_put(&finder->slots, &slot, NULL);
}

/* How far from the top of the stack an instruction's address lies; 0: it has
 * none. */
static unsigned address_depth(uint8_t opcode)
{
    switch (opcode) {
    case 0x31: /* BALANCE */
    case 0x3b: /* EXTCODESIZE */
    case 0x3c: /* EXTCODECOPY */
    case 0x3f: /* EXTCODEHASH */
    case 0xff: /* SELFDESTRUCT */
        return 1;
    case 0xf1: /* CALL */
    case 0xf2: /* CALLCODE */
    case 0xf4: /* DELEGATECALL */
    case 0xfa: /* STATICCALL */
        return 2;
    }
    return 0;
}

static void on_step(struct evm_tracer *tracer, const struct evm_step *step)
{
    struct finder *finder = (struct finder *)tracer;
    unsigned depth = address_depth(step->opcode);
    if (depth && step->stack_len >= depth) {
        address who = u256_to_address(step->stack[step->stack_len - depth]);
        touch_account(finder, &who);
    }
    /* SLOAD, SSTORE */
    if ((step->opcode == 0x54 || step->opcode == 0x55) && step->stack_len)
        touch_slot(finder, &step->message->target,
                   &step->stack[step->stack_len - 1]);
}

/* Who signed an authorization (EIP-7702). */
static bool authority_of(address *out, const struct authorization *one)
{
    struct buffer message = {0};
    struct ecdsa_signature signature = {one->r, one->s, one->parity};
    buffer_put_byte(&message, 0x05); /* EIP-7702: MAGIC */
    size_t list = rlp_open(&message);
    rlp_put_u256(&message, one->chain_id);
    rlp_put_address(&message, &one->target);
    rlp_put_u64(&message, one->nonce);
    rlp_close(&message, list);
    hash32 digest = keccak256(buffer_bytes(&message));
    buffer_free(&message);
    return one->parity <= 1 && ecdsa_recover(out, &digest, &signature);
}

static void leave_out(struct finder *finder, const address *who)
{
    bool *out = map_put(&finder->accounts, who, NULL);
    *out = true;
}

static bool leave_out_warm(struct simulation *simulation, struct finder *finder)
{
    const struct transaction *tx = &simulation->tx;
    struct rpc_call *call = simulation->call;
    struct state_account sender;
    enum evm_rules rules = fork_rules(
        rpc_fork_of(call, &simulation->block.header));
    loft_err code = simulation->state->account(simulation->state, &sender,
                                               &simulation->from);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    address to = tx->is_creation
                     ? created_address(&simulation->from, sender.nonce)
                     : tx->to;
    leave_out(finder, &simulation->from);
    leave_out(finder, &to);
    for (uint64_t i = 1; i <= EVM_PRECOMPILE_LAST; i++) {
        address precompile = u256_to_address(u256_from(i));
        if (evm_is_precompile(rules, &precompile))
            leave_out(finder, &precompile);
    }
    for (size_t i = 0; i < tx->authorization_count; i++) {
        address authority;
        if (authority_of(&authority, &tx->authorizations[i]))
            leave_out(finder, &authority);
    }
    return true;
}

static void add_given(struct finder *finder, const struct transaction *tx)
{
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        touch_account(finder, &entry->who);
        for (size_t k = 0; k < entry->key_count; k++) {
            u256 key = u256_from_hash(&entry->keys[k]);
            touch_slot(finder, &entry->who, &key);
        }
    }
}

static void add_entry(struct arena *arena, struct access_entry *entry,
                      const struct finder *finder, const address *who)
{
    hash32 *keys = ARENA_ARRAY(arena, hash32, finder->slots.len + 1);
    *entry = (struct access_entry){.who = *who, .keys = keys};
    MAP_FOR_EACH (i, &finder->slots) {
        const struct slot *slot = map_key_at(&finder->slots, i);
        if (address_equal(&slot->who, who))
            keys[entry->key_count++] = slot->key;
    }
}

static int compare_entry(const void *a, const void *b)
{
    const struct access_entry *left = a, *right = b;
    return memcmp(left->who.at, right->who.at, sizeof left->who.at);
}

/* What has been touched, as the transaction's list. */
static void set_list(struct simulation *simulation, struct finder *finder)
{
    struct arena *arena = simulation->call->arena;
    MAP_FOR_EACH (i, &finder->slots) {
        struct slot slot = *(const struct slot *)map_key_at(&finder->slots, i);
        touch_account(finder, &slot.who);
    }
    struct access_entry *list = ARENA_ARRAY(arena, struct access_entry,
                                            finder->accounts.len + 1);
    size_t count = 0;
    MAP_FOR_EACH (i, &finder->accounts) {
        const bool *left_out = map_value_at(&finder->accounts, i);
        add_entry(arena, &list[count], finder,
                  map_key_at(&finder->accounts, i));
        count += list[count].key_count || !*left_out;
    }
    qsort(list, count, sizeof *list, compare_entry);
    simulation->tx.access_list = list;
    simulation->tx.access_count = count;
    if (simulation->tx.type == TX_LEGACY)
        simulation->tx.type = TX_ACCESS_LIST;
}

static bool find(struct simulation *simulation, struct finder *finder,
                 struct execution *execution, uint64_t gas)
{
    if (!leave_out_warm(simulation, finder))
        return false;
    add_given(finder, &simulation->tx);
    simulation->tracer = &finder->tracer;
    for (int run = 0; run < RUNS_MAX; run++) {
        set_list(simulation, finder);
        uint32_t accounts = finder->accounts.len, slots = finder->slots.len;
        if (!simulation_run(simulation, execution, gas))
            return false;
        if (execution->verdict != TX_OK)
            return simulation_fail(simulation, execution, gas);
        if (accounts == finder->accounts.len && slots == finder->slots.len)
            return true;
    }
    return rpc_fail(simulation->call, RPC_SERVER_ERROR,
                    "the access list still changes after %d runs", RUNS_MAX);
}

bool access_list_find(struct simulation *simulation,
                      struct execution *execution, uint64_t gas)
{
    struct finder finder = {.tracer.step = on_step};
    map_init(&finder.accounts, sizeof(address), sizeof(bool));
    map_init(&finder.slots, sizeof(struct slot), 1);
    bool ok = find(simulation, &finder, execution, gas);
    map_fini(&finder.accounts);
    map_fini(&finder.slots);
    return ok;
}
