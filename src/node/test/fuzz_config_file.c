/* Configuration files: whatever the text, it is read or refused with a
 * sentence. */
#include "base/assert.h"
#include "node/config_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static loft_err set(void *context, const struct option *option,
                    const char *text)
{
    return option_read(context, option, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct options options = {0};
    arena_init(&arena);
    loft_err code = config_text_read(&arena, bytes_of(data, len), "text", set,
                                     &options);
    ASSERT(code == LOFT_OK || *err_sentence());
    arena_fini(&arena);
    return 0;
}
