/* prestateTracer: what a transaction looked at, as it was before; in diffMode,
 * what it changed, before and after.
 *
 * Source  geth: eth/tracers/native/prestate.go. */
#include "base/hex.h"
#include "crypto/keccak.h"
#include "rpc/prestate.h"
#include "rpc/tracers.h"

struct prestate_tracer {
    struct tx_tracer tracer; /* first */
    struct prestate prestate;
    bool is_diff, skip_code, include_empty;
};

struct shown_slot {
    u256 key, value;
};

/* An account as far as it is shown; a nonce of 0 is not. */
struct shown_account {
    address who;
    bool has_balance, has_code, has_code_hash;
    u256 balance;
    uint64_t nonce;
    hash32 code_hash;
    bytes code;
    struct shown_slot *slots;
    size_t slot_count;
};

struct shown_list {
    struct shown_account *at;
    size_t len;
};

static void put_storage(struct json_writer *out,
                        const struct shown_account *account)
{
    if (!account->slot_count)
        return;
    json_key(out, "storage");
    json_begin_object(out);
    for (size_t i = 0; i < account->slot_count; i++) {
        char name[2 + 2 * sizeof(hash32)];
        hash32 key = u256_to_hash(account->slots[i].key);
        hash32 value = u256_to_hash(account->slots[i].value);
        memcpy(name, "0x", 2);
        hex_write(name + 2, bytes_hash(&key));
        json_key_bytes(out, bytes_of(name, sizeof name));
        json_put_hash(out, &value);
    }
    json_end_object(out);
}

static void put_account(struct json_writer *out,
                        const struct shown_account *account)
{
    char name[2 + 2 * sizeof(address)];
    memcpy(name, "0x", 2);
    hex_write(name + 2, bytes_address(&account->who));
    json_key_bytes(out, bytes_of(name, sizeof name));
    json_begin_object(out);
    if (account->has_balance) {
        json_key(out, "balance");
        json_put_quantity_u256(out, account->balance);
    }
    if (account->has_code) {
        json_key(out, "code");
        json_put_data(out, account->code);
    }
    if (account->has_code_hash) {
        json_key(out, "codeHash");
        json_put_hash(out, &account->code_hash);
    }
    if (account->nonce) {
        json_key(out, "nonce");
        json_put_u64(out, account->nonce);
    }
    put_storage(out, account);
    json_end_object(out);
}

static void put_list(struct json_writer *out, const struct shown_list *list)
{
    json_begin_object(out);
    for (size_t i = 0; i < list->len; i++)
        put_account(out, &list->at[i]);
    json_end_object(out);
}

/* The slots of an account, which begin at *slots and are passed over. */
static size_t take_slots(const struct seen_slot *const **slots,
                         const address *who)
{
    size_t count = 0;
    while (**slots && address_equal(&(**slots)->who, who)) {
        count++;
        (*slots)++;
    }
    return count;
}

static bool is_code(const hash32 *hash)
{
    return !hash32_is_zero(hash) && !hash32_equal(hash, &KECCAK_EMPTY);
}

static struct shown_account shown_before(const struct prestate_tracer *tracer,
                                         const struct seen_account *seen)
{
    return (struct shown_account){
        .who = seen->who,
        .has_balance = true,
        .balance = seen->balance,
        .nonce = seen->nonce,
        .has_code = seen->code.len && !tracer->skip_code,
        .code = seen->code,
        .has_code_hash = is_code(&seen->code_hash),
        .code_hash = seen->code_hash,
    };
}

/* Nothing about it but its address. */
static bool was_empty(const struct seen_account *seen)
{
    return !seen->nonce && !seen->code.len && u256_is_zero(seen->balance);
}

static struct shown_slot *new_slots(const struct prestate_tracer *tracer,
                                    size_t count)
{
    return ARENA_ARRAY(tracer->tracer.traced.arena, struct shown_slot, count);
}

static void add_slot(struct shown_account *account, u256 key, u256 value)
{
    account->slots[account->slot_count++] = (struct shown_slot){key, value};
}

/* Whether a slot of it has changed. What is zero is not shown. */
static bool diff_slots(const struct prestate_tracer *tracer,
                       struct shown_account *before,
                       struct shown_account *after,
                       const struct seen_slot *const *slots, size_t count)
{
    struct overlay *overlay = tracer->tracer.traced.overlay;
    bool has_changed = false;
    before->slots = new_slots(tracer, count);
    after->slots = new_slots(tracer, count);
    for (size_t i = 0; i < count; i++) {
        const struct seen_slot *slot = slots[i];
        u256 now = overlay_peek(overlay, &slot->who, &slot->key);
        if (u256_equal(now, slot->value))
            continue;
        has_changed = true;
        if (!u256_is_zero(slot->value))
            add_slot(before, slot->key, slot->value);
        if (!u256_is_zero(now))
            add_slot(after, slot->key, now);
    }
    return has_changed;
}

/* No account and one without code have the same code: none. */
static hash32 code_hash_of(hash32 hash)
{
    return hash32_is_zero(&hash) ? KECCAK_EMPTY : hash;
}

