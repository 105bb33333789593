/* Accounts and slots are entries with stable addresses, found by one look-up
 * each and kept until the reset; the account asked for last is remembered,
 * because an EVM frame asks for its own again and again.
 *
 * What belongs to one transaction is not cleared at its end. It carries the
 * transaction's number instead: an account is warm when its `warm` is the
 * number of the open one.
 *
 * Storage is emptied by giving the account a new generation. A slot knows the
 * generation that its value belongs to; in any other it reads as zero, except
 * that generation 0 is the source's, which is asked. So emptying costs the
 * same for every size, and is undone by giving the old generation back. */
#include "state/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"
#include "crypto/keccak.h"
#include "state/journal.h"

struct slot_key {
    uint64_t account; /* the entry's number */
    u256 key;
};

struct overlay {
    struct state_source *source;
    struct arena arena;       /* entries and code: until the reset */
    struct arena short_arena; /* logs: until the next transaction */
    struct map accounts;      /* address -> struct account_entry * */
    struct map slots;         /* struct slot_key -> struct slot_entry * */
    struct map transient;     /* struct slot_key -> u256 */
    struct account_entry *first, *newest; /* in the order of first touch */
    struct account_entry *last;           /* asked for last */
    VEC(struct undo) journal;
    VEC(struct account_entry *) touched; /* since overlay_begin() */
    VEC(struct overlay_log) logs;
    struct overlay_rules rules;
    uint32_t transaction; /* the open one's number, from 1 */
    uint32_t generations; /* given so far */
    uint64_t account_count;
    loft_err failed;
    char failure[ERR_SENTENCE_MAX + 1];
};

/* A map that one large block has blown up would make every later reset
 * expensive. */
#define MAP_KEEP_ENTRIES 16384

static void empty_map(struct map *map)
{
    if (map->cap > MAP_KEEP_ENTRIES)
        map_fini(map);
    else
        map_clear(map);
}

struct overlay *overlay_new(struct state_source *source)
{
    struct overlay *overlay = MEMORY_NEW(struct overlay);
    arena_init(&overlay->arena);
    arena_init(&overlay->short_arena);
    map_init(&overlay->accounts, sizeof(address), sizeof(void *));
    map_init(&overlay->slots, sizeof(struct slot_key), sizeof(void *));
    map_init(&overlay->transient, sizeof(struct slot_key), sizeof(u256));
    overlay_reset(overlay, source);
    return overlay;
}

void overlay_free(struct overlay *overlay)
{
    if (!overlay)
        return;
    arena_fini(&overlay->arena);
    arena_fini(&overlay->short_arena);
    map_fini(&overlay->accounts);
    map_fini(&overlay->slots);
    map_fini(&overlay->transient);
    VEC_FREE(&overlay->journal);
    VEC_FREE(&overlay->touched);
    VEC_FREE(&overlay->logs);
    free(overlay);
}

void overlay_reset(struct overlay *overlay, struct state_source *source)
{
    arena_reset(&overlay->arena);
    arena_reset(&overlay->short_arena);
    empty_map(&overlay->accounts);
    empty_map(&overlay->slots);
    empty_map(&overlay->transient);
    overlay->journal.len = overlay->touched.len = overlay->logs.len = 0;
    overlay->source = source;
    overlay->first = overlay->newest = overlay->last = NULL;
    overlay->rules = (struct overlay_rules){0};
    overlay->transaction = 1;
    overlay->generations = 0;
    overlay->account_count = 0;
    overlay->failed = LOFT_OK;
}

loft_err overlay_error(const struct overlay *overlay)
{
    if (overlay->failed == LOFT_OK)
        return LOFT_OK;
    return err_say(overlay->failed, "%s", overlay->failure);
}

void overlay_fail(struct overlay *overlay, loft_err err)
{
    if (err == LOFT_OK || overlay->failed != LOFT_OK)
        return;
    overlay->failed = err;
    memcpy(overlay->failure, err_sentence(), strlen(err_sentence()) + 1);
}

/* Entries. */

