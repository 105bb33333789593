/* Proofs at the newest block, and at older ones. */
#include "crypto/keccak.h"
#include "state/past.h"
#include "state/view.h"

loft_err state_prove_hash(struct arena *arena, const struct state_view *view,
                          uint64_t id, struct state_proof *proof,
                          const hash32 *key)
{
    struct past past;
    struct disk_trie_proof nodes = {0};
    hash32 root;
    past_init(&past, view->txn, id);
    loft_err err = past_gather(&past, view->number, STATE_PROOF_BLOCKS_MAX);
    if (err == LOFT_OK)
        err = past_prove(arena, &past, &root, &nodes, key);
    past_fini(&past);
    *proof = (struct state_proof){nodes.nodes, nodes.count};
    return err;
}

loft_err state_storage_root(struct state_view *view, hash32 *root,
                            const address *who)
{
    struct account_record record;
    bytes raw;
    hash32 key = keccak256(bytes_address(who));
    TRY(view_account(view, &record, &raw, &key));
    *root = record.storage_root;
    return LOFT_OK;
}

loft_err state_prove_account(struct arena *arena, struct state_view *view,
                             const address *who, hash32 *storage_root,
                             struct state_proof *proof)
{
    struct account_record record;
    bytes raw;
    hash32 key = keccak256(bytes_address(who));
    *proof = (struct state_proof){0};
    TRY(view_account(view, &record, &raw, &key));
    *storage_root = record.storage_root;
    return state_prove_hash(arena, view, 0, proof, &key);
}

loft_err state_prove_slot(struct arena *arena, struct state_view *view,
                          const address *who, const u256 *slot,
                          struct state_proof *proof)
{
    struct account_record record;
    bytes raw;
    hash32 who_key = keccak256(bytes_address(who));
    hash32 slot_be = u256_to_hash(*slot), key = keccak256(bytes_hash(&slot_be));
    *proof = (struct state_proof){0};
    TRY(view_account(view, &record, &raw, &who_key));
    if (record.storage_id == 0)
        return LOFT_OK; /* the empty trie has no nodes */
    return state_prove_hash(arena, view, record.storage_id, proof, &key);
}
