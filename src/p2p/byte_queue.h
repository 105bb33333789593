#pragma once
/* Bytes that wait in order, in pieces of memory that go as they are read: an
 * empty queue holds none, and a long one is never moved.
 *
 * Lifetime  byte_queue_front() borrows until the next change of the queue.
 * Limits    the caller's.
 */
#include "base/bytes.h"

struct byte_queue_piece;

struct byte_queue {
    struct byte_queue_piece *first, *last;
    size_t len;
    size_t memory_bytes; /* what the pieces take */
};

void byte_queue_push(struct byte_queue *queue, bytes data);

/* The longest run of bytes at its head; empty where the queue is. */
bytes byte_queue_front(const struct byte_queue *queue);

/* Drops len bytes from its head, of at most queue->len. */
void byte_queue_pop(struct byte_queue *queue, size_t len);

/* Moves all of `from` behind what is in the queue. */
void byte_queue_join(struct byte_queue *queue, struct byte_queue *from);

void byte_queue_clear(struct byte_queue *queue);
