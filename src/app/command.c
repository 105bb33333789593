#include "app/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/vec.h"

static void say_usage(const struct command *self)
{
    fputs("usage: loft ", stderr);
    command_print_usage(stderr, self);
    fprintf(stderr, "loft %s --help tells more\n", self->name);
}

int command_misused(const struct command *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "loft %s: ", self->name);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    say_usage(self);
    return EXIT_WRONG_USAGE;
}

int command_status(const struct command *self, loft_err code)
{
    if (code == LOFT_OK)
        return EXIT_OK;
    const char *sentence = err_sentence();
    fprintf(stderr, "loft %s: %s\n", self->name,
            *sentence ? sentence : err_text(code));
    if (code != LOFT_ERR_USAGE)
        return EXIT_REFUSED;
    say_usage(self);
    return EXIT_WRONG_USAGE;
}

void command_print_usage(FILE *to, const struct command *self)
{
    fprintf(to, "%s%s%s%s\n", self->name, self->options ? " [options]" : "",
            *self->operands ? " " : "", self->operands);
}

/* Its place in the table; -1: the command has no such option. */
static int place_of(const struct command *self, const char *name, size_t len)
{
    const struct command_option *at = self->options;
    for (int i = 0; at && at[i].name; i++) {
        ASSERT(i < COMMAND_OPTIONS_MAX);
        if (strlen(at[i].name) == len && strncmp(at[i].name, name, len) == 0)
            return i;
    }
    return -1;
}

void command_option_hint(char out[COMMAND_HINT_BYTES],
                         const struct command *self, bytes written,
                         struct spelling *spelling)
{
    for (const struct command_option *at = self->options; at && at->name; at++)
        if (spelling_is_nearer(spelling, written, bytes_str(at->name)))
            snprintf(out, COMMAND_HINT_BYTES, "; is it %s?", at->name);
}

static int unknown_option(const struct command *self, const char *word,
                          size_t len)
{
    struct spelling spelling = {SPELLING_NEAR_MAX + 1};
    char hint[COMMAND_HINT_BYTES] = "";
    command_option_hint(hint, self, bytes_of(word, len), &spelling);
    return command_misused(self, "unknown option %s%s", word, hint);
}

/* "-5" is a number, "-" standard input; "-x" and "--x" are options. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9');
}

int command_leading_options(const struct command *self, int argc, char **argv)
{
    int used = 0;
    while (used < argc && is_option(argv[used])) {
        size_t len = strcspn(argv[used], "=");
        int place = place_of(self, argv[used], len);
        if (place < 0)
            break;
        used += self->options[place].argument && !argv[used][len] ? 2 : 1;
    }
    return used < argc ? used : argc;
}

/* Takes the option and its value; *used says how many words those are. */
static bool take_option(struct command_line *line, int *used, char **words)
{
    const struct command *self = line->self;
    size_t len = strcspn(words[0], "=");
    int place = place_of(self, words[0], len);
    if (place < 0)
        return unknown_option(self, words[0], len), false;
    const char *value = words[0][len] ? words[0] + len + 1 : NULL;
    *used = 1;
    if (!self->options[place].argument) {
        if (value)
            return command_misused(self, "%.*s takes no value", (int)len,
                                   words[0]),
                   false;
        value = "";
    } else if (!value) {
        if (!words[1])
            return command_misused(self, "%s needs a value", words[0]), false;
        value = words[1];
        *used = 2;
    }
    struct command_values *values = &line->values[place];
    if (values->count == COMMAND_VALUES_MAX)
        return command_misused(self, "%s is there too many times", words[0]),
               false;
    values->at[values->count++] = value;
    return true;
}

static bool right_number(const struct command_line *line)
{
    const struct command *self = line->self;
    if (line->argc < self->least)
        return command_misused(self, "%s", "an operand is missing"), false;
    if (self->most != COMMAND_ANY_NUMBER && line->argc > self->most)
        return command_misused(self, "what is %s for?", line->argv[self->most]),
               false;
    return true;
}

