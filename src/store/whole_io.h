#pragma once
/* Reads and writes of files that come whole or fail. */
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* LOFT_ERR_FORMAT: the file ends before. */
MUST_USE loft_err whole_read(int file, void *out, size_t len, uint64_t at);
/* LOFT_ERR_FULL: no space is left for all of it. */
MUST_USE loft_err whole_write(int file, const void *from, size_t len,
                              uint64_t at);
/* What was written is on disk. */
MUST_USE loft_err whole_sync(int file);
