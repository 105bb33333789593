#pragma once
/* Doubly linked lists through nodes that stand in their elements, closed to a
 * ring by their head: an element leaves without a search.
 *
 *     struct job { struct ring in_queue; ... };
 *     struct ring queue;
 *     ring_init(&queue);
 *     ring_put(&queue, &job->in_queue);
 *     job = RING_ITEM(ring_first(&queue), struct job, in_queue);
 *
 * Lifetime  an element leaves before its memory does.
 */
#include <stdbool.h>
#include <stddef.h>

struct ring {
    struct ring *next, *prev; /* itself: alone */
};

#define RING_ITEM(node, type, member) \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Of a head: empty; of a node: in no ring. */
static inline void ring_init(struct ring *ring)
{
    ring->next = ring->prev = ring;
}

static inline bool ring_is_alone(const struct ring *ring)
{
    return ring->next == ring;
}

/* NULL: the ring is empty. */
static inline struct ring *ring_first(const struct ring *head)
{
    return ring_is_alone(head) ? NULL : head->next;
}

/* At the end; the node is in no ring. */
static inline void ring_put(struct ring *head, struct ring *node)
{
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

/* Fine where the node is in no ring. */
static inline void ring_remove(struct ring *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    ring_init(node);
}
