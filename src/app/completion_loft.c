#include <string.h>

#include "app/commands.h"
#include "app/completion.h"

static bool has_verb(const struct command *command)
{
    return strchr(command->name, ' ') != NULL;
}

static int noun_len(const struct command *command)
{
    return (int)strcspn(command->name, " ");
}

static const char *verb_of(const struct command *command)
{
    return command->name + noun_len(command) + has_verb(command);
}

static bool same_noun(size_t a, size_t b)
{
    int len = noun_len(commands[a]);
    return len == noun_len(commands[b]) &&
           strncmp(commands[a]->name, commands[b]->name, (size_t)len) == 0;
}

/* Is it the first one of its noun? */
static bool opens_noun(size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_noun(i, at))
            return false;
    return true;
}

/* "chain block tx ..." */
static void put_nouns(FILE *to)
{
    for (size_t i = 0; i < command_count; i++)
        if (opens_noun(i))
            fprintf(to, "%.*s ", noun_len(commands[i]), commands[i]->name);
}

static void put_verbs(FILE *to, size_t noun)
{
    for (size_t i = 0; i < command_count; i++)
        if (same_noun(i, noun) && has_verb(commands[i]))
            fprintf(to, "%s ", verb_of(commands[i]));
}

static void put_option_names(FILE *to, const struct command *command)
{
    for (const struct command_option *at = command->options; at && at->name;
         at++)
        fprintf(to, "%s ", at->name);
    fputs("--help", to);
}

/* In a case statement: one pattern a command, then one a noun. */
static void put_cases(FILE *to, const char *variable)
{
    for (size_t i = 0; i < command_count; i++) {
        fprintf(to, "    '%s '*) %s='", commands[i]->name, variable);
        put_option_names(to, commands[i]);
        fputs("' ;;\n", to);
    }
    for (size_t i = 0; i < command_count; i++) {
        if (!opens_noun(i) || !has_verb(commands[i]))
            continue;
        fprintf(to, "    '%.*s '*) %s='", noun_len(commands[i]),
                commands[i]->name, variable);
        put_verbs(to, i);
        fputs("' ;;\n", to);
    }
}

static void bash_loft(FILE *to)
{
    fputs("_loft()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
          "    case ${COMP_WORDS[COMP_CWORD-1]} in\n"
          "    --keystore|--password-file) "
          "COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
          "    esac\n"
          "    case \"${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n"
          "    ' ') words='",
          to);
    put_nouns(to);
    fputs("' ;;\n", to);
    put_cases(to, "words");
    fputs("    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
          "complete -o default -o bashdefault -F _loft loft\n",
          to);
}

static void zsh_loft(FILE *to)
{
    fputs("#compdef loft\n"
          "local typed=\"${(j: :)words[2,CURRENT-1]} \" choices=\n"
          "case $typed in\n"
          "    ' ') choices='",
          to);
    put_nouns(to);
    fputs("' ;;\n", to);
    put_cases(to, "choices");
    fputs("esac\n"
          "compadd -- ${=choices}\n"
          "[[ $PREFIX == -* || $choices == [a-z]* ]] || _files\n",
          to);
}

static void fish_nouns(FILE *to)
{
    for (size_t i = 0; i < command_count; i++) {
        if (!opens_noun(i))
            continue;
        fprintf(to, "complete -c loft -f -n __fish_use_subcommand -a %.*s",
                noun_len(commands[i]), commands[i]->name);
        if (!has_verb(commands[i])) {
            fputs(" -d '", to);
            completion_put_fish(to, commands[i]->summary);
            fputc('\'', to);
        }
        fputc('\n', to);
    }
}

static void fish_command(FILE *to, const struct command *command)
{
    char seen[160];
    int len = noun_len(command);
    if (has_verb(command)) {
        fprintf(to,
                "complete -c loft -f -n '__fish_seen_subcommand_from %.*s' "
                "-a %s -d '",
                len, command->name, verb_of(command));
        completion_put_fish(to, command->summary);
        fputs("'\n", to);
        snprintf(seen, sizeof seen,
                 "__fish_seen_subcommand_from %.*s; and "
                 "__fish_seen_subcommand_from %s",
                 len, command->name, verb_of(command));
    } else {
        snprintf(seen, sizeof seen, "__fish_seen_subcommand_from %s",
                 command->name);
    }
    for (const struct command_option *at = command->options; at && at->name;
         at++) {
        fprintf(to, "complete -c loft -n '%s' -l %s%s -d '", seen, at->name + 2,
                !at->argument                      ? ""
                : completion_is_path(at->argument) ? " -r -F"
                                                   : " -x");
        completion_put_fish(to, at->help);
        fputs("'\n", to);
    }
}

static void fish_loft(FILE *to)
{
    fish_nouns(to);
    for (size_t i = 0; i < command_count; i++)
        fish_command(to, commands[i]);
}

bool completion_of_loft(FILE *to, const char *shell)
{
    static completion_writer *const writers[3] = {bash_loft, zsh_loft,
                                                  fish_loft};
    return completion_write(to, shell, writers);
}
