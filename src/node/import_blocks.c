#include "node/import_blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
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

static loft_err other_chain(const struct import *import, const hash32 *begins)
{
    char theirs[65] = {0}, ours[65] = {0};
    hex_write(theirs, bytes_hash(begins));
    hex_write(ours, bytes_hash(chain_genesis_hash(import->chain)));
    return err_say(LOFT_ERR_REFUSED,
                   "%s is of another chain: it begins with block 0x%s, this "
                   "one with 0x%s",
                   import->path, theirs, ours);
}

/* Of the file's first block: the genesis block is often that of a dump, and is
 * here already; block 1 names the one that it follows. */
static loft_err look_at_first(const struct import *import, bytes item,
                              bool *is_here)
{
    struct header header;
    bytes fields;
    *is_here = false;
    if (rlp_read_list(&fields, &item) != LOFT_OK ||
        header_decode(&header, &fields) != LOFT_OK || header.number > 1)
        return LOFT_OK;
    hash32 begins = header.number ? header.parent_hash : header_hash(&header);
    *is_here = header.number == 0;
    return chain_base(import->chain) ||
                   hash32_equal(&begins, chain_genesis_hash(import->chain))
               ? LOFT_OK
               : other_chain(import, &begins);
}

/* The verdict, with what is known beyond it. */
static loft_err refused(enum block_verdict verdict)
{
    const char *text = block_verdict_text(verdict);
    return strncmp(err_sentence(), text, strlen(text)) == 0
               ? LOFT_ERR_REFUSED
               : err_say(LOFT_ERR_REFUSED, "%s", text);
}

static loft_err import_next(struct import *import, bytes *rest)
{
    bytes item;
    enum block_verdict verdict = BLOCK_OK;
    size_t offset = import->file.len - rest->len;
    if (rlp_read_raw(&item, rest) != LOFT_OK)
        return err_in(LOFT_ERR_FORMAT, "%s at byte %zu", import->path, offset);
    bool is_here = false;
    if (offset == 0)
        TRY(look_at_first(import, item, &is_here));
    if (is_here)
        return LOFT_OK;
    TRY(chain_import(import->chain, &verdict, item));
    if (verdict != BLOCK_OK)
        return err_in(refused(verdict),
                      "%s at byte %zu: block %" PRIu64 " of the file",
                      import->path, offset, import->blocks + 1);
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
