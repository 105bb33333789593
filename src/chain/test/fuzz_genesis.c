/* A genesis file that is accepted makes a state and a block. */
#include <stdint.h>

#include "base/assert.h"
#include "chain/genesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct genesis *genesis)
{
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    struct buffer out = {0};
    struct header back;
    genesis_apply(overlay, genesis);
    (void)overlay_root(overlay);
    ASSERT(overlay_error(overlay) == LOFT_OK);
    header_encode(&out, &genesis->header);
    bytes rest = buffer_bytes(&out);
    ASSERT(header_decode(&back, &rest) == LOFT_OK);
    ASSERT(back.fields == genesis->header.fields);
    (void)chain_fork_at(&genesis->config, 0, genesis->header.timestamp, false);
    buffer_free(&out);
    overlay_free(overlay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct genesis genesis;
    arena_init(&arena);
    if (genesis_read(&arena, &genesis, bytes_of(data, len)) == LOFT_OK)
        check(&genesis);
    arena_fini(&arena);
    return 0;
}
