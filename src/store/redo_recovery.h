#pragma once
/* What a redo log (store/redo.h) says after a process or a machine stopped.
 *
 * In this order: redo_recovery_begin(), which puts the base back; LMDB opens
 * the data file; redo_recovery_replay(), a sync, redo_remove().
 *
 * Errors  LOFT_ERR_CORRUPT: the log is damaged, or not of this data file.
 *         LOFT_ERR_IO.
 */
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/redo_file.h"

struct redo_recovery;

/* *out is NULL where the store was closed in order. */
MUST_USE loft_err redo_recovery_begin(struct redo_recovery **out,
                                      const char *dir);
void redo_recovery_free(struct redo_recovery *recovery); /* NULL is fine */

/* The commit that LMDB is to find. */
uint64_t redo_recovery_txn_id(const struct redo_recovery *recovery);

/* Hands out all writes since the base, in order, until one fails; *commits is
 * how many commits they were. */
typedef loft_err redo_replay(void *context, const struct redo_write *write);
MUST_USE loft_err redo_recovery_replay(const struct redo_recovery *recovery,
                                       redo_replay *replay, void *context,
                                       uint64_t *commits);

const char *redo_path(struct arena *arena, const char *dir, int which);

/* Removes the log for good, the file of the later generation last: alone, the
 * earlier one would tell of a moment that is long gone. */
MUST_USE loft_err redo_remove(const char *dir, int later);

/* The file of the later generation. */
int redo_recovery_later(const struct redo_recovery *recovery);

/* Which files the folder holds is on disk. */
MUST_USE loft_err redo_sync_folder(const char *dir);
