#pragma once
/* Finds the JSON files of published test suites: in a file, below a folder,
 * or inside a .tar.xz (or any archive that libarchive reads).
 *
 * Limits   FIXTURE_FILE_BYTES_MAX a file.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

#define FIXTURE_FILE_BYTES_MAX (512u << 20)

/* One file: its path, and its content on the heap, which the visitor owns
 * (free()). */
struct fixture_file {
    char *name;
    uint8_t *at;
    size_t len;
};

void fixture_file_free(struct fixture_file *file);

typedef void fixture_visit(void *context, struct fixture_file *file);

/* Visits every .json file of `path`, in the order of names (in an archive, in
 * its own). LOFT_ERR_IO, _FORMAT, _LIMIT. */
MUST_USE loft_err fixture_files(const char *path, fixture_visit *visit,
                                void *context);
