#pragma once
/* A whole file to be read, mapped into memory.
 *
 * Lifetime  contents are good until file_close(); nobody else may shorten the
 *           file meanwhile.
 */
#include "base/bytes.h"
#include "base/err.h"

struct file {
    bytes contents;
};

/* LOFT_ERR_IO names the file; LOFT_ERR_LIMIT: it is larger than that. */
MUST_USE loft_err file_open(struct file *out, const char *path,
                            size_t bytes_max);
void file_close(struct file *file);

/* Writes a file: it is the old one or the new one at any moment. LOFT_ERR_IO
 * names it. */
MUST_USE loft_err file_replace(const char *path, bytes text);
