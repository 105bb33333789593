#pragma once
/* Backups of the chain while it is in use.
 *
 * A backup is a folder of its own, which a node opens as its data: the store
 * as it was at one moment, and what says which chain it is. It is made under
 * another name, synced, and renamed, so that a folder with a backup's name
 * holds a whole one. Of those only the newest are kept.
 *
 * Threads  any, one backup at a time.
 * Errors   LOFT_ERR_BUSY: one is being made; LOFT_ERR_IO; LOFT_ERR_FULL.
 */
#include "base/arena.h"
#include "base/err.h"
#include "node/fork.h"
#include "store/store.h"

struct backup_options {
    struct store *store;
    const struct fork *fork; /* NULL: it is of no other chain */
    const char *data_dir;
    const char *folder; /* for backups, made where it is not there */
    unsigned kept;      /* how many, at least 1 */
};

/* *path, of the new backup, lives in the arena. */
MUST_USE loft_err backup_make(struct arena *arena, const char **path,
                              uint64_t *size,
                              const struct backup_options *options);
