#pragma once
/* A whole file to be read, mapped into memory.
 *
 * Lifetime  contents are good until file_close(); nobody else may shorten the
 *           file meanwhile.
 */
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

struct file {
    bytes contents;
};

/* LOFT_ERR_IO names the file; LOFT_ERR_LIMIT: it is larger than that. */
MUST_USE loft_err file_open(struct file *out, const char *path,
                            size_t bytes_max);
void file_close(struct file *file);

/* Writes a file: it is the old one or the new one at any moment. Who may read
 * it: FILE_OF_ALL, as far as the umask lets them, or its owner alone.
 * LOFT_ERR_IO names it. */
#define FILE_OF_ALL 0666
#define FILE_OF_OWNER 0600
MUST_USE loft_err file_replace(const char *path, bytes text, mode_t mode);