static struct account_entry *new_account(struct overlay *overlay,
                                         const address *who)
{
    struct account_entry *entry = ARENA_NEW(&overlay->arena,
                                            struct account_entry);
    entry->who = *who;
    entry->number = overlay->account_count++;
    if (overlay->newest)
        overlay->newest->next = entry;
    else
        overlay->first = entry;
    overlay->newest = entry;
    return entry;
}

/* The entry, its fields perhaps not read from the source yet. */
static struct account_entry *find(struct overlay *overlay, const address *who)
{
    struct account_entry *entry = overlay->last;
    if (entry && address_equal(&entry->who, who))
        return entry;
    bool is_new;
    struct account_entry **at = map_put(&overlay->accounts, who, &is_new);
    if (is_new)
        *at = new_account(overlay, who);
    return overlay->last = *at;
}

static NO_INLINE void read_account(struct overlay *overlay,
                                   struct account_entry *entry)
{
    entry->is_read = true;
    loft_err err = overlay->source->account(overlay->source, &entry->was,
                                            &entry->who);
    if (err != LOFT_OK)
        entry->was = (struct state_account){0};
    if (!entry->was.exists)
        entry->was = (struct state_account){.code_hash = KECCAK_EMPTY};
    entry->is = entry->was;
    overlay_fail(overlay, err);
}

static struct account_entry *account(struct overlay *overlay,
                                     const address *who)
{
    struct account_entry *entry = find(overlay, who);
    if (UNLIKELY(!entry->is_read))
        read_account(overlay, entry);
    return entry;
}

static struct slot_entry *new_slot(struct overlay *overlay,
                                   struct account_entry *owner, const u256 *key)
{
    struct slot_entry *slot = ARENA_NEW(&overlay->arena, struct slot_entry);
    slot->key = *key;
    slot->owner = owner;
    slot->generation = SLOT_NOT_READ;
    if (owner->newest_slot)
        owner->newest_slot->next = slot;
    else
        owner->first_slot = slot;
    owner->newest_slot = slot;
    return slot;
}

static NO_INLINE void read_slot(struct overlay *overlay,
                                struct slot_entry *slot)
{
    struct account_entry *owner = slot->owner;
    slot->generation = 0;
    slot->was = U256_ZERO;
    if (!owner->is_read)
        read_account(overlay, owner);
    if (owner->was.exists)
        overlay_fail(overlay, overlay->source->slot(overlay->source, &slot->was,
                                                    &owner->who, &slot->key));
    if (overlay->failed != LOFT_OK)
        slot->was = U256_ZERO;
    slot->current = slot->was;
}

static u256 current_value(const struct slot_entry *slot)
{
    return slot->generation == slot->owner->generation ? slot->current
                                                       : U256_ZERO;
}

/* The slot with its value at hand, and its original value settled. */
static struct slot_entry *slot_of(struct overlay *overlay,
                                  struct account_entry *owner, const u256 *key)
{
    struct slot_key at = {owner->number, *key};
    bool is_new;
    struct slot_entry **place = map_put(&overlay->slots, &at, &is_new);
    if (is_new)
        *place = new_slot(overlay, owner, key);
    struct slot_entry *slot = *place;
    if (slot->generation == SLOT_NOT_READ && owner->generation == 0)
        read_slot(overlay, slot);
    if (slot->transaction != overlay->transaction &&
        owner->created != overlay->transaction) {
        slot->transaction = overlay->transaction;
        slot->original = current_value(slot);
    }
    return slot;
}

/* The journal: each entry undoes one change. */

static struct undo *note(struct overlay *overlay, enum undo_kind kind)
{
    VEC_RESERVE(&overlay->journal, 1);
    struct undo *undo = &overlay->journal.at[overlay->journal.len++];
    undo->kind = kind;
    return undo;
}

static struct undo *note_account(struct overlay *overlay, enum undo_kind kind,
                                 struct account_entry *entry)
{
    struct undo *undo = note(overlay, kind);
    undo->account = entry;
    return undo;
}

/* Block 2675119 of the main chain removed the empty account of the RIPEMD-160
 * precompile although the call that touched it had failed: clients keep that
 * touch, and no other, through a revert. */
static bool keeps_touch(const address *who)
{
    static const address ripemd160 = {{[19] = 3}};
    return address_equal(who, &ripemd160);
}

