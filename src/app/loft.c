/* The command line: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/commands.h"
#include "app/completion.h"
#include "app/manual.h"

#define OPTION_COLUMN 26

static int print_help(FILE *out)
{
    fprintf(out, "usage: loft <command> [arguments]\n\n");
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-16s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\nloft <command> --help tells more. Exit status: 0 ok, "
                 "1 refused, 2 cannot reach\nthe node, 3 usage, 4 time-out.\n");
    return out == stdout ? EXIT_OK : EXIT_WRONG_USAGE;
}

static void print_option(const struct command_option *option)
{
    int width = printf("  %s%s%s", option->name, option->argument ? " " : "",
                       option->argument ? option->argument : "");
    printf("%*s%s\n", width < OPTION_COLUMN ? OPTION_COLUMN - width : 1, "",
           option->help);
}

static int print_command_help(const struct command *command)
{
    fputs("usage: loft ", stdout);
    command_print_usage(stdout, command);
    printf("\n%s\n", command->summary);
    if (command->help)
        printf("\n%s", command->help);
    if (command->options)
        putchar('\n');
    for (const struct command_option *at = command->options; at && at->name;
         at++)
        print_option(at);
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

static bool any_asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (asks_for_help(argv[i]))
            return true;
    return false;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct arena arena;
    struct command_line line;
    int status = EXIT_WRONG_USAGE;
    arena_init(&arena);
    if (any_asks_for_help(argc, argv))
        status = print_command_help(command);
    else if (command_line_read(&line, command, &arena, argc, argv))
        status = command->run(&line);
    arena_fini(&arena);
    return status;
}

/* The commands that begin with this word, for whoever gave it alone. */
static int print_verbs(const char *noun)
{
    size_t len = strlen(noun);
    fprintf(stderr, "loft: %s what?\n\n", noun);
    for (size_t i = 0; i < command_count; i++)
        if (strncmp(commands[i]->name, noun, len) == 0 &&
            commands[i]->name[len] == ' ')
            fprintf(stderr, "  %-16s %s\n", commands[i]->name,
                    commands[i]->summary);
    return EXIT_WRONG_USAGE;
}

static bool is_noun(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < command_count; i++)
        if (strncmp(commands[i]->name, word, len) == 0 &&
            commands[i]->name[len] == ' ')
            return true;
    return false;
}

static int run_named(int argc, char **argv)
{
    for (size_t i = 0; i < command_count; i++) {
        int words = words_matched(commands[i], argc, argv);
        if (words)
            return run_command(commands[i], argc - words, argv + words);
    }
    if (is_noun(argv[0]))
        return print_verbs(argv[0]);
    fprintf(stderr, "loft: no command %s\n\n", argv[0]);
    return print_help(stderr);
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
    if (strcmp(argv[0], "--print-man") == 0)
        return manual_of_loft(stdout), EXIT_OK;
    if (strcmp(argv[0], "--print-completion") == 0)
        return completion_of_loft(stdout, argv[1]) ? EXIT_OK : EXIT_WRONG_USAGE;
    return run_named(argc, argv);
}
