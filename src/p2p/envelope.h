#pragma once
/* A payload signed by a peer for one purpose, which its domain names; and the
 * record of a peer's addresses that is passed on in one.
 *
 * Source   libp2p/specs, RFC/0002-signed-envelopes.md and
 *          RFC/0003-routing-records.md; domain and payload type of records as
 *          the multicodec table and the implementations in use have them.
 * Lifetime what is opened points into the input and the arena.
 * Limits   the *_MAX below.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT. LOFT_ERR_REFUSED: the signature is
 *          not the key's for this domain, or the record is another peer's.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "p2p/peer_id.h"
#include "p2p/peer_key.h"

#define ENVELOPE_TYPE_BYTES_MAX 64
#define ENVELOPE_PAYLOAD_BYTES_MAX 16384
#define ENVELOPE_BYTES_MAX (ENVELOPE_PAYLOAD_BYTES_MAX + 512)
#define PEER_RECORD_ADDRS_MAX 64

struct envelope {
    struct peer_public_key key; /* the signer's */
    bytes type, payload;
};

/* type of at most ENVELOPE_TYPE_BYTES_MAX, payload of at most
 * ENVELOPE_PAYLOAD_BYTES_MAX. */
void envelope_seal(struct buffer *out, const struct peer_private_key *key,
                   const char *domain, bytes type, bytes payload);

/* The payload is given only where the signature is good. */
MUST_USE loft_err envelope_open(struct envelope *out, const char *domain,
                                bytes from);

struct peer_record {
    struct peer_id id;
    uint64_t sequence;  /* a later record has a higher one */
    const bytes *addrs; /* as of p2p/multiaddr.h */
    size_t addr_count;
};

/* At most PEER_RECORD_ADDRS_MAX addresses; the id is the key's, whatever
 * record->id says. */
void peer_record_seal(struct buffer *out, const struct peer_private_key *key,
                      const struct peer_record *record);

/* Addresses of protocols that are not known are left out. */
MUST_USE loft_err peer_record_open(struct arena *arena, struct peer_record *out,
                                   bytes from);
