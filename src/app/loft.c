/* The command line: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/commands.h"
#include "base/attributes.h"

static const struct command *const commands[] = {
#define X(name) &command_##name,
    LOFT_COMMANDS(X)
#undef X
};

static int print_help(FILE *out)
{
    fprintf(out, "usage: loft <command> [arguments]\n\n");
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-16s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\nloft <command> --help tells more. Exit status: 0 ok, "
                 "1 refused, 2 cannot reach\nthe node, 3 usage, 4 time-out.\n");
    return out == stdout ? EXIT_OK : EXIT_WRONG_USAGE;
}

static int print_command_help(const struct command *command)
{
    printf("usage: loft %s %s\n\n%s\n", command->name, command->usage,
           command->summary);
    if (command->help)
        printf("\n%s", command->help);
    return EXIT_OK;
}

/* How many words of argv the command's name takes; 0: it is another one. */
static int words_matched(const struct command *command, int argc, char **argv)
{
    const char *name = command->name;
    int words = 0;
    while (words < argc) {
        size_t len = strcspn(name, " ");
        if (strlen(argv[words]) != len || strncmp(name, argv[words], len) != 0)
            return 0;
        words++;
        if (name[len] == 0)
            return words;
        name += len + 1;
    }
    return 0;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv)
{
    argc--;
    argv++;
    if (argc == 0)
        return print_help(stderr);
    if (asks_for_help(argv[0]) || strcmp(argv[0], "help") == 0)
        return print_help(stdout);
    if (strcmp(argv[0], "--version") == 0)
        return printf("loft %s\n", LOFT_VERSION) > 0 ? EXIT_OK : EXIT_REFUSED;
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        int words = words_matched(commands[i], argc, argv);
        if (words == 0)
            continue;
        if (words < argc && asks_for_help(argv[words]))
            return print_command_help(commands[i]);
        return commands[i]->run(commands[i], argc - words, argv + words);
    }
    fprintf(stderr, "loft: no command %s\n\n", argv[0]);
    return print_help(stderr);
}
