#pragma once
/* What an overlay is made of: its accounts and slots, and the notes by which
 * their changes are undone. For overlay.c and overlay_changes.c alone. */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "state/overlay.h"
#include "state/source.h"

/* `warm`, `touched`, `created` and `destroyed` hold the number of the
 * transaction in which that was so last. */
struct account_entry {
    address who;
    uint32_t warm, touched, created, destroyed;
    uint32_t generation; /* of its storage; 0: the source's */
    bool is_read;        /* `was` and `is` are known */
    bool has_code;       /* `code` is known */
    uint64_t number;
    struct state_account was, is;
    bytes code;
    struct account_entry *next;
    struct slot_entry *first_slot, *newest_slot; /* in order of first touch */
};

#define SLOT_NOT_READ UINT32_MAX

struct slot_entry {
    u256 key;
    u256 was;      /* in the source, where generation 0 was read */
    u256 original; /* when `transaction` began */
    u256 current;  /* in `generation`, and zero in any other */
    uint32_t transaction, warm, generation;
    struct account_entry *owner;
    struct slot_entry *next;
};

enum undo_kind {
    UNDO_WARM,
    UNDO_WARM_SLOT,
    UNDO_SLOT,
    UNDO_TRANSIENT,
    UNDO_TOUCH,
    UNDO_EXISTENCE,
    UNDO_BALANCE,
    UNDO_NONCE,
    UNDO_CODE,
    UNDO_CREATE,
    UNDO_DESTROY,
    UNDO_LOG,
};

struct undo {
    enum undo_kind kind;
    uint32_t generation; /* or the place in the map of transient slots */
    union {
        struct account_entry *account;
        struct slot_entry *slot;
    };
    u256 value; /* what there was before */
    bytes code;
};

/* As overlay_changes(), or overlay_reads(), from the list of accounts. */
void overlay_changes_from(const struct account_entry *first, bool with_reads,
                          overlay_visit *visit, void *context);
