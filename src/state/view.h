#pragma once
/* The records that a view sees, for the state's own files. */
#include "state/record.h"
#include "state/state.h"

/* *raw is the record's bytes, empty where there was none, good as long as
 * what store_get() gives. */
MUST_USE loft_err view_account(struct state_view *view,
                               struct account_record *out, bytes *raw,
                               const hash32 *hash);
/* The nodes on the way to a hashed key in the trie with this id, 0 for the
 * accounts. */
MUST_USE loft_err state_prove_hash(struct arena *arena,
                                   const struct state_view *view, uint64_t id,
                                   struct state_proof *proof,
                                   const hash32 *key);

MUST_USE loft_err view_slot(struct state_view *view, struct slot_record *out,
                            bytes *raw, uint64_t storage_id,
                            const hash32 *hash);
