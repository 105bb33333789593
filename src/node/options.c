#include "node/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "node/config_file.h"
#include "node/option_table.h"

const struct option option_table[] = {
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

const size_t option_count = ARRAY_LEN(option_table);

static loft_err wrong(const char *text, const char *wanted)
{
    return err_say(LOFT_ERR_USAGE, "%.200s: %s", text, wanted);
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
    return err_say(LOFT_ERR_USAGE, "%.200s: not within %llu and %llu%s", text,
                   (unsigned long long)option->least,
                   (unsigned long long)option->most,
                   option->kind == OPTION_TIME ? " milliseconds" : "");
}

static loft_err read_flag(void *at, const struct option *option,
                          const char *text)
{
    (void)option;
    *(option_flag *)at = strcmp(text, "true") == 0;
    return *(option_flag *)at || strcmp(text, "false") == 0 || !*text
               ? LOFT_OK
               : wrong(text, "neither true nor false");
}

static loft_err read_number(void *at, const struct option *option,
                            const char *text)
{
    uint64_t value;
    if (!read_digits(&value, bytes_str(text)))
        return wrong(text, "not a number");
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
    (void)option;
    if (!*text)
        return LOFT_OK;
    if (list->count == OPTION_LIST_MAX)
        return wrong(text, "given too many times");
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
        return wrong(text, "not a number of seconds like 2 or 0.25");
    for (size_t i = part_len; i < 3; i++)
        rest *= 10;
    TRY(within(option, text, whole * 1000 + rest));
    *(option_time *)at = whole * 1000 + rest;
    return LOFT_OK;
}

static loft_err read_wei(void *at, const struct option *option,
                         const char *text)
{
    (void)option;
    if (!u256_read_decimal(at, bytes_str(text)))
        return wrong(text, "not a decimal number of wei");
    return LOFT_OK;
}

bool option_next_word(bytes *word, const char **rest)
{
    if (!*rest)
        return false;
    size_t len = strcspn(*rest, "|");
    *word = bytes_of(*rest, len);
    *rest = (*rest)[len] ? *rest + len + 1 : NULL;
    return true;
}

static loft_err read_choice(void *at, const struct option *option,
                            const char *text)
{
    const char *rest = option->argument;
    bytes word;
    for (unsigned position = 0; option_next_word(&word, &rest); position++) {
        if (!bytes_equal(word, bytes_str(text)))
            continue;
        *(option_choice *)at = position;
        return LOFT_OK;
    }
    return err_say(LOFT_ERR_USAGE, "%.200s: not one of %s", text,
                   option->argument);
}

loft_err option_read(struct options *out, const struct option *option,
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

/* Where options come from, the later ones going before the earlier. */
enum source { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_COMMAND_LINE };

struct reader {
    struct options *out;
    enum source source[ARRAY_LEN(option_table)];
};

static loft_err set(struct reader *reader, const struct option *option,
                    const char *text, enum source source)
{
    enum source *last = &reader->source[option - option_table];
    if (option->kind == OPTION_LIST && *last != source)
        *(struct option_list *)((char *)reader->out +
                                option->offset) = (struct option_list){0};
    *last = source;
    return option_read(reader->out, option, text);
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

const struct option *option_find(bytes name)
{
    FOR_EACH_OPTION (option)
        if (answers_to(option, name))
            return option;
    return NULL;
}

/* "--name" and "-n": one letter has one dash. */
static const struct option *find(const char *argument, size_t len)
{
    size_t dashes = strspn(argument, "-");
    if (dashes < 1 || dashes > 2 || len <= dashes ||
        (len - dashes == 1) != (dashes == 1))
        return NULL;
    return option_find(bytes_of(argument + dashes, len - dashes));
}

static loft_err unknown(const char *argument)
{
    size_t dashes = strspn(argument, "-");
    const struct option *near = option_nearest(
        bytes_of(argument + dashes, strcspn(argument + dashes, "=")));
    if (near && dashes)
        return err_say(LOFT_ERR_USAGE,
                       "unknown option %.200s; is it --%s? see --help",
                       argument, near->name);
    return err_say(LOFT_ERR_USAGE, "unknown option %.200s; see --help",
                   argument);
}

/* Reads one option and its value; *used says how many arguments it took. */
static loft_err read_argument(struct reader *reader, int *used,
                              const char *argument, const char *next)
{
    size_t len = strcspn(argument, "=");
    const struct option *option = find(argument, len);
    const char *value = argument[len] ? argument + len + 1 : NULL;
    *used = 1;
    if (!option)
        return unknown(argument);
    if (option->kind == OPTION_FLAG && !value) {
        value = "true";
    } else if (!value) {
        if (!next)
            return err_say(LOFT_ERR_USAGE, "--%s wants a value: %s",
                           option->name, option->argument);
        value = next;
        *used = 2;
    }
    loft_err code = set(reader, option, value, FROM_COMMAND_LINE);
    return code == LOFT_OK ? code : err_in(code, "--%s", option->name);
}

/* What is asked for instead of serving; false: it is no such word. */
static bool read_action(struct options *out, int *used, const char *argument,
                        const char *next)
{
    static const struct {
        const char *name, *letter;
        enum options_action action;
    } actions[] = {
        {"--help", "-h", OPTIONS_HELP},
        {"--version", "-V", OPTIONS_VERSION},
        {"--print-config", "", OPTIONS_PRINT_CONFIG},
        {"--print-man", "", OPTIONS_PRINT_MAN},
        {"--print-completion", "", OPTIONS_PRINT_COMPLETION},
    };
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (strcmp(argument, actions[i].name) != 0 &&
            strcmp(argument, actions[i].letter) != 0)
            continue;
        out->action = actions[i].action;
        *used = 1;
        if (out->action == OPTIONS_PRINT_COMPLETION && next) {
            out->shell = next;
            *used = 2;
        }
        return true;
    }
    return false;
}

static loft_err read_arguments(struct reader *reader, int argc,
                               const char *const *argv)
{
    for (int i = 1, used; i < argc; i += used)
        if (!read_action(reader->out, &used, argv[i], argv[i + 1]))
            TRY(read_argument(reader, &used, argv[i], argv[i + 1]));
    return LOFT_OK;
}

/* "LOFTD_CHAIN_ID" for chain-id. */
static const char *variable_of(char *room, size_t size, const char *name)
{
    size_t used = (size_t)snprintf(room, size, "LOFTD_%s", name);
    ASSERT(used < size);
    for (char *at = room; *at; at++)
        if (*at == '-')
            *at = '_';
        else if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    return room;
}

static loft_err read_environment(struct reader *reader)
{
    char name[64];
    FOR_EACH_OPTION (option) {
        const char *text = getenv(variable_of(name, sizeof name, option->name));
        if (!text)
            continue;
        loft_err code = set(reader, option, text, FROM_ENVIRONMENT);
        if (code != LOFT_OK)
            return err_in(code, "%s", name);
    }
    return LOFT_OK;
}

static loft_err set_from_file(void *context, const struct option *option,
                              const char *text)
{
    return set(context, option, text, FROM_FILE);
}

/* The file comes before what may name it: so that is looked for first. */
static loft_err read_file(struct reader *reader, int argc,
                          const char *const *argv)
{
    struct options *out = reader->out;
    struct options named = *out;
    struct reader first = {.out = &named};
    TRY(read_environment(&first));
    TRY(read_arguments(&first, argc, argv));
    const char *path = named.config;
    bool is_asked_for = *path;
    if (!is_asked_for)
        path = config_file_default(&out->memory);
    loft_err code = path ? config_file_read(&out->memory, path, set_from_file,
                                            reader)
                         : LOFT_OK;
    if (code == LOFT_ERR_NOT_FOUND && !is_asked_for)
        return LOFT_OK;
    if (path && code == LOFT_OK)
        out->config_path = path;
    return code == LOFT_ERR_NOT_FOUND
               ? err_say(LOFT_ERR_USAGE, "--config %.200s: no such file", path)
               : code;
}

loft_err options_read(struct options *out, int argc, const char *const *argv)
{
    struct reader reader = {.out = out};
    *out = (struct options){0};
    arena_init(&out->memory);
    FOR_EACH_OPTION (option)
        TRY(option_read(out, option, option->initial));
    TRY(read_file(&reader, argc, argv));
    TRY(read_environment(&reader));
    return read_arguments(&reader, argc, argv);
}

void options_fini(struct options *options)
{
    arena_fini(&options->memory);
}
