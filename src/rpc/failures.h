#pragma once
/* Transactions that were mined and have failed, for whoever waits to hear of
 * them: eth_sendTransaction then answers with an error that says why, as
 * Hardhat's node does, and the transaction has a receipt all the same.
 *
 * Source   hardhat, "VM Exception while processing transaction: ...": its
 *          tests read these texts; data is an object of data, message, txHash.
 * Threads  one at a time.
 */
#include "base/vec.h"
#include "chain/executor.h"
#include "codec/json_writer.h"
#include "rpc/error_names.h"

struct failure {
    hash32 transaction;
    enum evm_status status;
    enum evm_exception why;
    bytes output; /* its own memory */
};

/* Which methods answer with an error instead of a hash; in the order of the
 * option --revert-errors. */
enum failures_told {
    FAILURES_OF_SENT, /* eth_sendTransaction */
    FAILURES_OF_ALL,  /* eth_sendRawTransaction too */
    FAILURES_OF_NONE,
};

struct failures {
    enum failures_told told;
    const struct error_names *names; /* of custom errors; may be NULL */
    VEC(struct failure) list;
};

void failures_fini(struct failures *failures);
void failures_clear(struct failures *failures);

/* Those of a block. */
void failures_note(struct failures *failures, const struct block *block,
                   const struct block_outcome *outcome);

/* NULL: it has not failed. */
const struct failure *failures_find(const struct failures *failures,
                                    const hash32 *transaction);

/* The error object of an answer. */
void failure_put(struct json_writer *out, const struct failures *failures,
                 const struct failure *failure);

/* What happened, in Hardhat's words; in the arena. names may be NULL. */
const char *failure_text(struct arena *arena, const struct error_names *names,
                         enum evm_status status, enum evm_exception why,
                         bytes output);
