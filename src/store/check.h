#pragma once
/* Whether a data file is as long as its meta page says: reading past the end
 * of a file through a memory map would stop the program. */
#include <lmdb.h>

#include "base/err.h"

/* LOFT_ERR_CORRUPT: pages in use are missing from the file's end. */
MUST_USE loft_err check_whole(MDB_env *env);