static void take_back(struct overlay *overlay, const struct undo *undo)
{
    struct account_entry *entry = undo->account;
    switch (undo->kind) {
    case UNDO_WARM:
        entry->warm = 0;
        return;
    case UNDO_WARM_SLOT:
        undo->slot->warm = 0;
        return;
    case UNDO_SLOT:
        undo->slot->current = undo->value;
        undo->slot->generation = undo->generation;
        return;
    case UNDO_TRANSIENT:
        *(u256 *)map_value_at(&overlay->transient,
                              undo->generation) = undo->value;
        return;
    case UNDO_TOUCH:
        if (!keeps_touch(&entry->who))
            entry->touched = 0;
        return;
    case UNDO_EXISTENCE:
        entry->is.exists = false;
        return;
    case UNDO_BALANCE:
        entry->is.balance = undo->value;
        return;
    case UNDO_NONCE:
        entry->is.nonce = undo->value.limb[0];
        return;
    case UNDO_CODE:
        entry->is.code_hash = u256_to_hash(undo->value);
        entry->code = undo->code;
        entry->has_code = undo->generation != 0;
        return;
    case UNDO_CREATE:
        entry->generation = undo->generation;
        entry->created = (uint32_t)undo->value.limb[0];
        return;
    case UNDO_DESTROY:
        entry->destroyed = 0;
        return;
    case UNDO_LOG:
        overlay->logs.len--;
        return;
    }
}

uint32_t overlay_snapshot(struct overlay *overlay)
{
    ASSERT(overlay->journal.len < UINT32_MAX);
    return (uint32_t)overlay->journal.len;
}

void overlay_revert(struct overlay *overlay, uint32_t snapshot)
{
    ASSERT(snapshot <= overlay->journal.len);
    while (overlay->journal.len > snapshot)
        take_back(overlay, &overlay->journal.at[--overlay->journal.len]);
}

/* Transactions. */

void overlay_begin(struct overlay *overlay, struct overlay_rules rules)
{
    overlay->rules = rules;
    overlay->transaction++;
    overlay->journal.len = overlay->touched.len = overlay->logs.len = 0;
    arena_reset(&overlay->short_arena);
    empty_map(&overlay->transient);
}

static bool is_empty(const struct state_account *account)
{
    return account->nonce == 0 && u256_is_zero(account->balance) &&
           hash32_equal(&account->code_hash, &KECCAK_EMPTY);
}

static void remove_account(struct overlay *overlay, struct account_entry *entry)
{
    entry->is = (struct state_account){.code_hash = KECCAK_EMPTY};
    entry->code = BYTES_EMPTY;
    entry->has_code = false;
    entry->generation = ++overlay->generations;
}

void overlay_end(struct overlay *overlay)
{
    for (size_t i = 0; i < overlay->touched.len; i++) {
        struct account_entry *entry = overlay->touched.at[i];
        if (entry->touched != overlay->transaction || !entry->is.exists)
            continue;
        if (entry->destroyed == overlay->transaction ||
            (overlay->rules.delete_empty && is_empty(&entry->is)))
            remove_account(overlay, entry);
    }
    overlay->journal.len = overlay->touched.len = 0;
    overlay->transaction++;
    empty_map(&overlay->transient);
}

/* Reading. */

bool overlay_exists(struct overlay *overlay, const address *who)
{
    return account(overlay, who)->is.exists;
}

bool overlay_is_empty(struct overlay *overlay, const address *who)
{
    return is_empty(&account(overlay, who)->is);
}

u256 overlay_balance(struct overlay *overlay, const address *who)
{
    return account(overlay, who)->is.balance;
}

uint64_t overlay_nonce(struct overlay *overlay, const address *who)
{
    return account(overlay, who)->is.nonce;
}

hash32 overlay_code_hash(struct overlay *overlay, const address *who)
{
    const struct account_entry *entry = account(overlay, who);
    return entry->is.exists ? entry->is.code_hash : (hash32){0};
}

