#include <string.h>

#include "app/completion.h"
#include "node/option_table.h"

/* Text inside single quotes, in a description of zsh. */
static void put_quoted(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", to);
        else if (strchr("[]:\\", *text))
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
    }
}

static void put_words(FILE *to, const char *words)
{
    for (; *words; words++)
        fputc(*words == '|' ? ' ' : *words, to);
}

#define ACTIONS "--help --version --print-config --print-man --print-completion"

static void bash_loftd(FILE *to)
{
    fputs("_loftd()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]}\n"
          "    case ${COMP_WORDS[COMP_CWORD-1]} in\n",
          to);
    FOR_EACH_OPTION (option) {
        if (option->kind == OPTION_FLAG)
            continue;
        fprintf(to, "    --%s) COMPREPLY=(", option->name);
        if (option->kind == OPTION_CHOICE) {
            fputs("$(compgen -W '", to);
            put_words(to, option->argument);
            fputs("' -- \"$word\")", to);
        } else if (completion_is_path(option->argument)) {
            fputs("$(compgen -f -- \"$word\")", to);
        }
        fputs("); return ;;\n", to);
    }
    fputs("    esac\n"
          "    COMPREPLY=($(compgen -W '",
          to);
    FOR_EACH_OPTION (option)
        fprintf(to, "--%s ", option->name);
    fputs(ACTIONS "' -- \"$word\"))\n}\n"
                  "complete -o filenames -F _loftd loftd\n",
          to);
}

static void zsh_loftd(FILE *to)
{
    fputs("#compdef loftd\n_arguments \\\n", to);
    FOR_EACH_OPTION (option) {
        fprintf(to, "  '%s--%s[", option->kind == OPTION_LIST ? "*" : "",
                option->name);
        put_quoted(to, option->help);
        fputc(']', to);
        if (option->kind == OPTION_CHOICE) {
            fputs(":word:(", to);
            put_words(to, option->argument);
            fputc(')', to);
        } else if (*option->argument) {
            fprintf(to, ":%s:%s", option->argument,
                    completion_is_path(option->argument) ? "_files" : "");
        }
        fputs("' \\\n", to);
    }
    fputs("  '--print-config[options as a configuration file]' \\\n"
          "  '--print-man[the manual page]' \\\n"
          "  '--print-completion[completion]:shell:(bash zsh fish)' \\\n"
          "  '--help[help]' \\\n"
          "  '--version[version]'\n",
          to);
}

static void fish_loftd(FILE *to)
{
    fputs("complete -c loftd -f\n", to);
    FOR_EACH_OPTION (option) {
        fprintf(to, "complete -c loftd -l %s", option->name);
        if (option->kind == OPTION_CHOICE) {
            fputs(" -x -a '", to);
            put_words(to, option->argument);
            fputc('\'', to);
        } else if (*option->argument) {
            fputs(completion_is_path(option->argument) ? " -r -F" : " -x", to);
        }
        fputs(" -d '", to);
        completion_put_fish(to, option->help);
        fputs("'\n", to);
    }
    fputs("complete -c loftd -l print-config -d 'options as a file'\n"
          "complete -c loftd -l print-man -d 'the manual page'\n"
          "complete -c loftd -l print-completion -x -a 'bash zsh fish'\n"
          "complete -c loftd -l help -d help\n"
          "complete -c loftd -l version -d version\n",
          to);
}

bool completion_of_loftd(FILE *to, const char *shell)
{
    static completion_writer *const writers[3] = {bash_loftd, zsh_loftd,
                                                  fish_loftd};
    return completion_write(to, shell, writers);
}
