#pragma once
/* The name of a peer: the multihash of its public key.
 *
 * Keys of up to 42 bytes as a message, which all that are supported have,
 * stand in the id as they are; of longer ones the id has the SHA-256.
 *
 * Source   libp2p/specs, peer-ids/peer-ids.md; multiformats/multihash, cid.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "p2p/peer_key.h"

#define PEER_ID_KEY_BYTES_MAX 42
#define PEER_ID_BYTES_MAX (2 + PEER_ID_KEY_BYTES_MAX)

struct peer_id {
    uint8_t at[PEER_ID_BYTES_MAX];
    uint8_t len;
};

struct peer_id peer_id_of(const struct peer_public_key *key);

/* Borrowed from the id. */
static inline bytes peer_id_bytes(const struct peer_id *id)
{
    return bytes_of(id->at, id->len);
}

static inline bool peer_id_equal(const struct peer_id *a,
                                 const struct peer_id *b)
{
    return bytes_equal(peer_id_bytes(a), peer_id_bytes(b));
}

/* The multihash. */
MUST_USE loft_err peer_id_read(struct peer_id *out, bytes from);

/* The key that stands in the id. LOFT_ERR_NOT_FOUND: a hash does. */
MUST_USE loft_err peer_id_key(struct peer_public_key *out,
                              const struct peer_id *id);

/* Base 58 ("12D3Koo...", "Qm...") or a CIDv1 in any base of
 * codec/multibase.h. */
MUST_USE loft_err peer_id_read_text(struct peer_id *out, bytes text);

/* In base 58, as ids are shown. */
void peer_id_put_text(struct buffer *out, const struct peer_id *id);

/* As a CIDv1 in base 32 ("bafz..."). */
void peer_id_put_cid(struct buffer *out, const struct peer_id *id);
