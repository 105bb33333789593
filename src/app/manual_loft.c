#include <string.h>

#include "app/commands.h"
#include "app/manual.h"
#include "app/node_client.h"
#include "app/roff.h"

/* What commands that ask a node have in common is described once. */
static const struct command_option node_options[] = {NODE_OPTIONS, {0}};

static bool is_node_option(const struct command_option *option)
{
    for (const struct command_option *at = node_options; at->name; at++)
        if (strcmp(at->name, option->name) == 0 &&
            strcmp(at->help, option->help) == 0)
            return true;
    return false;
}

static void put_option(FILE *to, const struct command_option *option)
{
    fputs(".TP\n\\fB", to);
    roff_put(to, option->name);
    fputs("\\fR", to);
    if (option->argument) {
        fputs(" \\fI", to);
        roff_put(to, option->argument);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    roff_put_sentence(to, option->help);
    fputs(".\n", to);
}

static void put_command_options(FILE *to, const struct command *command)
{
    bool asks_node = false;
    for (const struct command_option *at = command->options; at && at->name;
         at++) {
        if (is_node_option(at))
            asks_node = true;
        else
            put_option(to, at);
    }
    if (asks_node)
        fputs(".PP\nAsks a node; see \\fBNODE\\fR.\n", to);
}

static void put_command(FILE *to, const struct command *command)
{
    fputs(".SS loft ", to);
    roff_put(to, command->name);
    fputc(' ', to);
    roff_put(to, command->operands);
    fputc('\n', to);
    roff_put_sentence(to, command->summary);
    fputs(".\n", to);
    if (command->help) {
        fputs(".PP\n", to);
        roff_put_lines(to, command->help);
    }
    put_command_options(to, command);
}

void manual_of_loft(FILE *to)
{
    roff_put_title(to, "loft", "ask an Ethereum node, and work without one");
    roff_put_section(
        to, "SYNOPSIS",
        ".B loft\n\\fInoun\\fR [\\fIverb\\fR] [\\fIoption\\fR ...] "
        "[\\fIoperand\\fR ...]\n");
    roff_put_section(
        to, "DESCRIPTION",
        "On a terminal, answers are tables for people; elsewhere, or with "
        "\\fB\\-\\-json\\fR, they are JSON on standard output, one object, or "
        "one a line. Progress goes to standard error. Amounts are given as "
        "1.5ether, 20gwei, or a number of wei.\n");
    roff_put_section(to, "COMMANDS", "");
    for (size_t i = 0; i < command_count; i++)
        put_command(to, commands[i]);
    roff_put_section(to, "NODE", "Options of commands that ask a node:\n");
    for (const struct command_option *at = node_options; at->name; at++)
        put_option(to, at);
    roff_put_section(
        to, "ENVIRONMENT",
        ".TP\nLOFT_RPC_URL, ETH_RPC_URL\nthe node's address\n"
        ".TP\nLOFT_RPC_TOKEN\nthe token that the node asks for\n"
        ".TP\nLOFT_PRIVATE_KEY\nthe key that loft send signs with\n"
        ".TP\nNO_COLOR\nno colours, where it is not empty\n");
    roff_put_exit_status(to);
    roff_put_section(to, "SEE ALSO", ".BR loftd (1)\n");
}
