#include "node/state_file.h"

#include <unistd.h>

#include "codec/gzip.h"
#include "node/file.h"
#include "rpc/state_text.h"

static loft_err load_text(struct chain *chain, bytes contents)
{
    struct arena arena;
    struct buffer text = {0};
    loft_err code = LOFT_OK;
    arena_init(&arena);
    if (gzip_is(contents)) {
        code = gzip_unpack(&text, contents, STATE_TEXT_BYTES_MAX);
        contents = buffer_bytes(&text);
    }
    if (code == LOFT_OK)
        code = state_text_load(chain, &arena, contents);
    buffer_free(&text);
    arena_fini(&arena);
    return code;
}

loft_err state_file_load(struct chain *chain, const char *path,
                         bool may_be_absent)
{
    struct file file;
    if (may_be_absent && access(path, F_OK) != 0)
        return LOFT_OK;
    TRY(file_open(&file, path, STATE_TEXT_BYTES_MAX));
    loft_err code = load_text(chain, file.contents);
    file_close(&file);
    return code == LOFT_OK ? code : err_in(code, "%s", path);
}

loft_err state_file_dump(struct chain *chain, const char *path)
{
    struct arena arena;
    struct buffer text = {0};
    struct chain_view *view;
    TRY(chain_view_open(&view, chain_store(chain), chain_config(chain),
                        chain_base(chain)));
    arena_init(&arena);
    loft_err code = state_text_write(&text, view);
    chain_view_close(view);
    if (code == LOFT_OK)
        code = file_replace(path, buffer_bytes(&text), FILE_OF_ALL);
    buffer_free(&text);
    arena_fini(&arena);
    return code == LOFT_OK ? code : err_in(code, "the state is not written");
}
