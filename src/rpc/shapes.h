#pragma once
/* Blocks, transactions, receipts and logs as JSON-RPC shows them.
 *
 * Source  execution-apis, src/schemas/{block,transaction,receipt}.yaml; geth
 *         for what those leave open.
 */
#include "chain/block.h"
#include "codec/json_writer.h"
#include "rpc/block_ref.h"

/* Where a transaction is. NULL in its place: nowhere yet. */
struct transaction_place {
    const hash32 *block_hash;
    const struct header *header;
    uint64_t index;
};

void shape_transaction(struct json_writer *out, const struct transaction *tx,
                       const hash32 *hash, const address *from,
                       const struct transaction_place *place);

/* One that is nowhere, and that nobody has signed yet. */
void shape_filled_transaction(struct json_writer *out,
                              const struct transaction *tx, const hash32 *hash);

struct shaped_log {
    const struct log_entry *log;
    const hash32 *block_hash, *transaction_hash;
    uint64_t block_number, timestamp, transaction_index, index; /* in block */
    bool removed; /* its block is not canonical any more */
};
void shape_log(struct json_writer *out, const struct shaped_log *log);

/* The header's fields, into an object that is open. hash NULL: it is pending,
 * and has neither that nor miner nor nonce yet. */
void shape_header(struct json_writer *out, const struct header *header,
                  const hash32 *hash);
/* The same with a bloom of null. */
void shape_header_slim(struct json_writer *out, const struct header *header,
                       const hash32 *hash);

/* A block, with its transactions whole or as hashes. False: a failure. */
bool shape_block(struct rpc_call *call, const struct block *block,
                 bool with_transactions);
/* One that has neither hash nor miner nor nonce yet. */
bool shape_pending_block(struct rpc_call *call, const struct block *block,
                         bool with_transactions);
/* Its fields, into an object that is open. senders: whose the transactions
 * are; NULL: whoever signed them. */
bool shape_block_fields(struct rpc_call *call, const struct block *block,
                        bool with_transactions, const address *senders);

void shape_withdrawals(struct json_writer *out, const struct block *block);

/* Who sent the transaction at `index` of a block. */
bool rpc_sender_of(struct rpc_call *call, address *sender,
                   const struct block *block, size_t index);

/* The transaction at `index` of a block; hash is its own, NULL where it is not
 * at hand. */
bool shape_transaction_of(struct rpc_call *call, const struct block *block,
                          size_t index, const hash32 *hash);

/* All receipts of a block as an array. */
bool shape_receipts(struct rpc_call *call, const struct block *block,
                    const struct receipt *receipts);
/* As Otterscan has them: slim ones, of which logs and bloom are null, and those
 * that say when their block was. */
enum receipt_form { RECEIPT_WHOLE, RECEIPT_SLIM, RECEIPT_TIMED };
bool shape_receipt_as(struct rpc_call *call, const struct block *block,
                      const struct receipt *receipts, size_t index,
                      enum receipt_form form);
/* That of the transaction with this hash. */
bool shape_receipt(struct rpc_call *call, const struct block *block,
                   const struct receipt *receipts, size_t index,
                   const hash32 *hash);

/* The address that a creation makes (Yellow Paper, 7). */
address created_address(const address *sender, uint64_t nonce);
