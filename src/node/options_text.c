/* The options as text: --help, and a configuration file. */
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "node/option_table.h"

#define HELP_COLUMNS 79
#define HELP_INDENT 8

static void print_wrapped(FILE *to, const char *text, const char *indent)
{
    size_t column = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column && column + 1 + len > HELP_COLUMNS - HELP_INDENT) {
            fputc('\n', to);
            column = 0;
        }
        fputs(column ? " " : indent, to);
        fwrite(text, 1, len, to);
        column += len + (column > 0);
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void print_option(FILE *to, const struct option *option)
{
    fprintf(to, "  --%s%s%s", option->name, *option->argument ? " " : "",
            option->argument);
    for (const char *at = option->others; *at;) {
        size_t len = strcspn(at, " ");
        fprintf(to, ", %s%.*s", len == 1 ? "-" : "--", (int)len, at);
        at += len + (at[len] == ' ');
    }
    if (*option->initial)
        fprintf(to, "%s[%s]",
                strlen(option->initial) > 40 ? "\n        " : "  ",
                option->initial);
    fputc('\n', to);
    print_wrapped(to, option->help, "        ");
}

void options_help(FILE *to)
{
    fputs("loftd: an Ethereum chain and its JSON-RPC, in one process\n\n"
          "usage: loftd [options]\n",
          to);
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].section)
            fprintf(to, "\n%s:\n", option_table[i].section);
        else
            print_option(to, &option_table[i]);
    }
    fputs("\nOther:\n"
          "  --print-config            these options as a configuration file\n"
          "  --print-man               the manual page\n"
          "  --print-completion SHELL  for bash, zsh or fish\n"
          "  --help, -h\n"
          "  --version, -V\n",
          to);
}

static void print_string(FILE *to, bytes text)
{
    fputc('"', to);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.at[i];
        if (byte == '"' || byte == '\\')
            fprintf(to, "\\%c", byte);
        else if (byte < ' ' || byte == 0x7f)
            fprintf(to, "\\u%04x", byte);
        else
            fputc(byte, to);
    }
    fputc('"', to);
}

static void print_flag(FILE *to, const struct option *option, const void *at)
{
    (void)option;
    fputs(*(const option_flag *)at ? "true" : "false", to);
}

static void print_number(FILE *to, const struct option *option, const void *at)
{
    (void)option;
    fprintf(to, "%" PRIu64, *(const option_number *)at);
}

static void print_text(FILE *to, const struct option *option, const void *at)
{
    (void)option;
    print_string(to, bytes_str(*(const option_text *)at));
}

static void print_list(FILE *to, const struct option *option, const void *at)
{
    const struct option_list *list = at;
    (void)option;
    fputc('[', to);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i ? ", " : "", to);
        print_string(to, bytes_str(list->at[i]));
    }
    fputc(']', to);
}

static void print_time(FILE *to, const struct option *option, const void *at)
{
    uint64_t ms = *(const option_time *)at;
    (void)option;
    fprintf(to, "%" PRIu64, ms / 1000);
    if (ms % 1000)
        fprintf(to, ".%03" PRIu64, ms % 1000);
}

/* More than TOML's 64 bits: a string. */
static void print_wei(FILE *to, const struct option *option, const void *at)
{
    char digits[U256_DECIMAL_MAX];
    (void)option;
    size_t len = u256_decimal(digits, *(const option_wei *)at);
    print_string(to, bytes_of(digits, len));
}

static void print_choice(FILE *to, const struct option *option, const void *at)
{
    const char *rest = option->argument;
    bytes word;
    for (unsigned i = 0; option_next_word(&word, &rest); i++)
        if (i == *(const option_choice *)at)
            print_string(to, word);
}

void options_print(FILE *to, const struct options *options)
{
    static void (*const printers[])(FILE *, const struct option *,
                                    const void *) = {
        [OPTION_FLAG] = print_flag,     [OPTION_NUMBER] = print_number,
        [OPTION_TEXT] = print_text,     [OPTION_LIST] = print_list,
        [OPTION_TIME] = print_time,     [OPTION_WEI] = print_wei,
        [OPTION_CHOICE] = print_choice,
    };
    fputs("# Options of loftd, as it would run with them now.\n", to);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (option->section) {
            fprintf(to, "\n# %s\n", option->section);
            continue;
        }
        if (strcmp(option->name, "config") == 0)
            continue; /* a file does not name another */
        fputc('\n', to);
        print_wrapped(to, option->help, "# ");
        fprintf(to, "%s = ", option->name);
        printers[option->kind](to, option,
                               (const char *)options + option->offset);
        fputc('\n', to);
    }
}
