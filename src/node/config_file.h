#pragma once
/* The configuration file: the part of TOML that a list of options needs.
 *
 *     # where to listen
 *     port = 8545
 *     block-time = 0.5
 *     no-mining = false
 *     durability = "group"
 *     allow-host = ["node.example", "other.example"]
 *
 * A key is an option's name, and stands once. Strings are basic ones in double
 * quotes, with TOML's escapes, or literal ones in single quotes; numbers are
 * decimal and may have underscores; arrays hold strings and may go over lines.
 * There are no tables.
 *
 * Source  toml.io, v1.0.0.
 * Limits  CONFIG_BYTES_MAX.
 * Errors  LOFT_ERR_USAGE: file, line and what is wrong, with the nearest known
 *         key where it is not known; LOFT_ERR_NOT_FOUND: no such file;
 *         LOFT_ERR_IO.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "node/option_table.h"

#define CONFIG_BYTES_MAX (1u << 20)

/* Called for each value, for each element of an array. The text lives in the
 * arena. */
typedef loft_err config_set(void *context, const struct option *option,
                            const char *text);

MUST_USE loft_err config_file_read(struct arena *arena, const char *path,
                                   config_set *set, void *context);

/* The same of a text; `path` is for sentences. */
MUST_USE loft_err config_text_read(struct arena *arena, bytes text,
                                   const char *path, config_set *set,
                                   void *context);

/* $XDG_CONFIG_HOME/loft/loftd.toml, or ~/.config/loft/loftd.toml; NULL: there
 * is no home. */
const char *config_file_default(struct arena *arena);
