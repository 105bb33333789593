#pragma once
/* What waits to leave for one peer: control before messages, messages before
 * offers. Where there is no room, offers are left out first, then messages;
 * control that finds none means that the peer takes nothing any more.
 *
 * Limits   bytes of each class, counted as if each frame were this queue's; a
 *          single one may be larger. What waits longer is of no use any more:
 *          its peer has it from others, or asks for it again.
 */
#include "p2p/gossip_frame.h"
#include "p2p/gossip_router.h"

#define GOSSIP_QUEUE_CONTROL_BYTES ((size_t)256 << 10)
#define GOSSIP_QUEUE_DATA_BYTES ((size_t)512 << 10)
#define GOSSIP_QUEUE_OFFER_BYTES ((size_t)128 << 10)

struct gossip_queue_class {
    VEC(struct gossip_frame *) frames;
    size_t first; /* those before it have left */
    size_t bytes;
    uint64_t dropped;
};

/* All zeros is an empty one. */
struct gossip_queue {
    struct gossip_queue_class classes[GOSSIP_OFFER + 1];
    struct gossip_frame *leaving; /* a part of it may have left */
    size_t left;
};

void gossip_queue_fini(struct gossip_queue *queue);

/* False: it is dropped, as there is no room. */
bool gossip_queue_put(struct gossip_queue *queue, enum gossip_class class,
                      struct gossip_frame *frame);
/* A message that need not leave: whether it waited, and no part of it has
 * left. */
bool gossip_queue_withdraw(struct gossip_queue *queue,
                           const struct gossip_frame *frame);
/* The bytes to leave next, at most of one frame; empty: nothing waits. */
bytes gossip_queue_next(struct gossip_queue *queue);
/* So many of them left. */
void gossip_queue_took(struct gossip_queue *queue, size_t len);
size_t gossip_queue_bytes(const struct gossip_queue *queue);
