#include "node/import_blocks.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/rlp.h"
#include "io/loop.h"
#include "node/file.h"

#define IMPORT_BYTES_MAX ((size_t)1 << 40)
#define PROGRESS_NS 1000000000u

struct import {
    struct chain *chain;
    const char *path;
    bytes file;
    uint64_t blocks;
    uint64_t told_ns; /* when progress was last told */
};

static void tell(struct import *import, size_t left, bool always)
{
    uint64_t now = clock_monotonic_ns();
    if (!always && now - import->told_ns < PROGRESS_NS)
        return;
    import->told_ns = now;
    size_t done = import->file.len - left;
    fprintf(stderr, "import %s: %" PRIu64 " blocks, %u %%, head %" PRIu64 "\n",
            import->path, import->blocks,
            import->file.len ? (unsigned)(done * 100 / import->file.len) : 100,
            chain_head(import->chain)->number);
}

/* The genesis block is often the first of a dump: it is here already. */
static bool is_own_genesis(const struct import *import, bytes item)
{
    struct header header;
    bytes fields;
    if (import->blocks || rlp_read_list(&fields, &item) != LOFT_OK ||
        header_decode(&header, &fields) != LOFT_OK || header.number)
        return false;
    hash32 hash = header_hash(&header);
    return hash32_equal(&hash, chain_genesis_hash(import->chain));
}

static loft_err import_next(struct import *import, bytes *rest)
{
    bytes item;
    enum block_verdict verdict = BLOCK_OK;
    size_t offset = import->file.len - rest->len;
    if (rlp_read_raw(&item, rest) != LOFT_OK)
        return err_in(LOFT_ERR_FORMAT, "%s at byte %zu", import->path, offset);
    if (is_own_genesis(import, item))
        return LOFT_OK;
    TRY(chain_import(import->chain, &verdict, item));
    if (verdict != BLOCK_OK)
        return err_in(LOFT_ERR_REFUSED,
                      "%s at byte %zu: block %" PRIu64 " of the file: %s",
                      import->path, offset, import->blocks + 1,
                      block_verdict_text(verdict));
    import->blocks++;
    tell(import, rest->len, false);
    return LOFT_OK;
}

static loft_err import_all(struct import *import)
{
    bytes rest = import->file;
    while (rest.len)
        TRY(import_next(import, &rest));
    tell(import, 0, true);
    return LOFT_OK;
}

loft_err import_blocks(struct chain *chain, const char *path)
{
    struct file file;
    TRY(file_open(&file, path, IMPORT_BYTES_MAX));
    struct import import = {
        .chain = chain,
        .path = path,
        .file = file.contents,
        .told_ns = clock_monotonic_ns(),
    };
    loft_err code = import_all(&import);
    file_close(&file);
    return code;
}
