#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

#define CHUNK_BYTES_MIN 16384

struct arena_chunk {
    struct arena_chunk *older;
    uint8_t *end;
    _Alignas(32) uint8_t room[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static size_t chunk_bytes(const struct arena_chunk *chunk)
{
    return (size_t)(chunk->end - (const uint8_t *)chunk);
}

/* Frees the chunk that `*at` points to. */
static void drop(struct arena *arena, struct arena_chunk **at)
{
    struct arena_chunk *chunk = *at;
    *at = chunk->older;
    arena->held -= chunk_bytes(chunk);
    free(chunk);
}

static void drop_newest(struct arena *arena)
{
    drop(arena, &arena->newest);
}

void arena_fini(struct arena *arena)
{
    while (arena->newest)
        drop_newest(arena);
    arena_init(arena);
}

void arena_reset(struct arena *arena)
{
    if (!arena->newest)
        return;
    while (arena->newest->older &&
           chunk_bytes(arena->newest) > ARENA_KEPT_BYTES_MAX)
        drop_newest(arena);
    while (arena->newest->older)
        drop(arena, &arena->newest->older);
    arena->at = arena->newest->room;
    arena->end = arena->newest->end;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->newest, arena->at};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.chunk) { /* taken when the arena held nothing */
        arena_reset(arena);
        return;
    }
    while (arena->newest != mark.chunk)
        drop_newest(arena);
    arena->at = mark.at;
    arena->end = arena->newest->end;
}

void *arena_alloc_slow(struct arena *arena, size_t size)
{
    static _Alignas(32) uint8_t nothing[32];
    ASSERT(size <= SIZE_MAX / 2);
    if (size == 0)
        return nothing;
    size_t rounded = (size + 31) & ~(size_t)31;
    size_t room = arena->held < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : arena->held;
    if (room > (size_t)1 << 24)
        room = (size_t)1 << 24;
    if (room < rounded)
        room = rounded;
    struct arena_chunk *chunk = memory_alloc_aligned(32, sizeof *chunk + room);
    chunk->older = arena->newest;
    chunk->end = chunk->room + room;
    arena->newest = chunk;
    arena->held += sizeof *chunk + room;
    arena->at = chunk->room + rounded;
    arena->end = chunk->end;
    return chunk->room;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    void *result = arena_alloc(arena, size);
    return memset(result, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    ASSERT(!__builtin_mul_overflow(count, size, &total));
    return arena_alloc(arena, total);
}

bytes arena_copy(struct arena *arena, bytes from)
{
    if (from.len == 0)
        return BYTES_EMPTY;
    uint8_t *copy = arena_alloc(arena, from.len);
    memcpy(copy, from.at, from.len);
    return bytes_of(copy, from.len);
}

char *arena_string(struct arena *arena, bytes from)
{
    char *text = arena_alloc(arena, from.len + 1);
    if (from.len)
        memcpy(text, from.at, from.len);
    text[from.len] = 0;
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    ASSERT(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
