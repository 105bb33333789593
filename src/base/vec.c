#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/memory.h"

void vec_grow(void *at_pointer, size_t *cap, size_t len, size_t more,
              size_t size)
{
    size_t needed, total;
    ASSERT(!__builtin_add_overflow(len, more, &needed));
    size_t room = *cap < 8 ? 8 : *cap + *cap / 2;
    if (room < needed)
        room = needed;
    ASSERT(!__builtin_mul_overflow(room, size, &total));
    void *at;
    memcpy(&at, at_pointer, sizeof at);
    at = memory_realloc(at, total);
    memcpy(at_pointer, &at, sizeof at);
    *cap = room;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    ASSERT(len >= 0);
    VEC_RESERVE(buffer, (size_t)len + 1);
    vsnprintf((char *)buffer->at + buffer->len, (size_t)len + 1, format, again);
    buffer->len += (size_t)len;
    va_end(again);
    va_end(args);
}
