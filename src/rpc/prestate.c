#include "rpc/prestate.h"

#include <stdlib.h>

#include "chain/delegation.h"
#include "crypto/keccak.h"
#include "evm/creation.h"
#include "evm/instructions.h"

/* Init code of CREATE2 that lies further beyond memory's end is not looked
 * at, nor is the account that it makes. */
#define PADDING_BYTES_MAX (1u << 20)

struct slot_name {
    uint8_t at[52];
};

void prestate_init(struct prestate *prestate, struct tx_tracer *tracer)
{
    *prestate = (struct prestate){.tracer = tracer};
    map_init(&prestate->accounts, sizeof(address), sizeof(struct seen_account));
    map_init(&prestate->slots, sizeof(struct slot_name),
             sizeof(struct seen_slot));
}

void prestate_fini(struct prestate *prestate)
{
    map_fini(&prestate->accounts);
    map_fini(&prestate->slots);
}

u256 overlay_peek(struct overlay *overlay, const address *who, const u256 *key)
{
    uint32_t snapshot = overlay_snapshot(overlay);
    u256 value = overlay_load(overlay, who, key, NULL);
    overlay_revert(overlay, snapshot);
    return value;
}

static struct overlay *overlay_of(const struct prestate *prestate)
{
    return prestate->tracer->traced.overlay;
}

static bool is_full(struct prestate *prestate)
{
    size_t held = (size_t)prestate->accounts.len * sizeof(struct seen_account) +
                  (size_t)prestate->slots.len * sizeof(struct seen_slot);
    if (held > TRACE_KEPT_BYTES_MAX)
        tx_tracer_overflow(prestate->tracer);
    return prestate->tracer->failure;
}

static struct seen_account *see(struct prestate *prestate, const address *who)
{
    bool is_new;
    struct overlay *overlay = overlay_of(prestate);
    struct seen_account *seen = map_put(&prestate->accounts, who->at, &is_new);
    if (!is_new)
        return seen;
    *seen = (struct seen_account){
        .who = *who,
        .existed = overlay_exists(overlay, who),
        .nonce = overlay_nonce(overlay, who),
        .balance = overlay_balance(overlay, who),
        .code_hash = overlay_code_hash(overlay, who),
        .code = overlay_code(overlay, who),
    };
    return seen;
}

static void see_slot(struct prestate *prestate, const address *who,
                     const u256 *key)
{
    struct slot_name name;
    bool is_new;
    if (prestate->skip_storage)
        return;
    see(prestate, who);
    memcpy(name.at, who->at, 20);
    u256_store_be(name.at + 20, *key);
    struct seen_slot *seen = map_put(&prestate->slots, name.at, &is_new);
    if (is_new)
        *seen = (struct seen_slot){
            *who, *key, overlay_peek(overlay_of(prestate), who, key)};
}

/* An account, and whose code it has borrowed (EIP-7702). */
static void see_callee(struct prestate *prestate, const address *who)
{
    address target;
    bytes code = see(prestate, who)->code;
    if (prestate->tracer->traced.rules < EVM_PRAGUE)
        return;
    code = overlay_code(overlay_of(prestate), who);
    if (evm_read_delegation(&target, code))
        see(prestate, &target);
}

void prestate_begin(struct prestate *prestate)
{
    const struct traced *traced = &prestate->tracer->traced;
    const struct transaction *tx = traced->tx;
    address to = tx->to, signer;
    if (tx->is_creation) {
        const struct evm_message message = {.kind = EVM_CREATE,
                                            .caller = *traced->from};
        to = creation_address(&message,
                              overlay_nonce(traced->overlay, traced->from));
        see(prestate, &to)->is_created = true;
    }
    see(prestate, traced->from);
    see_callee(prestate, &to);
    see(prestate, &traced->context->environment.coinbase);
    for (size_t i = 0; i < tx->authorization_count; i++)
        if (authorization_signer(&signer, &tx->authorizations[i]))
            see(prestate, &signer);
}

