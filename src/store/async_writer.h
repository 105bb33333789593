#pragma once
/* Writes that go to the disk beside other work, and are there when waited for:
 * Linux's asynchronous writes past the page cache.
 *
 * Units    offsets and lengths are multiples of ASYNC_BLOCK, and the file has
 *          blocks for them already: otherwise a write takes as long to begin
 *          as it takes.
 * Threads  one.
 * Limits   ASYNC_WRITES_MAX under way; one more waits for all of them.
 * Errors   LOFT_ERR_IO.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ASYNC_BLOCK 4096
#define ASYNC_WRITES_MAX 8

struct async_writer;

/* NULL: the system has none. */
struct async_writer *async_writer_new(void);
void async_writer_free(struct async_writer *writer); /* waits; NULL is fine */

/* A second descriptor of the file, for async_writer_begin(); -1: its file
 * system has none. */
int async_writer_open(const char *path);

/* The bytes are copied, with zeros up to the end of their last block.
 * LOFT_ERR_IO: nothing is under way. */
MUST_USE loft_err async_writer_begin(struct async_writer *writer, int file,
                                     const void *from, size_t len, uint64_t at);

/* All that was begun so far is on disk. Once a write has failed, so does each
 * call from there on: the one that failed may be any. */
MUST_USE loft_err async_writer_wait(struct async_writer *writer);
