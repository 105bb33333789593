#pragma once
/* An RPC as it goes over a stream, after its length: made once, and held by
 * all the peers' queues that it waits in.
 *
 * Lifetime  gossip_frame_new() gives the first hold; the last one that is
 *           dropped frees it.
 */
#include "p2p/gossip_rpc.h"

struct gossip_frame {
    unsigned holds;
    size_t head; /* bytes of the length */
    size_t len;  /* with it */
    uint8_t at[];
};

struct gossip_frame *gossip_frame_new(const struct gossip_rpc *rpc);
struct gossip_frame *gossip_frame_hold(struct gossip_frame *frame);
void gossip_frame_drop(struct gossip_frame *frame); /* NULL is fine */

/* The RPC, and all. */
static inline bytes gossip_frame_rpc(const struct gossip_frame *frame)
{
    return bytes_of(frame->at + frame->head, frame->len - frame->head);
}

static inline bytes gossip_frame_bytes(const struct gossip_frame *frame)
{
    return bytes_of(frame->at, frame->len);
}
