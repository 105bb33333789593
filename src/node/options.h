#pragma once
/* The options of loftd: node/options.def is the list.
 *
 * What the command line says goes before what the environment says
 * (LOFTD_CHAIN_ID for --chain-id), that before the configuration file
 * (node/config_file.h), that before the defaults. A list is taken from one of
 * them whole.
 *
 * Lifetime  texts are borrowed from the command line, the environment, and
 *           the memory that options_fini() frees.
 * Errors    LOFT_ERR_USAGE names the option, and the line of the file.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/u256.h"

#define OPTION_LIST_MAX 32

struct option_list {
    const char *at[OPTION_LIST_MAX];
    size_t count;
};

enum option_kind {
    OPTION_FLAG,
    OPTION_NUMBER,
    OPTION_TEXT, /* "" where it is not given and has no default */
    OPTION_LIST,
    OPTION_TIME, /* milliseconds */
    OPTION_WEI,
    OPTION_CHOICE,
};

/* What is to be done instead of serving. */
enum options_action {
    OPTIONS_SERVE,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_PRINT_CONFIG,
    OPTIONS_PRINT_MAN,
    OPTIONS_PRINT_COMPLETION,
};

typedef bool option_flag;
typedef uint64_t option_number;
typedef const char *option_text;
typedef uint64_t option_time;
typedef u256 option_wei;
typedef unsigned option_choice;

struct options {
#define OPTION_TYPE_FLAG option_flag
#define OPTION_TYPE_NUMBER option_number
#define OPTION_TYPE_TEXT option_text
#define OPTION_TYPE_LIST struct option_list
#define OPTION_TYPE_TIME option_time
#define OPTION_TYPE_WEI option_wei
#define OPTION_TYPE_CHOICE option_choice
#define SECTION(title)
#define OPTION(kind, field, ...) OPTION_TYPE_##kind field;
#include "node/options.def"
#undef OPTION
#undef SECTION
    enum options_action action;
    const char *shell;       /* of PRINT_COMPLETION */
    const char *config_path; /* that was read; NULL: none */
    struct arena memory;
};

/* Defaults, configuration file, environment, command line; argv[0] is the
 * program. options_fini() in any case. */
MUST_USE loft_err options_read(struct options *out, int argc,
                               const char *const *argv);
void options_fini(struct options *options);

void options_help(FILE *to);

/* All options as they are, as a configuration file. */
void options_print(FILE *to, const struct options *options);
