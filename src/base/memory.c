#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *memory, size_t size)
{
    if (!memory && size) {
        fprintf(stderr, "loft: out of memory asking for %zu bytes\n", size);
        abort();
    }
    return memory;
}

void *memory_alloc(size_t size)
{
    return or_die(malloc(size), size);
}

void *memory_zalloc(size_t size)
{
    return or_die(calloc(1, size), size);
}

void *memory_realloc(void *old, size_t size)
{
    return or_die(realloc(old, size), size);
}

void *memory_alloc_aligned(size_t alignment, size_t size)
{
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    return or_die(aligned_alloc(alignment, rounded), size);
}

char *memory_string(const char *text)
{
    return or_die(strdup(text), strlen(text));
}

void memory_wipe(void *at, size_t size)
{
    explicit_bzero(at, size);
}
