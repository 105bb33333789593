#pragma once
/* Keeps the data file longer than it needs to be, and in memory as single
 * pages.
 *
 * The kernel caches a file in pieces as large as the writes that made it
 * longer, and ext4 goes through all blocks of a piece for each page of it that
 * is written later. So one large commit would make all that follow dearer, as
 * they write single pages all over the file. Therefore the file is made longer
 * before a commit does it, and what was added is read: a hole, which takes no
 * disk, and comes to the cache page by page. */
#include <lmdb.h>
#include <stdint.h>

struct growth {
    uint64_t bytes; /* so far there is nothing to do; 0: not known yet */
};

/* To be called before a commit that writes so many bytes of entries. Where it
 * cannot be done, later commits take longer, and that is all. */
void growth_prepare(struct growth *growth, MDB_env *env, uint64_t entry_bytes);
