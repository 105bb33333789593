#include "app/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "base/vec.h"

int command_misused(const struct command *self, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "loft %s: ", self->name);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nusage: loft %s %s\n", self->name, self->usage);
    return EXIT_WRONG_USAGE;
}

int command_failed(const char *what)
{
    fprintf(stderr, "loft: %s: %s\n", what, err_sentence());
    return EXIT_REFUSED;
}

static const struct command_flag *find_flag(const struct command_flag *flags,
                                            unsigned count, const char *word,
                                            size_t len)
{
    for (unsigned i = 0; i < count; i++)
        if (strlen(flags[i].name) == len &&
            strncmp(flags[i].name, word, len) == 0)
            return &flags[i];
    return NULL;
}

bool command_flags(const struct command *self, int *argc, char **argv,
                   const struct command_flag *flags, unsigned count)
{
    int operands = 0;
    bool only_operands = false;
    for (int i = 0; i < *argc; i++) {
        char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == 0) {
            argv[operands++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_operands = true;
            continue;
        }
        char *equals = strchr(word, '=');
        size_t len = equals ? (size_t)(equals - word) : strlen(word);
        const struct command_flag *flag = find_flag(flags, count, word, len);
        if (!flag) {
            command_misused(self, "unknown option %s", word);
            return false;
        }
        if (flag->is_switch)
            *flag->value = "";
        else if (equals)
            *flag->value = equals + 1;
        else if (i + 1 < *argc)
            *flag->value = argv[++i];
        else {
            command_misused(self, "%s needs a value", word);
            return false;
        }
    }
    *argc = operands;
    argv[operands] = NULL;
    return true;
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