static bool diff_account(const struct prestate_tracer *tracer,
                         struct shown_account *after,
                         const struct seen_account *seen)
{
    struct overlay *overlay = tracer->tracer.traced.overlay;
    const address *who = &seen->who;
    u256 balance = overlay_balance(overlay, who);
    uint64_t nonce = overlay_nonce(overlay, who);
    hash32 hash = code_hash_of(overlay_code_hash(overlay, who));
    hash32 was = code_hash_of(seen->code_hash);
    *after = (struct shown_account){
        .who = *who,
        .has_balance = !u256_equal(balance, seen->balance),
        .balance = balance,
        .nonce = nonce != seen->nonce ? nonce : 0,
        .has_code_hash = !hash32_equal(&hash, &was),
        .code_hash = hash,
    };
    after->has_code = after->has_code_hash && !tracer->skip_code;
    after->code = overlay_code(overlay, who);
    return after->has_balance || nonce != seen->nonce || after->has_code_hash;
}

static void keep_slots(const struct prestate_tracer *tracer,
                       struct shown_account *account,
                       const struct seen_slot *const *slots, size_t count)
{
    account->slots = new_slots(tracer, count);
    for (size_t i = 0; i < count; i++)
        add_slot(account, slots[i]->key, slots[i]->value);
}

static void diff(const struct prestate_tracer *tracer,
                 const struct seen_account *seen,
                 const struct seen_slot *const *slots, size_t count,
                 struct shown_list *before, struct shown_list *after)
{
    struct shown_account was = shown_before(tracer, seen), is;
    if (seen->is_deleted) {
        keep_slots(tracer, &was, slots, count);
        if (!was_empty(seen))
            before->at[before->len++] = was;
        return;
    }
    bool has_changed = diff_account(tracer, &is, seen);
    has_changed |= diff_slots(tracer, &was, &is, slots, count);
    if (!has_changed)
        return;
    if (!was_empty(seen))
        before->at[before->len++] = was;
    after->at[after->len++] = is;
}

static struct shown_list new_list(const struct prestate_tracer *tracer)
{
    return (struct shown_list){
        .at = ARENA_ARRAY(tracer->tracer.traced.arena, struct shown_account,
                          tracer->prestate.accounts.len)};
}

static void put_diff(const struct prestate_tracer *tracer)
{
    struct json_writer *out = tracer->tracer.traced.out;
    const struct seen_slot *const *slots = prestate_slots(&tracer->prestate);
    const struct seen_account *const *accounts = prestate_accounts(
        &tracer->prestate);
    struct shown_list before = new_list(tracer), after = new_list(tracer);
    for (; *accounts; accounts++) {
        const struct seen_slot *const *first = slots;
        size_t count = take_slots(&slots, &(*accounts)->who);
        diff(tracer, *accounts, first, count, &before, &after);
    }
    json_begin_object(out);
    json_key(out, "post");
    put_list(out, &after);
    json_key(out, "pre");
    put_list(out, &before);
    json_end_object(out);
}

static void put_before(const struct prestate_tracer *tracer)
{
    const struct seen_slot *const *slots = prestate_slots(&tracer->prestate);
    const struct seen_account *const *accounts = prestate_accounts(
        &tracer->prestate);
    struct shown_list list = new_list(tracer);
    for (; *accounts; accounts++) {
        const struct seen_slot *const *first = slots;
        size_t count = take_slots(&slots, &(*accounts)->who);
        if (was_empty(*accounts) && !tracer->include_empty)
            continue;
        struct shown_account shown = shown_before(tracer, *accounts);
        keep_slots(tracer, &shown, first, count);
        list.at[list.len++] = shown;
    }
    put_list(tracer->tracer.traced.out, &list);
}

static struct prestate_tracer *tracer_of(void *tracer)
{
    return tracer;
}

static void on_begin(struct tx_tracer *tracer, const struct traced *traced)
{
    (void)traced;
    prestate_begin(&tracer_of(tracer)->prestate);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    (void)execution;
    if (tracer_of(tracer)->is_diff)
        put_diff(tracer_of(tracer));
    else
        put_before(tracer_of(tracer));
}

static void on_fini(struct tx_tracer *tracer)
{
    prestate_fini(&tracer_of(tracer)->prestate);
}

static void on_step(struct evm_tracer *tracer, const struct evm_step *step)
{
    prestate_step(&tracer_of(tracer)->prestate, step);
}

static const struct tx_tracer_ops ops = {
    .begin = on_begin, .end = on_end, .fini = on_fini};

loft_err prestate_tracer_new(struct arena *arena, struct tx_tracer **out,
                             const struct json *config)
{
    struct prestate_tracer *made = ARENA_NEW(arena, struct prestate_tracer);
    bool skip_storage;
    TRY(tracer_option(&made->is_diff, config, "diffMode"));
    TRY(tracer_option(&made->skip_code, config, "disableCode"));
    TRY(tracer_option(&made->include_empty, config, "includeEmpty"));
    TRY(tracer_option(&skip_storage, config, "disableStorage"));
    if (made->is_diff && made->include_empty)
        return err_say(LOFT_ERR_FORMAT,
                       "cannot use diffMode with includeEmpty");
    made->tracer.evm.step = on_step;
    made->tracer.ops = &ops;
    prestate_init(&made->prestate, &made->tracer);
    made->prestate.skip_storage = skip_storage;
    *out = &made->tracer;
    return LOFT_OK;
}
