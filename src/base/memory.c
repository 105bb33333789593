#include "base/memory.h"

#include <malloc.h>
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

/* glibc raises its bounds, up to 64 MiB, with each large piece that is freed,
 * unless they are set; and each thread may begin a heap of its own. */
void memory_hold_little(void)
{
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    mallopt(M_ARENA_MAX, 2);
}

void memory_trim(void)
{
    malloc_trim(0);
}
