#pragma once
/* How accounts and slots lie in the flat tables, and how a record knows its
 * own past.
 *
 * A record that changes in block B leaves its old form in the BLOCK table,
 * under B and its key, and remembers B. So from the newest record the older
 * ones are reached one by one; and in few steps, because a record numbers its
 * changes from 1 and remembers the block of each change whose number is a
 * binary prefix of the newest one's: 13 = 1101 remembers changes 8 (1000), 12
 * (1100) and 13. Reading at a block takes the first of these after it, and
 * goes on from the older record that lies there: each step settles at least
 * one binary digit.
 *
 * A record also says whose it is, for the key in the table is a hash. The old
 * forms do not: the newest one does it for them.
 *
 * Errors  LOFT_ERR_CORRUPT: the bytes are no record.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "state/account.h"
#include "state/source.h"

#define VERSIONS_MAX 64

struct versions {
    uint64_t count;                /* of changes; 0: none is remembered */
    unsigned len;                  /* of blocks: the one bits of count */
    uint64_t blocks[VERSIONS_MAX]; /* ascending; the last is the newest */
};

/* Remembers a change in `block`, which is not below the newest one's. */
void versions_add(struct versions *versions, uint64_t block);

/* The block of the first remembered change after `block`; false: none, and
 * the record is what it was at `block`. */
bool versions_after(const struct versions *versions, uint64_t *out,
                    uint64_t block);

struct account_record {
    bool exists;      /* false: only the versions matter */
    bool has_address; /* false: it was not kept */
    address who;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;    /* KECCAK_EMPTY without code */
    uint64_t storage_id; /* 0: no slot is set */
    hash32 storage_root; /* KECCAK_EMPTY_TRIE where that is so */
    bool is_detached;    /* no slot of it is in the base (state_view.base) */
    struct versions versions;
};

struct slot_record {
    u256 value;
    bool has_key; /* false: it was not kept */
    u256 key;
    struct versions versions;
};

#define VERSIONS_BYTES_MAX (10 * (VERSIONS_MAX + 1))
#define ACCOUNT_RECORD_MAX (1 + 20 + 10 + 33 + 32 + 40 + VERSIONS_BYTES_MAX)
#define SLOT_RECORD_MAX (33 + 33 + VERSIONS_BYTES_MAX)

size_t account_record_write(uint8_t out[ACCOUNT_RECORD_MAX],
                            const struct account_record *record);
size_t slot_record_write(uint8_t out[SLOT_RECORD_MAX],
                         const struct slot_record *record);

/* An empty `raw` is a record that never was: nothing, and no versions. */
MUST_USE loft_err account_record_read(struct account_record *out, bytes raw);
MUST_USE loft_err slot_record_read(struct slot_record *out, bytes raw);

/* The value of the leaf that a record stands for, in RLP, without a detour
 * by numbers: a block rebuilds many leaves for each one that it changes. The
 * length; 0 where the record stands for none, or is damaged. */
#define RECORD_LEAF_MAX ACCOUNT_RLP_MAX
size_t account_record_leaf(uint8_t out[RECORD_LEAF_MAX], bytes raw);
size_t slot_record_leaf(uint8_t out[RECORD_LEAF_MAX], bytes raw);

struct state_account account_of_record(const struct account_record *record);
