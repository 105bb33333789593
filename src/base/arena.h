#pragma once
/* A region of memory for one piece of work: what is made in it dies with it
 * in one call.
 *
 * Lifetime  an allocation is good until arena_rewind() to a mark taken before
 *           it, arena_reset() or arena_fini().
 * Threads   one thread at a time.
 * Errors    none: running out of memory ends the process. Sizes that come
 *           from outside are bounded by the caller first.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena_chunk;

struct arena {
    uint8_t *at, *end; /* free room in the newest chunk */
    struct arena_chunk *newest;
    size_t held; /* bytes asked of the system */
};

struct arena_mark {
    struct arena_chunk *chunk;
    uint8_t *at;
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/* Frees all allocations, keeps one chunk for the next piece of work: the
 * newest, which tends to be the largest, where it is no larger than this. */
#define ARENA_KEPT_BYTES_MAX ((size_t)1 << 20)
void arena_reset(struct arena *arena);

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Memory aligned to 32 bytes, contents undefined. */
void *arena_alloc_slow(struct arena *arena, size_t size);

static inline void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + 31) & ~(size_t)31;
    /* 0 is nothing, or has overflowed: both are seen to out of line. */
    if (rounded - 1 >= (size_t)(arena->end - arena->at))
        return arena_alloc_slow(arena, size);
    void *result = arena->at;
    arena->at += rounded;
    return result;
}

void *arena_zalloc(struct arena *arena, size_t size);

/* count objects of size bytes; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);

#define ARENA_NEW(arena, type) ((type *)arena_zalloc(arena, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) \
    ((type *)arena_array(arena, count, sizeof(type)))

bytes arena_copy(struct arena *arena, bytes from);

/* The bytes as a C string. */
char *arena_string(struct arena *arena, bytes from);

/* A formatted C string. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
