#pragma once
/* What execution changes: a journal over a state_source.
 *
 * Reads fall through to the source once and stay; writes are kept here, and
 * every one can be undone back to a snapshot, which costs nothing to take.
 * Within a block an overlay lives through many transactions: begin and end
 * mark their borders. Afterwards state/state.h carries the changes to disk,
 * or the overlay is dropped and nothing has happened.
 *
 * The accounts and slots that an overlay holds are the read set; those that
 * are marked dirty are the write set.
 *
 * Source    EIP-161 (empty accounts), 2929 (warm access), 1153 (transient
 *           storage), 6780 (SELFDESTRUCT), 2200 (original values).
 * Threads   one at a time.
 * Errors    a failing source answers zeros here and is remembered:
 *           overlay_error() must be asked before anything is kept.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "state/source.h"

struct overlay;

/* `source` is borrowed and outlives the overlay. */
struct overlay *overlay_new(struct state_source *source);
void overlay_free(struct overlay *overlay); /* NULL is fine */

/* Forgets everything, keeps memory, and reads from `source` from now on. */
void overlay_reset(struct overlay *overlay, struct state_source *source);

/* The source's first failure since the reset, LOFT_OK if none; says its
 * sentence again. */
MUST_USE loft_err overlay_error(const struct overlay *overlay);

/* The same of something else that executions read: err and its sentence are
 * the failure, where it is the first. */
void overlay_fail(struct overlay *overlay, loft_err err);

/* Which rules the journal itself must know. */
struct overlay_rules {
    bool delete_empty;     /* EIP-161: touched and empty accounts go */
    bool destroy_only_new; /* EIP-6780 */
};

/* A transaction's borders. The end applies self-destructions and EIP-161,
 * and forgets warmth, transient storage and the journal; the values that
 * storage has then are the next transaction's originals. */
void overlay_begin(struct overlay *overlay, struct overlay_rules rules);
void overlay_end(struct overlay *overlay);

uint32_t overlay_snapshot(struct overlay *overlay);
void overlay_revert(struct overlay *overlay, uint32_t snapshot);

bool overlay_exists(struct overlay *overlay, const address *who);
bool overlay_is_empty(struct overlay *overlay, const address *who);
u256 overlay_balance(struct overlay *overlay, const address *who);
uint64_t overlay_nonce(struct overlay *overlay, const address *who);
hash32 overlay_code_hash(struct overlay *overlay, const address *who);
bytes overlay_code(struct overlay *overlay, const address *who);
bool overlay_has_storage(struct overlay *overlay, const address *who);

/* Warm it, and say whether it was warm already (EIP-2929). */
bool overlay_access(struct overlay *overlay, const address *who);
bool overlay_access_slot(struct overlay *overlay, const address *who,
                         const u256 *key);

/* Reads a slot; *warm (may be NULL) as overlay_access_slot(). */
u256 overlay_load(struct overlay *overlay, const address *who, const u256 *key,
                  bool *warm);

struct overlay_slot {
    u256 original, current;
    bool warm;
};

/* Writes a slot and says what it held. */
struct overlay_slot overlay_store(struct overlay *overlay, const address *who,
                                  const u256 *key, const u256 *value);

u256 overlay_load_transient(struct overlay *overlay, const address *who,
                            const u256 *key);
void overlay_store_transient(struct overlay *overlay, const address *who,
                             const u256 *key, const u256 *value);

/* Setting anything makes the account exist and touches it. */
void overlay_touch(struct overlay *overlay, const address *who);
void overlay_set_balance(struct overlay *overlay, const address *who,
                         u256 balance);
void overlay_set_nonce(struct overlay *overlay, const address *who,
                       uint64_t nonce);
/* The code is copied. */
void overlay_set_code(struct overlay *overlay, const address *who, bytes code);

/* ASSERTs that `from` has it, or that value is zero. */
void overlay_transfer(struct overlay *overlay, const address *from,
                      const address *to, u256 value);
/* Wraps: there is never so much wei, unless a genesis says so, and a genesis
 * must not be able to stop the node. */
void overlay_add_balance(struct overlay *overlay, const address *who,
                         u256 value);

/* Made in this transaction: empty storage, nonce as it is. */
void overlay_create(struct overlay *overlay, const address *who);

/* The balance goes to heir (or is burnt where heir is who and the account
 * dies); returns whether `who` was marked to die before. */
bool overlay_selfdestruct(struct overlay *overlay, const address *who,
                          const address *heir);

/* Logs are part of the journal: a revert drops them. */
struct overlay_log {
    address emitter;
    unsigned topic_count;
    hash32 topics[4];
    bytes data; /* good until the next overlay_begin() or reset */
};
void overlay_log(struct overlay *overlay, const struct overlay_log *log);
/* Those of the transaction that is open, or was last. */
const struct overlay_log *overlay_logs(const struct overlay *overlay,
                                       size_t *count);

/* The write set, since the reset, in the order of first touch. Slots whose
 * value is the source's are left out; so are accounts in which nothing
 * changed. */
struct overlay_change {
    address who;
    bool existed, exists; /* in the source; now */
    bool storage_cleared; /* all slots of the source are gone, those
                             listed here are set anew */
    struct state_account was, is;
    bytes code; /* where is.code_hash is not was.code_hash */
    size_t slot_count;
    const struct overlay_slot_change {
        u256 key, was, is;
    } * slots;
};
typedef void overlay_visit(void *context, const struct overlay_change *change);
void overlay_changes(const struct overlay *overlay, overlay_visit *visit,
                     void *context);

/* The read set as well: every account that was looked at and every slot of the
 * source, changed or not. `code` is there where it was looked at. */
void overlay_reads(const struct overlay *overlay, overlay_visit *visit,
                   void *context);

/* The root of a storage that holds the change's slots and no others. */
hash32 overlay_storage_root(const struct overlay_change *change);

/* The state root of all that the overlay holds, for an overlay over
 * STATE_NOWHERE: tests and genesis checks. */
hash32 overlay_root(const struct overlay *overlay);