bytes overlay_code(struct overlay *overlay, const address *who)
{
    struct account_entry *entry = account(overlay, who);
    if (entry->has_code)
        return entry->code;
    entry->has_code = true;
    entry->code = BYTES_EMPTY;
    if (hash32_equal(&entry->is.code_hash, &KECCAK_EMPTY))
        return entry->code;
    bytes code = BYTES_EMPTY;
    loft_err err = overlay->source->code(overlay->source, &overlay->arena,
                                         &code, &entry->is.code_hash);
    overlay_fail(overlay, err);
    if (err == LOFT_OK)
        entry->code = arena_copy(&overlay->arena, code);
    return entry->code;
}

bool overlay_has_storage(struct overlay *overlay, const address *who)
{
    const struct account_entry *entry = account(overlay, who);
    if (entry->generation == 0 && entry->was.has_storage)
        return true;
    for (const struct slot_entry *slot = entry->first_slot; slot;
         slot = slot->next)
        if (!u256_is_zero(current_value(slot)))
            return true;
    return false;
}

bool overlay_access(struct overlay *overlay, const address *who)
{
    struct account_entry *entry = find(overlay, who);
    if (entry->warm == overlay->transaction)
        return true;
    entry->warm = overlay->transaction;
    note_account(overlay, UNDO_WARM, entry);
    return false;
}

static bool warm_slot(struct overlay *overlay, struct slot_entry *slot)
{
    if (slot->warm == overlay->transaction)
        return true;
    slot->warm = overlay->transaction;
    note(overlay, UNDO_WARM_SLOT)->slot = slot;
    return false;
}

bool overlay_access_slot(struct overlay *overlay, const address *who,
                         const u256 *key)
{
    return warm_slot(overlay, slot_of(overlay, find(overlay, who), key));
}

u256 overlay_load(struct overlay *overlay, const address *who, const u256 *key,
                  bool *warm)
{
    struct slot_entry *slot = slot_of(overlay, find(overlay, who), key);
    bool was_warm = warm_slot(overlay, slot);
    if (warm)
        *warm = was_warm;
    return current_value(slot);
}

static u256 original_value(const struct overlay *overlay,
                           const struct slot_entry *slot)
{
    /* An account that is new in this transaction had no storage before. */
    return slot->owner->created == overlay->transaction ? U256_ZERO
                                                        : slot->original;
}

struct overlay_slot overlay_store(struct overlay *overlay, const address *who,
                                  const u256 *key, const u256 *value)
{
    struct account_entry *owner = account(overlay, who);
    struct slot_entry *slot = slot_of(overlay, owner, key);
    struct overlay_slot before = {
        .original = original_value(overlay, slot),
        .current = current_value(slot),
        .warm = warm_slot(overlay, slot),
    };
    if (u256_equal(before.current, *value))
        return before;
    struct undo *undo = note(overlay, UNDO_SLOT);
    undo->slot = slot;
    undo->value = slot->current;
    undo->generation = slot->generation;
    slot->current = *value;
    slot->generation = owner->generation;
    return before;
}

u256 overlay_load_transient(struct overlay *overlay, const address *who,
                            const u256 *key)
{
    struct slot_key at = {find(overlay, who)->number, *key};
    const u256 *value = map_get(&overlay->transient, &at);
    return value ? *value : U256_ZERO;
}

void overlay_store_transient(struct overlay *overlay, const address *who,
                             const u256 *key, const u256 *value)
{
    struct slot_key at = {find(overlay, who)->number, *key};
    u256 *place = map_put(&overlay->transient, &at, NULL);
    struct undo *undo = note(overlay, UNDO_TRANSIENT);
    undo->value = *place;
    undo->generation =
        (uint32_t)(((uint8_t *)place - overlay->transient.entries) /
                   overlay->transient.entry_len);
    *place = *value;
}

/* Writing. */

static void touch(struct overlay *overlay, struct account_entry *entry)
{
    if (entry->touched == overlay->transaction)
        return;
    entry->touched = overlay->transaction;
    VEC_PUSH(&overlay->touched, entry);
    note_account(overlay, UNDO_TOUCH, entry);
}

/* The entry, to be written: it exists from now on. */
static struct account_entry *change(struct overlay *overlay, const address *who)
{
    struct account_entry *entry = account(overlay, who);
    touch(overlay, entry);
    if (!entry->is.exists) {
        entry->is.exists = true;
        note_account(overlay, UNDO_EXISTENCE, entry);
    }
    return entry;
}

