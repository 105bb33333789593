#pragma once
/* A file with the whole state as text (rpc/state_text.h): what --load-state,
 * --dump-state and --state name.
 *
 * Errors  LOFT_ERR_IO and those of the text, naming the file.
 */
#include <stdbool.h>

#include "chain/chain.h"

/* Amends the newest state; packed or as it is. */
MUST_USE loft_err state_file_load(struct chain *chain, const char *path,
                                  bool may_be_absent);

/* The file is the old one or the new one at any moment. */
MUST_USE loft_err state_file_dump(struct chain *chain, const char *path);
