/* A file of peers that somebody else wrote: what is read of it survives being
 * written and read again. */
#include "p2p/peer_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct peer_store *opened(const char *path)
{
    struct peer_store *store;
    loft_err code = peer_store_open(&store, path);
    ASSERT(code == LOFT_OK);
    return store;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    log_set(LOG_ERROR, false);
    if (!*path)
        snprintf(path, sizeof path, "/tmp/fuzz-peer-store-%d", getpid());
    FILE *file = fopen(path, "w");
    ASSERT(file && fwrite(data, 1, size, file) == size);
    ASSERT(fclose(file) == 0);
    struct peer_store *first = opened(path);
    size_t count = peer_store_count(first);
    struct peer_id id = {.len = 2};
    peer_store_saw(first, &id, BYTES_EMPTY, 1);
    peer_store_forget(first, &id);
    ASSERT(peer_store_save(first) == LOFT_OK);
    struct peer_store *second = opened(path);
    ASSERT(peer_store_count(second) == count || count >= PEER_STORE_PEERS_MAX);
    peer_store_close(first);
    peer_store_close(second);
    unlink(path);
    return 0;
}
