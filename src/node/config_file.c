#include "node/config_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/spelling.h"
#include "base/vec.h"
#include "node/file.h"

#define OPTIONS_MAX 256

struct parser {
    struct arena *arena;
    bytes rest;
    const char *path;
    unsigned line;
    config_set *set;
    void *context;
    bool seen[OPTIONS_MAX]; /* of the table's rows */
};

const struct option *option_nearest(bytes name)
{
    const struct option *nearest = NULL;
    struct spelling spelling = {SPELLING_NEAR_MAX + 1};
    FOR_EACH_OPTION (option) {
        if (spelling_is_nearer(&spelling, name, bytes_str(option->name)))
            nearest = option;
    }
    return nearest;
}

#define wrong(parser, ...)  \
    (err_keep(__VA_ARGS__), \
     err_in(LOFT_ERR_USAGE, "%.200s line %u", (parser)->path, (parser)->line))

static int peek(const struct parser *parser)
{
    return parser->rest.len ? parser->rest.at[0] : -1;
}

static int take(struct parser *parser)
{
    int byte = peek(parser);
    if (byte < 0)
        return byte;
    parser->rest = bytes_of(parser->rest.at + 1, parser->rest.len - 1);
    parser->line += byte == '\n';
    return byte;
}

static void skip_blanks(struct parser *parser)
{
    while (peek(parser) == ' ' || peek(parser) == '\t')
        take(parser);
}

static void skip_comment(struct parser *parser)
{
    if (peek(parser) == '#')
        while (peek(parser) >= 0 && peek(parser) != '\n')
            take(parser);
}

/* Blanks, comments and ends of lines, as between elements of an array. */
static void skip_space(struct parser *parser)
{
    for (;;) {
        skip_blanks(parser);
        skip_comment(parser);
        if (peek(parser) != '\n' && peek(parser) != '\r')
            return;
        take(parser);
    }
}

