#pragma once
/* Published test data for test programs: where it lies, unpacked once a build.
 *
 *     const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
 *     if (!dir)
 *         skip();
 *     vectors_each(dir, ".json", run_file, &context);
 *     ...
 *     return vectors_exit(cmocka_run_group_tests(tests, NULL, NULL));
 *
 * The data is looked for in $LOFT_VECTORS, else where the build was told. It
 * is unpacked below the build folder, under a lock, so test programs may run
 * side by side.
 *
 * Lifetime  paths that are returned are never freed.
 * Errors    data that is absent gives NULL and a line on stderr; everything
 *           else that fails ends the program: a test cannot go on without.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "codec/json.h"

/* The folder that holds what is in an archive of the data. */
const char *vectors_unpack(const char *archive);

/* A folder or file of the data that is not packed. */
const char *vectors_path(const char *name);

/* Calls visit for each file below dir whose name ends in suffix, in the order
 * of their names; returns how many there were. */
size_t vectors_each(const char *dir, const char *suffix,
                    void (*visit)(void *context, const char *path),
                    void *context);

/* The whole file. */
bytes vectors_read(struct arena *arena, const char *path);

/* The file as JSON. */
const struct json *vectors_json(struct arena *arena, const char *path);

/* What main() returns: `failed`, or 77 (skipped) where nothing failed but
 * data was absent. */
int vectors_exit(int failed);
