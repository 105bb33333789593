#pragma once
/* A message of gossipsub, signed by its author: no other kind is taken.
 *
 * The signature is over the first four fields in their one shortest encoding,
 * as the implementations in use sign. A message in another encoding, or with
 * further fields, one of them forwards as it is and another does not, and two
 * would not agree whether it is signed. So it is passed on by nobody here, and
 * nobody is blamed for it.
 *
 * Source   libp2p/specs, pubsub/README.md, "StrictSign"; what go-libp2p-pubsub
 *          and js-libp2p sign.
 * Lifetime what is read points into the input.
 * Limits   GOSSIP_MESSAGE_BYTES_MAX of a message in all.
 * Errors   LOFT_ERR_FORMAT: a field is missing or not of its form.
 *          LOFT_ERR_LIMIT.
 */
#include "p2p/gossip_rpc.h"
#include "p2p/peer_id.h"
#include "p2p/peer_key.h"

#define GOSSIP_SEQNO_BYTES 8

struct gossip_message {
    bytes from; /* the author's id */
    bytes data;
    bytes seqno; /* GOSSIP_SEQNO_BYTES, the high one first */
    bytes topic;
    bytes signature;
    bytes key; /* empty where the id holds it */
    bytes raw; /* all of it, as it came */
};

MUST_USE loft_err gossip_message_read(struct gossip_message *out, bytes raw);

enum gossip_signature {
    GOSSIP_SIGNED,
    GOSSIP_FORGED,   /* the author that it names did not sign it */
    GOSSIP_UNJUDGED, /* an encoding of its own, or a kind of key that is not
                      * supported */
};

enum gossip_signature
gossip_message_verify(const struct gossip_message *message);

/* Appends a message of the key's owner; topic of 1 to GOSSIP_TOPIC_BYTES_MAX
 * bytes. */
void gossip_message_seal(struct buffer *out, const struct peer_private_key *key,
                         bytes topic, bytes data, uint64_t seqno);

uint64_t gossip_message_seqno(const struct gossip_message *message);

/* The name that a message goes by. All peers of a topic use the same rule. */
struct gossip_id {
    uint8_t len;
    uint8_t at[GOSSIP_ID_BYTES_MAX]; /* zeros from len on */
};

typedef struct gossip_id (*gossip_id_rule)(const struct gossip_message *);

/* The author's id and the seqno, as is usual. */
struct gossip_id gossip_id_by_author(const struct gossip_message *message);

/* The SHA-256 of the data: what two authors say alike is one message. */
struct gossip_id gossip_id_by_data(const struct gossip_message *message);

/* False: longer than an id is. */
bool gossip_id_of(struct gossip_id *out, bytes from);

static inline bytes gossip_id_bytes(const struct gossip_id *id)
{
    return bytes_of(id->at, id->len);
}
