#pragma once
/* Where the daemon keeps its data.
 *
 * A file beside the chain, "identity", says which chain it is: what the
 * genesis block's hash leaves open (chain id, forks) and, of a development
 * chain, when it began, so that it can be opened again without naming that.
 *
 * Errors  LOFT_ERR_IO; LOFT_ERR_REFUSED: the data is of another chain.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* The folder, made where it is not there: `wanted`, or $XDG_DATA_HOME/loft, or
 * ~/.local/share/loft; with `temporary` a new one. In the arena. */
MUST_USE loft_err data_dir_open(struct arena *arena, const char **out,
                                const char *wanted, bool temporary);

/* $XDG_DATA_HOME/loft, or ~/.local/share/loft; NULL: there is no home. */
const char *data_dir_default(struct arena *arena);

/* The process that has the chain in `dir` open; 0: none does. */
MUST_USE loft_err data_dir_holder(pid_t *out, const char *dir);

/* Removes a temporary folder and the files in it. */
void data_dir_remove(const char *dir);

/* Compares `identity`, one line, with the folder's; a new folder takes it.
 * *timestamp is what the folder was given when it was new. */
MUST_USE loft_err data_dir_identify(const char *dir, const char *identity,
                                    uint64_t *timestamp);

/* Gives another folder the identity of this one. */
MUST_USE loft_err data_dir_copy_identity(const char *from, const char *to);
