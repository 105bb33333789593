/* What has become of an overlay: its write set, and its root. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "crypto/keccak.h"
#include "state/account.h"
#include "state/journal.h"
#include "state/overlay.h"
#include "state/trie.h"

static u256 value_now(const struct slot_entry *slot)
{
    return slot->generation == slot->owner->generation ? slot->current
                                                       : U256_ZERO;
}

typedef VEC(struct overlay_slot_change) slot_changes;

static void add_slot(slot_changes *out, const struct slot_entry *slot,
                     bool with_reads)
{
    const struct account_entry *owner = slot->owner;
    if (slot->generation == SLOT_NOT_READ)
        return;
    struct overlay_slot_change change = {
        .key = slot->key,
        .was = owner->generation == 0 ? slot->was : U256_ZERO,
        .is = value_now(slot),
    };
    if (with_reads || !u256_equal(change.was, change.is))
        VEC_PUSH(out, change);
}

static bool differs(const struct state_account *a,
                    const struct state_account *b)
{
    return a->exists != b->exists || a->nonce != b->nonce ||
           !u256_equal(a->balance, b->balance) ||
           !hash32_equal(&a->code_hash, &b->code_hash);
}

static bool any_set(const slot_changes *slots)
{
    for (size_t i = 0; i < slots->len; i++)
        if (!u256_is_zero(slots->at[i].is))
            return true;
    return false;
}

static void visit_account(const struct account_entry *entry,
                          slot_changes *slots, bool with_reads,
                          overlay_visit *visit, void *context)
{
    slots->len = 0;
    for (const struct slot_entry *slot = entry->first_slot; slot;
         slot = slot->next)
        add_slot(slots, slot, with_reads);
    bool cleared = entry->generation != 0 && entry->was.has_storage;
    if (!with_reads && !cleared && slots->len == 0 &&
        !differs(&entry->was, &entry->is))
        return;
    struct overlay_change change = {
        .who = entry->who,
        .existed = entry->was.exists,
        .exists = entry->is.exists,
        .storage_cleared = cleared,
        .was = entry->was,
        .is = entry->is,
        .code = entry->has_code ? entry->code : BYTES_EMPTY,
        .slot_count = slots->len,
        .slots = slots->at,
    };
    change.is.has_storage = any_set(slots) ||
                            (entry->was.has_storage && entry->generation == 0);
    visit(context, &change);
}

void overlay_changes_from(const struct account_entry *first, bool with_reads,
                          overlay_visit *visit, void *context)
{
    slot_changes slots = {0};
    for (const struct account_entry *entry = first; entry; entry = entry->next)
        if (entry->is_read)
            visit_account(entry, &slots, with_reads, visit, context);
    VEC_FREE(&slots);
}

/* The root, where nothing lies below: all that exists is a change. */

struct leaf {
    hash32 key;
    size_t len;
    uint8_t value[ACCOUNT_RLP_MAX];
};

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf *left = a, *right = b;
    return memcmp(left->key.at, right->key.at, sizeof left->key.at);
}

static hash32 root_of(struct leaf *leaves, size_t count)
{
    if (count)
        qsort(leaves, count, sizeof *leaves, compare_leaves);
    struct arena arena;
    arena_init(&arena);
    struct trie_pair *pairs = ARENA_ARRAY(&arena, struct trie_pair, count);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct trie_pair){bytes_hash(&leaves[i].key),
                                      bytes_of(leaves[i].value, leaves[i].len)};
    hash32 root = trie_root(pairs, count);
    arena_fini(&arena);
    return root;
}

typedef VEC(struct leaf) leaf_list;

hash32 overlay_storage_root(const struct overlay_change *change)
{
    leaf_list leaves = {0};
    for (size_t i = 0; i < change->slot_count; i++) {
        const struct overlay_slot_change *slot = &change->slots[i];
        if (u256_is_zero(slot->is))
            continue;
        hash32 key = u256_to_hash(slot->key);
        struct leaf leaf = {.key = keccak256(bytes_hash(&key))};
        leaf.len = slot_write_rlp(leaf.value, slot->is);
        VEC_PUSH(&leaves, leaf);
    }
    hash32 root = root_of(leaves.at, leaves.len);
    VEC_FREE(&leaves);
    return root;
}

static void add_account(void *context, const struct overlay_change *change)
{
    leaf_list *leaves = context;
    if (!change->exists)
        return;
    hash32 root = overlay_storage_root(change);
    struct leaf leaf = {.key = keccak256(bytes_address(&change->who))};
    leaf.len = account_write_rlp(leaf.value, change->is.nonce,
                                 change->is.balance, &root,
                                 &change->is.code_hash);
    VEC_PUSH(leaves, leaf);
}

hash32 overlay_root(const struct overlay *overlay)
{
    leaf_list leaves = {0};
    overlay_changes(overlay, add_account, &leaves);
    hash32 root = root_of(leaves.at, leaves.len);
    VEC_FREE(&leaves);
    return root;
}
