#include "rpc/head_changes.h"

bool head_mark_now(struct rpc_call *call, struct head_mark *out)
{
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    const struct chain_head *head = chain_view_head(view);
    *out = (struct head_mark){head->number, head->hash};
    return true;
}

static void lower(size_t *left)
{
    *left -= *left > 0;
}

/* Back from the mark to a canonical block. */
static bool go_back(struct rpc_call *call, struct head_mark *mark, size_t *left,
                    head_visit *visit, void *context)
{
    for (;; lower(left)) {
        struct rpc_block block;
        const struct rpc_block_ref ref = {.kind = BLOCK_HASHED,
                                          .hash = mark->hash};
        if (!rpc_find_block(call, &block, &ref))
            return false;
        if (block.found && block.canonical)
            return true;
        if (!block.found || *left == 0)
            return head_mark_now(call, mark);
        if (!visit(context, &block, true))
            return false;
        mark->number = block.header.number - 1;
        mark->hash = block.header.parent_hash;
    }
}

static bool go_on(struct rpc_call *call, struct head_mark *mark, size_t *left,
                  head_visit *visit, void *context)
{
    struct head_mark head;
    if (!head_mark_now(call, &head))
        return false;
    for (; mark->number<head.number && * left> 0; lower(left)) {
        struct rpc_block block;
        if (!rpc_find_number(call, &block, mark->number + 1))
            return false;
        if (!block.found)
            return rpc_fail(call, RPC_INTERNAL_ERROR,
                            "a canonical block is missing");
        if (!visit(context, &block, false))
            return false;
        *mark = (struct head_mark){block.header.number, block.hash};
    }
    return true;
}

bool head_changes(struct rpc_call *call, struct head_mark *mark, size_t *left,
                  head_visit *visit, void *context)
{
    struct head_mark moved = *mark;
    if (!go_back(call, &moved, left, visit, context) ||
        !go_on(call, &moved, left, visit, context))
        return false;
    *mark = moved;
    return true;
}