void overlay_touch(struct overlay *overlay, const address *who)
{
    /* Before EIP-161 a touch made an empty account, and it stayed. */
    if (overlay->rules.delete_empty)
        touch(overlay, account(overlay, who));
    else
        change(overlay, who);
}

static void set_balance(struct overlay *overlay, struct account_entry *entry,
                        u256 balance)
{
    if (u256_equal(entry->is.balance, balance))
        return;
    note_account(overlay, UNDO_BALANCE, entry)->value = entry->is.balance;
    entry->is.balance = balance;
}

void overlay_set_balance(struct overlay *overlay, const address *who,
                         u256 balance)
{
    set_balance(overlay, change(overlay, who), balance);
}

void overlay_set_nonce(struct overlay *overlay, const address *who,
                       uint64_t nonce)
{
    struct account_entry *entry = change(overlay, who);
    note_account(overlay, UNDO_NONCE, entry)->value = u256_from(
        entry->is.nonce);
    entry->is.nonce = nonce;
}

void overlay_set_code(struct overlay *overlay, const address *who, bytes code)
{
    struct account_entry *entry = change(overlay, who);
    struct undo *undo = note_account(overlay, UNDO_CODE, entry);
    undo->value = u256_from_hash(&entry->is.code_hash);
    undo->code = entry->code;
    undo->generation = entry->has_code;
    entry->is.code_hash = code.len ? keccak256(code) : KECCAK_EMPTY;
    entry->code = arena_copy(&overlay->arena, code);
    entry->has_code = true;
}

static void add_balance(struct overlay *overlay, struct account_entry *entry,
                        u256 value)
{
    set_balance(overlay, entry, u256_add(entry->is.balance, value));
}

void overlay_add_balance(struct overlay *overlay, const address *who,
                         u256 value)
{
    if (u256_is_zero(value))
        overlay_touch(overlay, who);
    else
        add_balance(overlay, change(overlay, who), value);
}

void overlay_transfer(struct overlay *overlay, const address *from,
                      const address *to, u256 value)
{
    if (!u256_is_zero(value)) {
        struct account_entry *payer = change(overlay, from);
        u256 rest;
        ASSERT(!u256_sub_overflow(&rest, payer->is.balance, value));
        set_balance(overlay, payer, rest);
    }
    overlay_add_balance(overlay, to, value);
}

void overlay_create(struct overlay *overlay, const address *who)
{
    struct account_entry *entry = change(overlay, who);
    struct undo *undo = note_account(overlay, UNDO_CREATE, entry);
    undo->generation = entry->generation;
    undo->value = u256_from(entry->created);
    entry->created = overlay->transaction;
    if (overlay_has_storage(overlay, who))
        entry->generation = ++overlay->generations;
}

bool overlay_selfdestruct(struct overlay *overlay, const address *who,
                          const address *heir)
{
    struct account_entry *entry = change(overlay, who);
    bool was_marked = entry->destroyed == overlay->transaction;
    bool dies = !overlay->rules.destroy_only_new ||
                entry->created == overlay->transaction;
    overlay_transfer(overlay, who, heir, entry->is.balance);
    if (!dies)
        return was_marked;
    set_balance(overlay, entry, U256_ZERO); /* heir and who may be one */
    if (!was_marked) {
        entry->destroyed = overlay->transaction;
        note_account(overlay, UNDO_DESTROY, entry);
    }
    return was_marked;
}

void overlay_log(struct overlay *overlay, const struct overlay_log *log)
{
    struct overlay_log copy = *log;
    copy.data = arena_copy(&overlay->short_arena, log->data);
    VEC_PUSH(&overlay->logs, copy);
    note(overlay, UNDO_LOG);
}

const struct overlay_log *overlay_logs(const struct overlay *overlay,
                                       size_t *count)
{
    *count = overlay->logs.len;
    return overlay->logs.at;
}

void overlay_changes(const struct overlay *overlay, overlay_visit *visit,
                     void *context)
{
    overlay_changes_from(overlay->first, false, visit, context);
}

void overlay_reads(const struct overlay *overlay, overlay_visit *visit,
                   void *context)
{
    overlay_changes_from(overlay->first, true, visit, context);
}
