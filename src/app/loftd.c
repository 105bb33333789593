/* loftd: the daemon. Exit status: 0 told to stop, 1 failed, 3 usage. */
#include <stdio.h>

#include "node/node.h"
#include "node/options.h"

static int fail(loft_err code)
{
    const char *sentence = err_sentence();
    fprintf(stderr, "loftd: %s\n", *sentence ? sentence : err_text(code));
    return code == LOFT_ERR_USAGE ? 3 : 1;
}

int main(int argc, char **argv)
{
    struct options options;
    loft_err code = options_read(&options, argc, (const char *const *)argv);
    if (code != LOFT_OK)
        return fail(code);
    if (options.help) {
        options_help(stdout);
        return 0;
    }
    if (options.version) {
        puts("loftd " LOFT_VERSION);
        return 0;
    }
    code = node_run(&options);
    return code == LOFT_OK ? 0 : fail(code);
}
