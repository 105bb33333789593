#pragma once
/* What has become of the chain since somebody looked last: the blocks that
 * are not canonical any more, newest first, then those that are new, oldest
 * first.
 *
 * Nothing is kept in between but the block that was seen last: what was
 * removed since is still stored.
 */
#include "rpc/block_ref.h"

struct head_mark {
    uint64_t number;
    hash32 hash;
};

/* The newest block of the call's view. */
bool head_mark_now(struct rpc_call *call, struct head_mark *out);

/* False: a failure, which the visitor has said. */
typedef bool head_visit(void *context, const struct rpc_block *block,
                        bool removed);

/* Visits at most *left blocks, which the visitor may lower, and moves the mark
 * to the newest that was seen; the rest comes next time. Where more than that
 * were removed, or what was seen is not stored any more, the mark goes to the
 * newest block and nothing more is visited. On a failure it stays. */
bool head_changes(struct rpc_call *call, struct head_mark *mark, size_t *left,
                  head_visit *visit, void *context);
