/* The command line: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/commands.h"
#include "app/completion.h"
#include "app/manual.h"
#include "base/spelling.h"

#define OPTION_COLUMN 26

static int print_help(FILE *out)
{
    fprintf(out, "usage: loft <command> [arguments]\n\n");
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-16s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\nOptions stand before or after the command.\n"
                 "loft <command> --help tells more. Exit status: 0 ok, "
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

/* Whether the words are options of the command, its name, and all that
 * follows; the name is then taken out. *words is what is left. */
static bool fits(const struct command *command, int argc, char **argv,
                 int *words)
{
    int before = command_leading_options(command, argc, argv);
    int name = words_matched(command, argc - before, argv + before);
    if (!name)
        return false;
    /* Up to the end of argv, which is a NULL. */
    memmove(argv + before, argv + before + name,
            (size_t)(argc - before - name + 1) * sizeof *argv);
    *words = argc - name;
    return true;
}

/* What may have been meant by a word, or by two. */
static const struct command *near_command(int argc, char **argv)
{
    const struct command *nearest = NULL;
    struct spelling spelling = {SPELLING_NEAR_MAX + 1};
    char two[2 * SPELLING_LEN_MAX];
    snprintf(two, sizeof two, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (size_t i = 0; i < command_count; i++) {
        bool is_one = strchr(commands[i]->name, ' ') == NULL;
        if (spelling_is_nearer(&spelling, bytes_str(is_one ? argv[0] : two),
                               bytes_str(commands[i]->name)))
            nearest = commands[i];
    }
    return nearest;
}

/* An option stands where a command is due: it is none, or none follows. */
static int no_command_after(const char *word)
{
    struct spelling spelling = {SPELLING_NEAR_MAX + 1};
    char hint[COMMAND_HINT_BYTES] = "";
    size_t len = strcspn(word, "=");
    for (size_t i = 0; i < command_count; i++)
        command_option_hint(hint, commands[i], bytes_of(word, len), &spelling);
    if (spelling.least == 0)
        fprintf(stderr, "loft: no command follows %.*s that has it\n", (int)len,
                word);
    else
        fprintf(stderr, "loft: unknown option %.*s%s\n", (int)len, word, hint);
    fputs("loft --help lists the commands\n", stderr);
    return EXIT_WRONG_USAGE;
}

static int no_command(int argc, char **argv)
{
    if (argv[0][0] == '-')
        return no_command_after(argv[0]);
    if (argc < 2 && is_noun(argv[0]))
        return print_verbs(argv[0]);
    const struct command *near = near_command(argc, argv);
    if (near) {
        bool is_one = strchr(near->name, ' ') == NULL || argc < 2;
        fprintf(stderr, "loft: no command %s%s%s; is it %s?\n", argv[0],
                is_one ? "" : " ", is_one ? "" : argv[1], near->name);
        return EXIT_WRONG_USAGE;
    }
    if (is_noun(argv[0]))
        return print_verbs(argv[0]);
    fprintf(stderr, "loft: no command %s\n\n", argv[0]);
    return print_help(stderr);
}

static int run_named(int argc, char **argv)
{
    int words;
    for (size_t i = 0; i < command_count; i++)
        if (fits(commands[i], argc, argv, &words))
            return run_command(commands[i], words, argv);
    return no_command(argc, argv);
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
