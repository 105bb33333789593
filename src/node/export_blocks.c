#include "node/export_blocks.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/vec.h"

/* Blocks between which memory is given back, and newer ones seen. */
#define BLOCKS_A_VIEW 256

static loft_err put_block(struct chain_view *view, FILE *to, uint64_t number,
                          struct buffer *room)
{
    hash32 hash;
    struct block block;
    TRY(chain_view_hash_of(view, &hash, number));
    TRY(chain_view_block(view, &block, &hash));
    room->len = 0;
    block_encode(room, &block);
    if (fwrite(room->at, 1, room->len, to) == room->len)
        return LOFT_OK;
    return err_say(errno == ENOSPC ? LOFT_ERR_FULL : LOFT_ERR_IO,
                   "writing block %" PRIu64 ": %s", number, strerror(errno));
}

static loft_err put_some(struct chain *chain, FILE *to, uint64_t first,
                         uint64_t last, struct buffer *room)
{
    struct chain_view *view;
    TRY(chain_view_open(&view, chain_store(chain), chain_config(chain),
                        chain_base(chain)));
    loft_err code = LOFT_OK;
    for (uint64_t number = first; number <= last && code == LOFT_OK; number++)
        code = put_block(view, to, number, room);
    chain_view_close(view);
    return code;
}

loft_err export_blocks(struct chain *chain, FILE *to, uint64_t first,
                       uint64_t last)
{
    struct buffer room = {0};
    uint64_t head = chain_head(chain)->number;
    loft_err code = LOFT_OK;
    if (last == UINT64_MAX)
        last = head;
    if (last > head)
        return err_say(LOFT_ERR_USAGE, "the chain ends with block %" PRIu64,
                       head);
    for (uint64_t at = first; at <= last && code == LOFT_OK;) {
        uint64_t left = last - at;
        uint64_t end = left < BLOCKS_A_VIEW ? last : at + BLOCKS_A_VIEW - 1;
        code = put_some(chain, to, at, end, &room);
        at = end + 1;
    }
    buffer_free(&room);
    return code;
}
