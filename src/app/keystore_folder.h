#pragma once
/* A folder of keystore files, named as geth names them, so that either
 * program can use the other's: UTC--<time>--<address>.
 *
 * Lifetime  paths live in the arena.
 * Errors    LOFT_ERR_IO; others where named.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* $XDG_DATA_HOME/loft/keystore, or ~/.local/share/loft/keystore. */
MUST_USE loft_err keystore_folder_default(struct arena *arena,
                                          const char **out);

/* Writes the text durably under a new name, in a folder that is made where it
 * is missing, readable by its owner alone. LOFT_ERR_EXISTS: the folder holds
 * a key of this address. */
MUST_USE loft_err keystore_folder_add(struct arena *arena, const char **path,
                                      const char *folder, const address *who,
                                      bytes text);

/* LOFT_ERR_NOT_FOUND: no key of that address. */
MUST_USE loft_err keystore_folder_find(struct arena *arena, const char **path,
                                       const char *folder, const address *who);

/* Each key file, in the order of names, which is that of their making. No
 * folder is as good as an empty one. */
typedef void keystore_visit(void *context, const address *who,
                            const char *path);
MUST_USE loft_err keystore_folder_each(const char *folder,
                                       keystore_visit *visit, void *context);
