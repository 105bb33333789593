#include <string.h>

#include "app/manual.h"
#include "app/roff.h"
#include "node/option_table.h"

static void put_names(FILE *to, const struct option *option)
{
    fputs("\\fB\\-\\-", to);
    roff_put(to, option->name);
    fputs("\\fR", to);
    if (*option->argument) {
        fputs(" \\fI", to);
        roff_put(to, option->argument);
        fputs("\\fR", to);
    }
    for (const char *at = option->others; *at;) {
        size_t len = strcspn(at, " ");
        fputs(len == 1 ? ", \\fB\\-" : ", \\fB\\-\\-", to);
        roff_put_bytes(to, at, len);
        fputs("\\fR", to);
        at += len + (at[len] == ' ');
    }
    fputc('\n', to);
}

static void put_option(FILE *to, const struct option *option)
{
    fputs(".TP\n", to);
    put_names(to, option);
    roff_put_sentence(to, option->help);
    fputs(".\n", to);
    if (*option->initial) {
        fputs("Default: ", to);
        roff_put(to, option->initial);
        fputs(".\n", to);
    }
}

void manual_of_loftd(FILE *to)
{
    roff_put_title(to, "loftd",
                   "an Ethereum chain and its JSON\\-RPC, in one "
                   "process");
    roff_put_section(to, "SYNOPSIS", ".B loftd\n[\\fIoption\\fR ...]\n");
    roff_put_section(
        to, "DESCRIPTION",
        "Without options, loftd makes a chain in \\(ti/.local/share/loft, or "
        "goes on with the one that is there, and answers JSON\\-RPC on "
        "http://127.0.0.1:8545. What it acknowledges is on disk. It ends "
        "after SIGINT or SIGTERM; a crash, or a SIGKILL, loses nothing that "
        "was acknowledged, and the next start needs no repair.\n");
    roff_put_section(to, "OPTIONS", "");
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].section)
            fprintf(to, ".SS %s\n", option_table[i].section);
        else
            put_option(to, &option_table[i]);
    }
    roff_put_section(
        to, "CONFIGURATION",
        "Each option may stand in a configuration file, under its name, in "
        "TOML: \\fBport = 8545\\fR, \\fBquiet = true\\fR, \\fBallow\\-host = "
        "[\\(dqnode.example\\(dq]\\fR. \\fB\\-\\-print\\-config\\fR prints "
        "such a file with all of them. The environment may have them too, "
        "\\fBLOFTD_CHAIN_ID\\fR for \\fB\\-\\-chain\\-id\\fR. The command "
        "line goes before the environment, that before the file.\n");
    roff_put_section(
        to, "FILES",
        ".TP\n\\(ti/.config/loft/loftd.toml\nthe configuration file\n"
        ".TP\n\\(ti/.local/share/loft\nthe chain\n"
        ".TP\n/etc/loft/loftd.toml, /var/lib/loft\n"
        "the same for the service loftd.service\n");
    roff_put_exit_status(to);
    roff_put_section(to, "SEE ALSO", ".BR loft (1)\n");
}
