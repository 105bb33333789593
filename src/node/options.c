#include "node/options.h"

#include <stddef.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

#define HELP_COLUMNS 79
#define HELP_INDENT 8

struct option {
    enum option_kind kind;
    size_t offset; /* in struct options */
    const char *name, *others, *initial, *argument;
    uint64_t least, most;
    const char *help;
    const char *section; /* not NULL: a title, and nothing else */
};

static const struct option table[] = {
#define SECTION(title) {.section = title},
#define OPTION(option_kind, field, option_name, other_names, default_text, \
               argument_name, least_value, most_value, help_text)          \
    {.kind = OPTION_##option_kind,                                         \
     .offset = offsetof(struct options, field),                            \
     .name = option_name,                                                  \
     .others = other_names,                                                \
     .initial = default_text,                                              \
     .argument = argument_name,                                            \
     .least = least_value,                                                 \
     .most = most_value,                                                   \
     .help = help_text},
#include "node/options.def"
#undef OPTION
#undef SECTION
};

#define FOR_EACH_OPTION(option)                       \
    for (const struct option *option = table;         \
         option < table + ARRAY_LEN(table); option++) \
        if (!option->section)

static loft_err wrong(const struct option *option, const char *text,
                      const char *wanted)
{
    return err_say(LOFT_ERR_USAGE, "--%s %s: %s", option->name, text, wanted);
}

static bool read_digits(uint64_t *out, bytes text)
{
    u256 value;
    if (!u256_read_decimal(&value, text) || !u256_fits_u64(value))
        return false;
    *out = value.limb[0];
    return true;
}

static loft_err within(const struct option *option, const char *text,
                       uint64_t value)
{
    if (value >= option->least && value <= option->most)
        return LOFT_OK;
    return err_say(LOFT_ERR_USAGE, "--%s %s: not within %llu and %llu%s",
                   option->name, text, (unsigned long long)option->least,
                   (unsigned long long)option->most,
                   option->kind == OPTION_TIME ? " milliseconds" : "");
}

static loft_err read_flag(void *at, const struct option *option,
                          const char *text)
{
    (void)option;
    *(option_flag *)at = *text != 0;
    return LOFT_OK;
}

static loft_err read_number(void *at, const struct option *option,
                            const char *text)
{
    uint64_t value;
    if (!read_digits(&value, bytes_str(text)))
        return wrong(option, text, "not a number");
    TRY(within(option, text, value));
    *(option_number *)at = value;
    return LOFT_OK;
}

static loft_err read_text(void *at, const struct option *option,
                          const char *text)
{
    (void)option;
    *(option_text *)at = text;
    return LOFT_OK;
}

static loft_err read_list(void *at, const struct option *option,
                          const char *text)
{
    struct option_list *list = at;
    if (!*text)
        return LOFT_OK;
    if (list->count == OPTION_LIST_MAX)
        return wrong(option, text, "given too many times");
    list->at[list->count++] = text;
    return LOFT_OK;
}

/* "2", "0.25": up to three digits after the point. */
static loft_err read_time(void *at, const struct option *option,
                          const char *text)
{
    size_t whole_len = strcspn(text, ".");
    const char *part = text + whole_len + (text[whole_len] == '.');
    uint64_t whole, rest = 0;
    size_t part_len = strlen(part);
    if (!read_digits(&whole, bytes_of(text, whole_len)) || whole > UINT32_MAX ||
        part_len > 3 || (text[whole_len] && part_len == 0) ||
        (part_len && !read_digits(&rest, bytes_of(part, part_len))))
        return wrong(option, text, "not a number of seconds like 2 or 0.25");
    for (size_t i = part_len; i < 3; i++)
        rest *= 10;
    TRY(within(option, text, whole * 1000 + rest));
    *(option_time *)at = whole * 1000 + rest;
    return LOFT_OK;
}

static loft_err read_wei(void *at, const struct option *option,
                         const char *text)
{
    if (!u256_read_decimal(at, bytes_str(text)))
        return wrong(option, text, "not a decimal number of wei");
    return LOFT_OK;
}

