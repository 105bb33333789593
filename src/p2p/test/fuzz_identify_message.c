/* Bytes of a stranger as identify messages: what is read is put and read again
 * as the same. */
#include "p2p/identify_message.h"

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, const struct identify_message *one)
{
    struct identify_message again;
    struct buffer wire = {0};
    identify_put(&wire, one);
    /* Merged into one, it may be longer than a sender's may be. */
    if (wire.len <= IDENTIFY_BYTES_MAX) {
        ASSERT(identify_read(arena, &again, buffer_bytes(&wire)) == LOFT_OK);
        ASSERT(bytes_equal(one->agent_version, again.agent_version));
        ASSERT(one->protocols.len == again.protocols.len);
        ASSERT(one->listen_addrs.len == again.listen_addrs.len);
    }
    buffer_free(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct identify_message one;
    struct arena arena;
    arena_init(&arena);
    if (identify_read(&arena, &one, bytes_of(data, size)) == LOFT_OK)
        check(&arena, &one);
    arena_fini(&arena);
    return 0;
}
