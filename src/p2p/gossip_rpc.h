#pragma once
/* What gossipsub's peers send each other: one RPC, of subscriptions, messages
 * and control, in either direction.
 *
 * Source   libp2p/specs, pubsub/README.md and pubsub/gossipsub/: v1.0, v1.1
 *          (prune's peers and back-off), v1.2 (IDONTWANT).
 * Lifetime what is read points into the input and the arena.
 * Limits   the *_MAX below, each of one RPC.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 */
#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define GOSSIP_RPC_BYTES_MAX ((size_t)1 << 20)
#define GOSSIP_MESSAGE_BYTES_MAX (GOSSIP_RPC_BYTES_MAX - 8)
#define GOSSIP_TOPIC_BYTES_MAX 256
#define GOSSIP_ID_BYTES_MAX 64
#define GOSSIP_RPC_SUBSCRIPTIONS_MAX 512
#define GOSSIP_RPC_MESSAGES_MAX 4096
#define GOSSIP_RPC_CONTROLS_MAX 512 /* of each kind */
#define GOSSIP_RPC_IDS_MAX 16384    /* of each kind that names messages */
#define GOSSIP_PRUNE_PEERS_MAX 64   /* of one prune */

struct gossip_subscription {
    bool subscribe; /* false: no longer */
    bytes topic;
};

/* Names of messages: of IHAVE with their topic, of IWANT and IDONTWANT
 * without. */
struct gossip_ids {
    bytes topic;
    const bytes *at;
    size_t len;
};

/* A peer that another might turn to. */
struct gossip_exchange {
    bytes peer_id;       /* of at most PEER_ID_BYTES_MAX; may be empty */
    bytes signed_record; /* as of peer_record_open(); may be empty */
};

struct gossip_prune {
    bytes topic;
    const struct gossip_exchange *peers;
    size_t peer_count;
    uint64_t backoff_s; /* 0: unsaid */
};

struct gossip_rpc {
    const struct gossip_subscription *subscriptions;
    const bytes *messages; /* each as of gossip_message_read() */
    const struct gossip_ids *ihave, *iwant, *idontwant;
    const bytes *graft; /* topics */
    const struct gossip_prune *prune;
    size_t subscription_count, message_count;
    size_t ihave_count, iwant_count, idontwant_count;
    size_t graft_count, prune_count;
};

MUST_USE loft_err gossip_rpc_read(struct arena *arena, struct gossip_rpc *out,
                                  bytes from);

/* Appends it, without a length in front. The limits above are the caller's to
 * keep. */
void gossip_rpc_put(struct buffer *out, const struct gossip_rpc *rpc);
