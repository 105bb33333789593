/* loftd: the daemon. Exit status: 0 told to stop, 1 failed, 3 usage. */
#include <stdio.h>

#include "app/completion.h"
#include "app/manual.h"
#include "node/node.h"
#include "node/options.h"

static int fail(loft_err code)
{
    const char *sentence = err_sentence();
    fprintf(stderr, "loftd: %s\n", *sentence ? sentence : err_text(code));
    return code == LOFT_ERR_USAGE ? 3 : 1;
}

static int act(const struct options *options)
{
    loft_err code = LOFT_OK;
    switch (options->action) {
    case OPTIONS_SERVE:
        code = node_run(options);
        break;
    case OPTIONS_HELP:
        options_help(stdout);
        break;
    case OPTIONS_VERSION:
        puts("loftd " LOFT_VERSION);
        break;
    case OPTIONS_PRINT_CONFIG:
        options_print(stdout, options);
        break;
    case OPTIONS_PRINT_MAN:
        manual_of_loftd(stdout);
        break;
    case OPTIONS_PRINT_COMPLETION:
        return completion_of_loftd(stdout, options->shell) ? 0 : 3;
    }
    return code == LOFT_OK ? 0 : fail(code);
}

int main(int argc, char **argv)
{
    struct options options;
    loft_err code = options_read(&options, argc, (const char *const *)argv);
    int status = code == LOFT_OK ? act(&options) : fail(code);
    options_fini(&options);
    return status;
}
