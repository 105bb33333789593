#pragma once
/* The heap, for objects that outlive a piece of work (base/arena.h serves the
 * rest). Running out of memory ends the process with a message: what comes
 * from outside was bounded before it got here. Freed with free(). */
#include <stddef.h>

void *memory_alloc(size_t size);
void *memory_zalloc(size_t size);
void *memory_realloc(void *old, size_t size);
void *memory_alloc_aligned(size_t alignment, size_t size);
char *memory_string(const char *text);

/* Overwrites with zeros in a way that the compiler keeps. */
void memory_wipe(void *at, size_t size);

/* For a program that goes on for long: what is large and freed goes back to
 * the system, whatever else is still in use. */
void memory_hold_little(void);

/* Gives all that is free back to the system, after work that took much. */
void memory_trim(void);

#define MEMORY_NEW(type) ((type *)memory_zalloc(sizeof(type)))
