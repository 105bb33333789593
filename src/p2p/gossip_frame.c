#include "p2p/gossip_frame.h"

#include "base/assert.h"
#include "base/memory.h"
#include "codec/uvarint.h"

struct gossip_frame *gossip_frame_new(const struct gossip_rpc *rpc)
{
    struct buffer body = {0}, head = {0};
    gossip_rpc_put(&body, rpc);
    uvarint_put(&head, body.len);
    struct gossip_frame *frame = memory_alloc(sizeof *frame + head.len +
                                              body.len);
    frame->holds = 1;
    frame->head = head.len;
    frame->len = head.len + body.len;
    memcpy(frame->at, head.at, head.len);
    if (body.len > 0)
        memcpy(frame->at + head.len, body.at, body.len);
    buffer_free(&body);
    buffer_free(&head);
    return frame;
}

struct gossip_frame *gossip_frame_hold(struct gossip_frame *frame)
{
    frame->holds++;
    return frame;
}

void gossip_frame_drop(struct gossip_frame *frame)
{
    if (!frame)
        return;
    ASSERT(frame->holds > 0);
    if (--frame->holds == 0)
        free(frame);
}
