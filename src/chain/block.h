#pragma once
/* Blocks, headers and receipts: as values and in RLP.
 *
 * Source    Yellow Paper 4.3; EIP-1559, 4895, 4788, 4844, 7685, 7934.
 * Lifetime  what is decoded borrows from its input and from the arena.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "base/vec.h"
#include "chain/transaction.h"

typedef struct {
    uint8_t at[256];
} bloom;

/* How many of the optional fields at a header's end are there: a header has
 * all of those before its last one. */
enum header_fields {
    HEADER_LEGACY,      /* nothing after the nonce */
    HEADER_BASE_FEE,    /* London */
    HEADER_WITHDRAWALS, /* Shanghai */
    HEADER_BLOBS,       /* Cancun: blob gas, excess, parent beacon root */
    HEADER_REQUESTS,    /* Prague */
};

struct header {
    hash32 parent_hash;
    hash32 uncles_hash;
    address coinbase;
    hash32 state_root;
    hash32 transactions_root;
    hash32 receipts_root;
    bloom logs_bloom;
    u256 difficulty; /* 0 from Paris on */
    uint64_t number;
    uint64_t gas_limit;
    uint64_t gas_used;
    uint64_t timestamp; /* seconds */
    bytes extra_data;
    hash32 mix_hash; /* prevRandao from Paris on */
    uint8_t nonce[8];
    enum header_fields fields;
    u256 base_fee;
    hash32 withdrawals_root;
    uint64_t blob_gas_used;
    uint64_t excess_blob_gas;
    hash32 parent_beacon_root;
    hash32 requests_hash;
};

MUST_USE loft_err header_decode(struct header *out, bytes *rest);
void header_encode(struct buffer *out, const struct header *header);
hash32 header_hash(const struct header *header);

struct withdrawal {
    uint64_t index;
    uint64_t validator;
    address to;
    uint64_t amount_gwei;
};

void withdrawal_encode(struct buffer *out, const struct withdrawal *withdrawal);

struct block {
    struct header header;
    hash32 hash;
    struct transaction *transactions;
    size_t transaction_count;
    bytes *raw_transactions; /* EIP-2718 forms, one a transaction */
    struct header *uncles;
    size_t uncle_count;
    bool has_withdrawals;
    struct withdrawal *withdrawals;
    size_t withdrawal_count;
    size_t encoded_len; /* of the whole block in RLP (EIP-7934) */
};

/* Memory is at most some 40 times the length of the block. */
MUST_USE loft_err block_decode(struct arena *arena, struct block *out,
                               bytes *rest);
/* One that is kept under its hash. */
MUST_USE loft_err block_decode_known(struct arena *arena, struct block *out,
                                     bytes *rest, const hash32 *hash);
/* Takes the transactions from raw_transactions. */
void block_encode(struct buffer *out, const struct block *block);

/* keccak256 of an empty list: the uncles hash of a block without uncles. */
extern const hash32 EMPTY_UNCLES_HASH;

/* Of its transactions, in the arena. */
const hash32 *block_transaction_hashes(struct arena *arena,
                                       const struct block *block);
hash32 block_transactions_root(const struct block *block);
hash32 block_uncles_hash(const struct block *block);
hash32 block_withdrawals_root(const struct block *block);

struct log_entry {
    address emitter;
    const hash32 *topics;
    size_t topic_count;
    bytes data;
};

struct receipt {
    enum transaction_type type;
    bool has_root; /* before Byzantium: a state root instead of a status */
    hash32 root;
    bool succeeded;
    uint64_t cumulative_gas_used;
    bloom logs_bloom;
    const struct log_entry *logs;
    size_t log_count;
};

MUST_USE loft_err receipt_decode(struct arena *arena, struct receipt *out,
                                 bytes from);
void receipt_encode(struct buffer *out, const struct receipt *receipt);

void bloom_add(bloom *into, bytes item);
/* Adds each receipt's logs to its bloom, and all of them to `all`. */
void bloom_add_receipts(bloom *all, struct receipt *receipts, size_t count);
bool bloom_may_hold(const bloom *in, bytes item);
