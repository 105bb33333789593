#pragma once
/* Blobs of transactions that came here, which are in no block: the newest of
 * them, in memory, for as long as the node runs.
 *
 * Threads  the loop's.
 * Limits   BLOBS_KEPT_MAX; the oldest go first.
 */
#include "base/vec.h"
#include "chain/transaction.h"

#define BLOBS_KEPT_MAX 256 /* 32 MiB */

struct kept_blob {
    hash32 transaction, versioned_hash;
    uint8_t *blob; /* KZG_BLOB_LEN bytes */
};

/* Zeros are an empty one. */
struct blobs {
    VEC(struct kept_blob) kept; /* a ring once it is full */
    size_t oldest;
};

void blobs_fini(struct blobs *blobs);

void blobs_keep(struct blobs *blobs, const hash32 *transaction,
                const struct transaction *tx,
                const struct blob_sidecar *sidecar);

/* What is at `age` from the oldest on; NULL beyond the newest. */
const struct kept_blob *blobs_at(const struct blobs *blobs, size_t age);
