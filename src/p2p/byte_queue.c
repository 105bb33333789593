#include "p2p/byte_queue.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

/* A piece is as large as what waits already, so that many small pushes need
 * few pieces; below what the heap would map and unmap each time. */
#define PIECE_BYTES_MIN ((size_t)208)
#define PIECE_BYTES_MAX (((size_t)64 << 10) - sizeof(struct byte_queue_piece))

struct byte_queue_piece {
    struct byte_queue_piece *next;
    uint32_t start, end, cap;
    uint8_t at[];
};

static size_t piece_bytes(const struct byte_queue_piece *piece)
{
    return sizeof *piece + piece->cap;
}

static void add_piece(struct byte_queue *queue, size_t len)
{
    size_t cap = len > queue->len ? len : queue->len;
    if (cap < PIECE_BYTES_MIN)
        cap = PIECE_BYTES_MIN;
    if (cap > PIECE_BYTES_MAX)
        cap = PIECE_BYTES_MAX;
    struct byte_queue_piece *piece = memory_alloc(sizeof *piece + cap);
    *piece = (struct byte_queue_piece){.cap = (uint32_t)cap};
    if (queue->last)
        queue->last->next = piece;
    else
        queue->first = piece;
    queue->last = piece;
    queue->memory_bytes += piece_bytes(piece);
}

void byte_queue_push(struct byte_queue *queue, bytes data)
{
    while (data.len > 0) {
        if (!queue->last || queue->last->end == queue->last->cap)
            add_piece(queue, data.len);
        struct byte_queue_piece *piece = queue->last;
        size_t room = piece->cap - piece->end;
        size_t len = data.len < room ? data.len : room;
        memcpy(piece->at + piece->end, data.at, len);
        piece->end += (uint32_t)len;
        queue->len += len;
        data = bytes_of(data.at + len, data.len - len);
    }
}

bytes byte_queue_front(const struct byte_queue *queue)
{
    const struct byte_queue_piece *piece = queue->first;
    return piece ? bytes_of(piece->at + piece->start, piece->end - piece->start)
                 : BYTES_EMPTY;
}

static void drop_first(struct byte_queue *queue)
{
    struct byte_queue_piece *piece = queue->first;
    queue->first = piece->next;
    if (!queue->first)
        queue->last = NULL;
    queue->memory_bytes -= piece_bytes(piece);
    free(piece);
}

void byte_queue_pop(struct byte_queue *queue, size_t len)
{
    ASSERT(len <= queue->len);
    queue->len -= len;
    while (len > 0) {
        struct byte_queue_piece *piece = queue->first;
        size_t here = piece->end - piece->start;
        size_t taken = len < here ? len : here;
        piece->start += (uint32_t)taken;
        len -= taken;
        if (piece->start == piece->end)
            drop_first(queue);
    }
}

void byte_queue_join(struct byte_queue *queue, struct byte_queue *from)
{
    if (!from->first)
        return;
    if (queue->last)
        queue->last->next = from->first;
    else
        queue->first = from->first;
    queue->last = from->last;
    queue->len += from->len;
    queue->memory_bytes += from->memory_bytes;
    *from = (struct byte_queue){0};
}

void byte_queue_clear(struct byte_queue *queue)
{
    while (queue->first)
        drop_first(queue);
    *queue = (struct byte_queue){0};
}