/* Init code as CREATE2 will have it: memory goes on with zeros. */
static bool init_code(struct arena *arena, bytes *out,
                      const struct evm_step *step)
{
    const u256 *top = step->stack + step->stack_len - 1;
    uint64_t at = u256_clamp_u64(top[-1]), len = u256_clamp_u64(top[-2]);
    *out = BYTES_EMPTY;
    if (!len)
        return true;
    if (at > INT64_MAX || len > INT64_MAX ||
        at + len > step->memory.len + PADDING_BYTES_MAX)
        return false;
    uint8_t *room = arena_zalloc(arena, len);
    if (at < step->memory.len) {
        uint64_t have = step->memory.len - at;
        memcpy(room, step->memory.at + at, have < len ? have : len);
    }
    *out = bytes_of(room, len);
    return true;
}

static void see_create2(struct prestate *prestate, const struct evm_step *step)
{
    struct arena *arena = prestate->tracer->traced.arena;
    struct arena_mark mark = arena_mark(arena);
    const u256 *top = step->stack + step->stack_len - 1;
    struct evm_message message = {.kind = EVM_CREATE2,
                                  .caller = step->message->target,
                                  .salt = u256_to_hash(top[-3])};
    if (init_code(arena, &message.input, step)) {
        address who = creation_address(&message, 0);
        see(prestate, &who)->is_created = true;
    }
    arena_rewind(arena, mark);
}

static void see_create(struct prestate *prestate, const struct evm_step *step)
{
    const struct evm_message message = {.kind = EVM_CREATE,
                                        .caller = step->message->target};
    uint64_t nonce = overlay_nonce(overlay_of(prestate), &message.caller);
    address who = creation_address(&message, nonce);
    see(prestate, &who)->is_created = true;
}

static void see_selfdestruct(struct prestate *prestate,
                             const struct evm_step *step)
{
    const address *who = &step->message->target;
    struct seen_account *seen = see(prestate, who);
    /* EIP-6780: only what was made in the same transaction dies. */
    if (prestate->tracer->traced.rules < EVM_CANCUN || seen->is_created)
        seen->is_deleted = true;
}

void prestate_step(struct prestate *prestate, const struct evm_step *step)
{
    if (step->blocked != EVM_NONE || is_full(prestate))
        return;
    const u256 *top = step->stack + step->stack_len - 1;
    address who;
    switch (step->opcode) {
    case OP_SLOAD:
    case OP_SSTORE:
        see_slot(prestate, &step->message->target, top);
        break;
    case OP_EXTCODECOPY:
    case OP_EXTCODEHASH:
    case OP_EXTCODESIZE:
    case OP_BALANCE:
    case OP_SELFDESTRUCT:
        who = u256_to_address(*top);
        see(prestate, &who);
        if (step->opcode == OP_SELFDESTRUCT)
            see_selfdestruct(prestate, step);
        break;
    case OP_CALL:
    case OP_CALLCODE:
    case OP_DELEGATECALL:
    case OP_STATICCALL:
        who = u256_to_address(top[-1]);
        see_callee(prestate, &who);
        break;
    case OP_CREATE:
        see_create(prestate, step);
        break;
    case OP_CREATE2:
        see_create2(prestate, step);
        break;
    default:
        break;
    }
}

/* Entries begin with their address, and slots go on with their key. */
static int compare_accounts(const void *a, const void *b)
{
    const struct seen_account *const *left = a, *const *right = b;
    return memcmp((*left)->who.at, (*right)->who.at, sizeof(address));
}

static int compare_slots(const void *a, const void *b)
{
    const struct seen_slot *const *left = a, *const *right = b;
    int order = memcmp((*left)->who.at, (*right)->who.at, sizeof(address));
    return order ? order : u256_compare((*left)->key, (*right)->key);
}

static const void *sorted(const struct prestate *prestate,
                          const struct map *map,
                          int (*compare)(const void *, const void *))
{
    struct arena *arena = prestate->tracer->traced.arena;
    const void **out = ARENA_ARRAY(arena, const void *, map->len + 1);
    MAP_FOR_EACH (i, map)
        out[i] = map_value_at(map, i);
    out[map->len] = NULL;
    if (map->len)
        qsort(out, map->len, sizeof *out, compare);
    return out;
}

const struct seen_account *const *
prestate_accounts(const struct prestate *prestate)
{
    return sorted(prestate, &prestate->accounts, compare_accounts);
}

const struct seen_slot *const *prestate_slots(const struct prestate *prestate)
{
    return sorted(prestate, &prestate->slots, compare_slots);
}