static bool is_bare(int byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static bytes take_word(struct parser *parser, const char *more)
{
    const uint8_t *start = parser->rest.at;
    size_t len = 0;
    while (is_bare(peek(parser)) ||
           (peek(parser) > 0 && strchr(more, peek(parser)))) {
        take(parser);
        len++;
    }
    return bytes_of(start, len);
}

static void put_utf8(struct buffer *out, uint32_t point)
{
    if (point < 0x80) {
        buffer_put_byte(out, (uint8_t)point);
    } else if (point < 0x800) {
        buffer_put_byte(out, (uint8_t)(0xc0 | point >> 6));
        buffer_put_byte(out, (uint8_t)(0x80 | (point & 0x3f)));
    } else {
        if (point < 0x10000) {
            buffer_put_byte(out, (uint8_t)(0xe0 | point >> 12));
        } else {
            buffer_put_byte(out, (uint8_t)(0xf0 | point >> 18));
            buffer_put_byte(out, (uint8_t)(0x80 | (point >> 12 & 0x3f)));
        }
        buffer_put_byte(out, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
        buffer_put_byte(out, (uint8_t)(0x80 | (point & 0x3f)));
    }
}

static int hex_digit(int byte)
{
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

/* "\u00e9" and "\U0001f600": a Unicode scalar value, and not NUL, which no
 * option can hold. */
static loft_err take_point(struct parser *parser, struct buffer *out,
                           unsigned digits)
{
    uint32_t point = 0;
    while (digits--) {
        int digit = hex_digit(take(parser));
        if (digit < 0)
            return wrong(parser,
                         "\\u wants four hexadecimal digits, \\U eight");
        point = point << 4 | (uint32_t)digit;
    }
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return wrong(parser, "a string cannot hold U+%04X", point);
    put_utf8(out, point);
    return LOFT_OK;
}

static loft_err take_escape(struct parser *parser, struct buffer *out)
{
    static const char names[] = "btnfr\"\\", bytes_named[] = "\b\t\n\f\r\"\\";
    int byte = take(parser);
    const char *at = byte > 0 ? strchr(names, byte) : NULL;
    if (at) {
        buffer_put_byte(out, (uint8_t)bytes_named[at - names]);
        return LOFT_OK;
    }
    if (byte == 'u' || byte == 'U')
        return take_point(parser, out, byte == 'u' ? 4 : 8);
    return wrong(parser, "unknown escape in a string");
}

static loft_err fill_string(struct parser *parser, struct buffer *out)
{
    int quote = take(parser);
    for (;;) {
        int byte = take(parser);
        if (byte == quote)
            return LOFT_OK;
        if (byte < 0 || byte == '\n')
            return wrong(parser, "a string does not end on its line");
        if (byte == '\\' && quote == '"')
            TRY(take_escape(parser, out));
        else if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return wrong(parser, "control character in a string");
        else
            buffer_put_byte(out, (uint8_t)byte);
    }
}

static loft_err take_string(struct parser *parser, const char **out)
{
    struct buffer text = {0};
    loft_err code = fill_string(parser, &text);
    if (code == LOFT_OK)
        *out = arena_string(parser->arena, buffer_bytes(&text));
    buffer_free(&text);
    return code;
}

static bool is_quote(int byte)
{
    return byte == '"' || byte == '\'';
}

static loft_err set(struct parser *parser, const struct option *option,
                    const char *text)
{
    loft_err code = parser->set(parser->context, option, text);
    if (code != LOFT_OK)
        return err_in(code, "%.200s line %u: %s", parser->path, parser->line,
                      option->name);
    return LOFT_OK;
}

static loft_err take_array(struct parser *parser, const struct option *option)
{
    const char *text;
    take(parser);
    TRY(set(parser, option, "")); /* one that is empty is one, too */
    for (;;) {
        skip_space(parser);
        if (peek(parser) == ']')
            break;
        if (!is_quote(peek(parser)))
            return wrong(parser, "%s is an array of strings", option->name);
        TRY(take_string(parser, &text));
        TRY(set(parser, option, text));
        skip_space(parser);
        if (peek(parser) == ']')
            break;
        if (take(parser) != ',')
            return wrong(parser, "%s wants a comma or ]", option->name);
    }
    take(parser);
    return LOFT_OK;
}

/* A number or a boolean, without the underscores between digits. */
static loft_err take_bare(struct parser *parser, const struct option *option)
{
    bytes word = take_word(parser, ".+");
    char *text = arena_string(parser->arena, word);
    size_t used = 0;
    if (!word.len)
        return wrong(parser, "%s wants a value", option->name);
    for (size_t i = 0; i < word.len; i++) {
        if (text[i] != '_')
            text[used++] = text[i];
        else if (i == 0 || i + 1 == word.len || text[i + 1] == '_')
            return wrong(parser, "an underscore stands between digits");
    }
    text[used] = 0;
    return set(parser, option, text);
}

static loft_err take_value(struct parser *parser, const struct option *option)
{
    const char *text;
    bool wants_string = option->kind == OPTION_TEXT ||
                        option->kind == OPTION_CHOICE;
    if (option->kind == OPTION_LIST)
        return peek(parser) == '['
                   ? take_array(parser, option)
                   : wrong(parser, "%s is an array of strings", option->name);
    if (is_quote(peek(parser))) {
        if (!wants_string && option->kind != OPTION_WEI)
            return wrong(parser, "%s is no string", option->name);
        TRY(take_string(parser, &text));
        return set(parser, option, text);
    }
    if (wants_string)
        return wrong(parser, "%s is a string, in quotes", option->name);
    return take_bare(parser, option);
}

static loft_err unknown(struct parser *parser, bytes name)
{
    const struct option *near = option_nearest(name);
    if (near)
        return wrong(parser, "unknown key %.*s; is it %s?",
                     (int)(name.len < 64 ? name.len : 64),
                     (const char *)name.at, near->name);
    return wrong(parser, "unknown key %.*s",
                 (int)(name.len < 64 ? name.len : 64), (const char *)name.at);
}

/* An option by its own name: the other names are anvil's, for flags. */
static loft_err find_key(struct parser *parser, const struct option **out,
                         bytes name)
{
    const struct option *option = name.len > 1 ? option_find(name) : NULL;
    if (!option || !bytes_equal(bytes_str(option->name), name))
        return unknown(parser, name);
    bool *seen = &parser->seen[option - option_table];
    if (*seen)
        return wrong(parser, "%s is there twice", option->name);
    if (strcmp(option->name, "config") == 0)
        return wrong(parser, "a configuration file names no other");
    *seen = true;
    *out = option;
    return LOFT_OK;
}

static loft_err take_line(struct parser *parser)
{
    const struct option *option;
    if (peek(parser) == '[')
        return wrong(parser, "there are no tables, only keys");
    bytes name = take_word(parser, "");
    if (!name.len)
        return wrong(parser, "a line is key = value");
    TRY(find_key(parser, &option, name));
    skip_blanks(parser);
    if (take(parser) != '=')
        return wrong(parser, "%s wants = and a value", option->name);
    skip_blanks(parser);
    TRY(take_value(parser, option));
    skip_blanks(parser);
    skip_comment(parser);
    if (peek(parser) == '\r')
        take(parser);
    if (peek(parser) >= 0 && peek(parser) != '\n')
        return wrong(parser, "something follows the value of %s", option->name);
    return LOFT_OK;
}

loft_err config_text_read(struct arena *arena, bytes text, const char *path,
                          config_set *set_option, void *context)
{
    struct parser parser = {.arena = arena,
                            .rest = text,
                            .path = path,
                            .line = 1,
                            .set = set_option,
                            .context = context};
    ASSERT(option_count <= OPTIONS_MAX);
    for (;;) {
        skip_space(&parser);
        if (peek(&parser) < 0)
            return LOFT_OK;
        TRY(take_line(&parser));
    }
}

loft_err config_file_read(struct arena *arena, const char *path,
                          config_set *set_option, void *context)
{
    struct file file;
    if (access(path, F_OK) != 0)
        return err_say(LOFT_ERR_NOT_FOUND, "%.200s: no such file", path);
    TRY(file_open(&file, path, CONFIG_BYTES_MAX));
    loft_err code = config_text_read(arena, file.contents, path, set_option,
                                     context);
    file_close(&file);
    return code;
}

const char *config_file_default(struct arena *arena)
{
    const char *folder = getenv("XDG_CONFIG_HOME");
    if (folder && folder[0] == '/')
        return arena_printf(arena, "%s/loft/loftd.toml", folder);
    const char *home = getenv("HOME");
    return home && *home
               ? arena_printf(arena, "%s/.config/loft/loftd.toml", home)
               : NULL;
}
