#include "rpc/blobs.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/kzg_blob.h"

void blobs_fini(struct blobs *blobs)
{
    VEC_FOR_EACH (kept, &blobs->kept)
        free(kept->blob);
    VEC_FREE(&blobs->kept);
}

/* Where the next one goes: at the end, or where the oldest was. */
static struct kept_blob *make_room(struct blobs *blobs)
{
    if (blobs->kept.len < BLOBS_KEPT_MAX) {
        VEC_PUSH(&blobs->kept,
                 ((struct kept_blob){.blob = memory_alloc(KZG_BLOB_LEN)}));
        return &blobs->kept.at[blobs->kept.len - 1];
    }
    struct kept_blob *oldest = &blobs->kept.at[blobs->oldest];
    blobs->oldest = (blobs->oldest + 1) % BLOBS_KEPT_MAX;
    return oldest;
}

void blobs_keep(struct blobs *blobs, const hash32 *transaction,
                const struct transaction *tx,
                const struct blob_sidecar *sidecar)
{
    for (size_t i = 0; i < sidecar->count; i++) {
        struct kept_blob *kept = make_room(blobs);
        kept->transaction = *transaction;
        kept->versioned_hash = tx->blob_hashes[i];
        memcpy(kept->blob, sidecar->blobs[i].at, KZG_BLOB_LEN);
    }
}

const struct kept_blob *blobs_at(const struct blobs *blobs, size_t age)
{
    return age < blobs->kept.len
               ? &blobs->kept.at[(blobs->oldest + age) % blobs->kept.len]
               : NULL;
}
