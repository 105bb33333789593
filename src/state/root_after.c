/* The root of a state that is not on disk: a block's, with an overlay's changes
 * on top. */
#include "crypto/keccak.h"
#include "state/account.h"
#include "state/past.h"
#include "state/view.h"

struct after {
    struct state_view *view;
    struct past accounts;
    struct arena arena; /* for one storage trie at a time */
    loft_err err;
};

/* The slots that change, over those of the trie with this id. */
static loft_err root_over(struct after *after, hash32 *root, uint64_t id,
                          const struct overlay_change *change)
{
    struct past past;
    struct disk_trie_proof unused;
    hash32 key = {{0}};
    past_init(&past, after->view->txn, id);
    loft_err err = past_gather(&past, after->view->number,
                               STATE_ROOT_BLOCKS_MAX);
    for (size_t i = 0; i < change->slot_count && err == LOFT_OK; i++) {
        const struct overlay_slot_change *slot = &change->slots[i];
        uint8_t value[SLOT_RLP_MAX];
        size_t len = u256_is_zero(slot->is) ? 0
                                            : slot_write_rlp(value, slot->is);
        hash32 word = u256_to_hash(slot->key);
        key = keccak256(bytes_hash(&word));
        err = past_put(&past, &key, bytes_of(value, len));
    }
    if (err == LOFT_OK)
        err = past_prove(&after->arena, &past, root, &unused, &key);
    past_fini(&past);
    arena_reset(&after->arena);
    return err;
}

static loft_err storage_root(struct after *after, hash32 *root,
                             const hash32 *who_hash,
                             const struct overlay_change *change)
{
    struct account_record record;
    bytes raw;
    TRY(view_account(after->view, &record, &raw, who_hash));
    if (change->storage_cleared || record.storage_id == 0)
        *root = overlay_storage_root(change);
    else if (change->slot_count)
        return root_over(after, root, record.storage_id, change);
    else
        *root = record.storage_root;
    return LOFT_OK;
}

static loft_err put_account(struct after *after,
                            const struct overlay_change *change)
{
    hash32 root, key = keccak256(bytes_address(&change->who));
    uint8_t value[ACCOUNT_RLP_MAX];
    if (!change->exists)
        return past_put(&after->accounts, &key, BYTES_EMPTY);
    TRY(storage_root(after, &root, &key, change));
    size_t len = account_write_rlp(value, change->is.nonce, change->is.balance,
                                   &root, &change->is.code_hash);
    return past_put(&after->accounts, &key, bytes_of(value, len));
}

static void visit(void *context, const struct overlay_change *change)
{
    struct after *after = context;
    if (after->err == LOFT_OK)
        after->err = put_account(after, change);
}

loft_err state_root_after(struct state_view *view,
                          const struct overlay *overlay, hash32 *root)
{
    struct after after = {.view = view};
    struct disk_trie_proof unused;
    const hash32 anywhere = {{0}};
    past_init(&after.accounts, view->txn, 0);
    arena_init(&after.arena);
    after.err = past_gather(&after.accounts, view->number,
                            STATE_ROOT_BLOCKS_MAX);
    if (after.err == LOFT_OK)
        overlay_changes(overlay, visit, &after);
    if (after.err == LOFT_OK)
        after.err = past_prove(&after.arena, &after.accounts, root, &unused,
                               &anywhere);
    past_fini(&after.accounts);
    arena_fini(&after.arena);
    return after.err;
}
