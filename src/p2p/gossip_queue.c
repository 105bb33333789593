#include "p2p/gossip_queue.h"

#include "base/assert.h"

static const size_t limits[] = {
    [GOSSIP_CONTROL] = GOSSIP_QUEUE_CONTROL_BYTES,
    [GOSSIP_DATA] = GOSSIP_QUEUE_DATA_BYTES,
    [GOSSIP_OFFER] = GOSSIP_QUEUE_OFFER_BYTES,
};

void gossip_queue_fini(struct gossip_queue *queue)
{
    for (size_t i = 0; i < ARRAY_LEN(queue->classes); i++) {
        struct gossip_queue_class *class = &queue->classes[i];
        for (size_t j = class->first; j < class->frames.len; j++)
            gossip_frame_drop(class->frames.at[j]);
        VEC_FREE(&class->frames);
    }
    gossip_frame_drop(queue->leaving);
    *queue = (struct gossip_queue){0};
}

bool gossip_queue_put(struct gossip_queue *queue, enum gossip_class which,
                      struct gossip_frame *frame)
{
    struct gossip_queue_class *class = &queue->classes[which];
    if (class->bytes > 0 && class->bytes + frame->len > limits[which]) {
        class->dropped++;
        return false;
    }
    VEC_PUSH(&class->frames, gossip_frame_hold(frame));
    class->bytes += frame->len;
    return true;
}

static struct gossip_frame *pop(struct gossip_queue_class *class)
{
    if (class->first == class->frames.len)
        return NULL;
    struct gossip_frame *frame = class->frames.at[class->first++];
    class->bytes -= frame->len;
    if (class->first * 2 >= class->frames.len) {
        class->frames.len -= class->first;
        memmove(class->frames.at, class->frames.at + class->first,
                class->frames.len * sizeof *class->frames.at);
        class->first = 0;
    }
    return frame;
}

bool gossip_queue_withdraw(struct gossip_queue *queue,
                           const struct gossip_frame *frame)
{
    struct gossip_queue_class *class = &queue->classes[GOSSIP_DATA];
    size_t i = class->first;
    while (i < class->frames.len && class->frames.at[i] != frame)
        i++;
    if (i == class->frames.len)
        return false;
    class->bytes -= frame->len;
    gossip_frame_drop(class->frames.at[i]);
    class->frames.len--;
    memmove(class->frames.at + i, class->frames.at + i + 1,
            (class->frames.len - i) * sizeof *class->frames.at);
    return true;
}

bytes gossip_queue_next(struct gossip_queue *queue)
{
    for (size_t i = 0; !queue->leaving && i < ARRAY_LEN(queue->classes); i++) {
        queue->leaving = pop(&queue->classes[i]);
        queue->left = 0;
    }
    if (!queue->leaving)
        return BYTES_EMPTY;
    return bytes_of(queue->leaving->at + queue->left,
                    queue->leaving->len - queue->left);
}

void gossip_queue_took(struct gossip_queue *queue, size_t len)
{
    ASSERT(queue->leaving && len <= queue->leaving->len - queue->left);
    queue->left += len;
    if (queue->left < queue->leaving->len)
        return;
    gossip_frame_drop(queue->leaving);
    queue->leaving = NULL;
}

size_t gossip_queue_bytes(const struct gossip_queue *queue)
{
    size_t sum = queue->leaving ? queue->leaving->len : 0;
    for (size_t i = 0; i < ARRAY_LEN(queue->classes); i++)
        sum += queue->classes[i].bytes;
    return sum;
}
