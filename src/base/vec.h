#pragma once
/* A growing array: VEC(type) is a struct of `at`, `len` and `cap`.
 *
 *     VEC(struct leaf) leaves = {0};
 *     VEC_PUSH(&leaves, leaf);
 *     VEC_FREE(&leaves);
 *
 * Lifetime  elements move when the array grows.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define VEC(type)        \
    struct {             \
        type *at;        \
        size_t len, cap; \
    }

/* Makes room for `more` elements beyond len. */
void vec_grow(void *at_pointer, size_t *cap, size_t len, size_t more,
              size_t size);

#define VEC_RESERVE(vec, more)                                 \
    ((vec)->cap - (vec)->len >= (more)                         \
         ? (void)0                                             \
         : vec_grow(&(vec)->at, &(vec)->cap, (vec)->len, more, \
                    sizeof *(vec)->at))

#define VEC_PUSH(vec, value) \
    (VEC_RESERVE(vec, 1), (void)((vec)->at[(vec)->len++] = (value)))

#define VEC_FREE(vec) \
    (free((vec)->at), (vec)->at = NULL, (vec)->len = 0, (vec)->cap = 0)

#define VEC_FOR_EACH(item, vec)                    \
    for (__typeof__(&*(vec)->at) item = (vec)->at; \
         (vec)->len && item < (vec)->at + (vec)->len; item++)

/* The array that encoders write to. */
struct buffer {
    uint8_t *at;
    size_t len, cap;
};

/* Appends len bytes with contents undefined and returns where they are. */
static inline uint8_t *buffer_extend(struct buffer *buffer, size_t len)
{
    VEC_RESERVE(buffer, len);
    uint8_t *room = buffer->at + buffer->len;
    buffer->len += len;
    return room;
}

static inline void buffer_put(struct buffer *buffer, const void *at, size_t len)
{
    if (len)
        memcpy(buffer_extend(buffer, len), at, len);
}

static inline void buffer_put_byte(struct buffer *buffer, uint8_t byte)
{
    *buffer_extend(buffer, 1) = byte;
}

static inline void buffer_put_bytes(struct buffer *buffer, bytes from)
{
    buffer_put(buffer, from.at, from.len);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline bytes buffer_bytes(const struct buffer *buffer)
{
    return (bytes){buffer->at, buffer->len};
}

#define buffer_free(buffer) VEC_FREE(buffer)
