#pragma once
/* The flat tables: their keys, what stands in META about the whole state, and
 * their records as the leaves of tries. */
#include "base/bytes.h"
#include "base/err.h"
#include "state/account.h"
#include "state/disk_trie.h"
#include "state/record.h"
#include "store/store.h"

/* The parts of the BLOCK table that hold the old forms of records: number of
 * the step that changed them ‖ part ‖ key -> record. */
enum flat_kind { FLAT_SLOT = 0, FLAT_ACCOUNT = 1 };

#define FLAT_KEY_MAX 40
#define CHANGED_KEY_MAX (9 + FLAT_KEY_MAX)

/* Storage id ‖ keccak(slot). */
bytes flat_slot_key(uint8_t room[FLAT_KEY_MAX], uint64_t id,
                    const hash32 *slot_hash);

/* Step ‖ part ‖ key. */
bytes changed_key(uint8_t room[CHANGED_KEY_MAX], uint64_t step,
                  enum flat_kind kind, bytes key);

struct state_meta {
    bool is_new;     /* nothing was ever applied; the rest says so */
    uint64_t number; /* of the newest block applied */
    hash32 root;
    uint64_t next_storage_id;
    uint64_t history_from; /* the oldest block that can be read */
};

MUST_USE loft_err state_meta_read(struct state_meta *out,
                                  struct store_txn *txn);
MUST_USE loft_err state_meta_write(struct store_txn *txn,
                                   const struct state_meta *meta);

/* The leaves of the account trie (id 0), or of the storage trie with an id.
 * They are read by a cursor, which close gives back. */
struct flat_leaves {
    struct leaf_source source; /* its context is the struct: do not move it */
    struct store_cursor *cursor;
    uint64_t id;
};

MUST_USE loft_err flat_leaves_open(struct flat_leaves *leaves,
                                   struct store_txn *txn, uint64_t id);
void flat_leaves_close(struct flat_leaves *leaves);

/* The value of the leaf that a record stands for: record.h, by kind. */
size_t flat_leaf(uint8_t out[RECORD_LEAF_MAX], enum flat_kind kind,
                 bytes record);