static loft_err read_choice(void *at, const struct option *option,
                            const char *text)
{
    unsigned position = 0;
    for (const char *word = option->argument;; position++) {
        size_t len = strcspn(word, "|");
        if (strlen(text) == len && memcmp(word, text, len) == 0) {
            *(option_choice *)at = position;
            return LOFT_OK;
        }
        if (!word[len])
            return err_say(LOFT_ERR_USAGE, "--%s %s: not one of %s",
                           option->name, text, option->argument);
        word += len + 1;
    }
}

static loft_err read_value(struct options *out, const struct option *option,
                           const char *text)
{
    static loft_err (*const readers[])(void *, const struct option *,
                                       const char *) = {
        [OPTION_FLAG] = read_flag,     [OPTION_NUMBER] = read_number,
        [OPTION_TEXT] = read_text,     [OPTION_LIST] = read_list,
        [OPTION_TIME] = read_time,     [OPTION_WEI] = read_wei,
        [OPTION_CHOICE] = read_choice,
    };
    return readers[option->kind]((char *)out + option->offset, option, text);
}

/* True for the option's name, or one of its others. */
static bool answers_to(const struct option *option, bytes name)
{
    if (bytes_equal(bytes_str(option->name), name))
        return true;
    for (const char *at = option->others; *at;) {
        size_t len = strcspn(at, " ");
        if (bytes_equal(bytes_of(at, len), name))
            return true;
        at += len + (at[len] == ' ');
    }
    return false;
}

/* "--name" and "-n": one letter has one dash. */
static const struct option *find(const char *argument, size_t len)
{
    size_t dashes = strspn(argument, "-");
    if (dashes < 1 || dashes > 2 || len <= dashes ||
        (len - dashes == 1) != (dashes == 1))
        return NULL;
    FOR_EACH_OPTION(option)
    {
        if (answers_to(option, bytes_of(argument + dashes, len - dashes)))
            return option;
    }
    return NULL;
}

static bool is(const char *argument, const char *name, const char *letter)
{
    return strcmp(argument, name) == 0 || strcmp(argument, letter) == 0;
}

/* Reads one option and its value; *used says how many arguments it took. */
static loft_err read_argument(struct options *out, int *used,
                              const char *argument, const char *next)
{
    size_t len = strcspn(argument, "=");
    const struct option *option = find(argument, len);
    const char *value = argument[len] ? argument + len + 1 : NULL;
    *used = 1;
    if (!option)
        return err_say(LOFT_ERR_USAGE, "unknown option %s; see --help",
                       argument);
    if (option->kind == OPTION_FLAG) {
        if (value)
            return err_say(LOFT_ERR_USAGE, "--%s takes no value", option->name);
        value = "yes";
    } else if (!value) {
        if (!next)
            return err_say(LOFT_ERR_USAGE, "--%s wants a value: %s",
                           option->name, option->argument);
        value = next;
        *used = 2;
    }
    return read_value(out, option, value);
}

loft_err options_read(struct options *out, int argc, const char *const *argv)
{
    *out = (struct options){0};
    FOR_EACH_OPTION(option)
    TRY(read_value(out, option, option->initial));
    for (int i = 1, used; i < argc; i += used) {
        used = 1;
        if (is(argv[i], "--help", "-h"))
            out->help = true;
        else if (is(argv[i], "--version", "-V"))
            out->version = true;
        else
            TRY(read_argument(out, &used, argv[i], argv[i + 1]));
    }
    return LOFT_OK;
}

static void print_wrapped(FILE *to, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column && column + 1 + len > HELP_COLUMNS - HELP_INDENT) {
            fputc('\n', to);
            column = 0;
        }
        fprintf(to, "%*s", column ? 1 : HELP_INDENT, "");
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
    print_wrapped(to, option->help);
}

void options_help(FILE *to)
{
    fputs("loftd: an Ethereum chain and its JSON-RPC, in one process\n\n"
          "usage: loftd [options]\n",
          to);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (table[i].section)
            fprintf(to, "\n%s:\n", table[i].section);
        else
            print_option(to, &table[i]);
    }
    fputs("\n  --help, -h\n  --version, -V\n", to);
}