bool command_line_read(struct command_line *line, const struct command *self,
                       struct arena *arena, int argc, char **argv)
{
    bool only_operands = false;
    *line = (struct command_line){.self = self, .arena = arena, .argv = argv};
    for (int i = 0, used; i < argc; i += used) {
        used = 1;
        if (only_operands || !is_option(argv[i]))
            argv[line->argc++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            only_operands = true;
        else if (!take_option(line, &used, argv + i))
            return false;
    }
    argv[line->argc] = NULL;
    return right_number(line);
}

const struct command_values *command_options(const struct command_line *line,
                                             const char *name)
{
    int place = place_of(line->self, name, strlen(name));
    ASSERT(place >= 0);
    return &line->values[place];
}

const char *command_option(const struct command_line *line, const char *name)
{
    const struct command_values *values = command_options(line, name);
    return values->count ? values->at[values->count - 1] : NULL;
}

loft_err command_read_number(u256 *out, const char *text)
{
    if (u256_read_decimal(out, bytes_str(text)))
        return LOFT_OK;
    if (strncmp(text, "0x", 2) != 0)
        return err_say(LOFT_ERR_USAGE, "%s is not a number", text);
    return hex_read_u256(out, bytes_str(text));
}

loft_err command_number(const struct command_line *line, const char *name,
                        uint64_t *value, uint64_t least, uint64_t most)
{
    const char *text = command_option(line, name);
    u256 number;
    if (!text)
        return LOFT_OK;
    loft_err code = command_read_number(&number, text);
    if (code != LOFT_OK)
        return err_in(LOFT_ERR_USAGE, "%s", name);
    if (!u256_fits_u64(number) || number.limb[0] < least ||
        number.limb[0] > most)
        return err_say(LOFT_ERR_USAGE,
                       "%s %s is not from %" PRIu64 " to %" PRIu64, name, text,
                       least, most);
    *value = number.limb[0];
    return LOFT_OK;
}

static loft_err read_stream(struct buffer *out, FILE *file, const char *path)
{
    for (;;) {
        VEC_RESERVE(out, 65536);
        size_t got = fread(out->at + out->len, 1, 65536, file);
        out->len += got;
        if (out->len > COMMAND_INPUT_BYTES_MAX)
            return err_say(LOFT_ERR_LIMIT, "%s: more than %u bytes", path,
                           COMMAND_INPUT_BYTES_MAX);
        if (got == 0)
            break;
    }
    if (ferror(file))
        return err_say(LOFT_ERR_IO, "%s: cannot be read", path);
    return LOFT_OK;
}

loft_err command_read_file(struct arena *arena, bytes *out, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (!file)
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    struct buffer content = {0};
    loft_err err = read_stream(&content, file, path);
    if (!is_stdin)
        fclose(file);
    if (err == LOFT_OK)
        *out = arena_copy(arena, buffer_bytes(&content));
    memory_wipe(content.at, content.len); /* it may be a key */
    buffer_free(&content);
    return err;
}

static bytes trimmed(bytes text)
{
    while (text.len && strchr(" \t\r\n", text.at[text.len - 1]))
        text.len--;
    while (text.len && strchr(" \t\r\n", text.at[0]))
        text = bytes_of(text.at + 1, text.len - 1);
    return text;
}

loft_err command_read_bytes(struct arena *arena, bytes *out,
                            const char *operand)
{
    if (operand[0] != '@' && strcmp(operand, "-") != 0)
        return hex_read(arena, out, bytes_str(operand));
    bytes content;
    TRY(command_read_file(arena, &content,
                          operand[0] == '@' ? operand + 1 : operand));
    if (hex_read(arena, out, trimmed(content)) != LOFT_OK)
        *out = content;
    return LOFT_OK;
}
