/* The text is copied into the arena once and read there from front to back;
 * strings lose their escapes in place, for they only get shorter, and the NUL
 * after them takes the place of a quote at the latest. Elements and members
 * gather on a stack of their own until their array or object closes: then
 * they are copied into the arena, side by side. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "codec/json_value.h"
#include "codec/utf8.h"

/* Zeros after the text: no value goes on over one, so that the end needs no
 * look of its own, and eight characters can be looked at together. */
#define PADDING 8

#define OPEN_FIRST 64 /* values that the stack has room for at first */

struct parser {
    struct arena *arena;
    const struct json_limits *limits;
    bytes text;          /* as it was given */
    const uint8_t *copy; /* of it, in the arena */
    uint8_t *at;         /* in the copy */
    size_t values;
    unsigned depth;
    VEC(struct json) open; /* the stack */
};

static loft_err say_where(bytes text, size_t at, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column++;
        if (text.at[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return err_say(LOFT_ERR_FORMAT, "JSON, line %zu, column %zu: %s", line,
                   column, what);
}

static loft_err refuse(const struct parser *parser, const char *what)
{
    size_t at = (size_t)(parser->at - parser->copy);
    return say_where(parser->text, at,
                     at < parser->text.len ? what : "the text ends too early");
}

static void skip_space(struct parser *parser)
{
    uint8_t *at = parser->at;
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
        at++;
    parser->at = at;
}

#define EACH(byte) (0x0101010101010101u * (byte))

/* How many characters from `at` on stand for themselves: no quote, no
 * backslash, no control character and none beyond ASCII. */
static size_t plain_run(const uint8_t *at)
{
    for (size_t len = 0;; len += 8) {
        /* A byte's high bit is set where it is not plain. Subtracting borrows
         * from the byte above, but only out of one that is not plain: the
         * lowest that is marked is right. */
        uint64_t eight = load_le64(at + len);
        uint64_t marks = (eight | (eight - EACH(0x20)) |
                          ((eight ^ EACH('"')) - EACH(1)) |
                          ((eight ^ EACH('\\')) - EACH(1))) &
                         EACH(0x80);
        if (marks)
            return len + (size_t)__builtin_ctzll(marks) / 8;
    }
}

/* Four hexadecimal digits. */
static bool read_unit(uint32_t *out, const uint8_t *at)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = at[i], letter = c | 32;
        if (c >= '0' && c <= '9')
            *out = *out << 4 | (uint32_t)(c - '0');
        else if (letter >= 'a' && letter <= 'f')
            *out = *out << 4 | (uint32_t)(letter - 'a' + 10);
        else
            return false;
    }
    return true;
}

/* After "\u": one UTF-16 unit, or two with a "\u" between them. */
static loft_err read_code_point(struct parser *parser, uint32_t *out)
{
    uint32_t low;
    if (!read_unit(out, parser->at))
        return refuse(parser, "\\u without four hexadecimal digits");
    bool is_high = *out >= 0xd800 && *out <= 0xdbff;
    if (*out >= 0xdc00 && *out <= 0xdfff)
        return refuse(parser, "half of a surrogate pair");
    parser->at += 4;
    if (!is_high)
        return LOFT_OK;
    if (parser->at[0] != '\\' || parser->at[1] != 'u' ||
        !read_unit(&low, parser->at + 2) || low < 0xdc00 || low > 0xdfff)
        return refuse(parser, "half of a surrogate pair");
    parser->at += 6;
    *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
    return LOFT_OK;
}

static loft_err read_escape(struct parser *parser, uint8_t **out)
{
    static const uint8_t letters[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    uint8_t letter = letters[*++parser->at];
    uint32_t code;
    if (letter) {
        parser->at++;
        *(*out)++ = letter;
        return LOFT_OK;
    }
    if (*parser->at != 'u')
        return refuse(parser, "an escape that JSON does not have");
    parser->at++;
    TRY(read_code_point(parser, &code));
    *out += utf8_write(*out, code);
    return LOFT_OK;
}

/* The character that plain_run() has stopped at, within a string. */
static loft_err read_special(struct parser *parser, uint8_t **out)
{
    bool is_valid;
    if (*parser->at == '\\')
        return read_escape(parser, out);
    if (*parser->at < 0x20)
        return refuse(parser, "a control character in a string");
    size_t len = utf8_sequence(bytes_of(parser->at, UTF8_BYTES_MAX), &is_valid);
    if (!is_valid)
        return refuse(parser, "a string that is not UTF-8");
    memmove(*out, parser->at, len);
    *out += len;
    parser->at += len;
    return LOFT_OK;
}

static loft_err read_string(struct parser *parser, struct json *out)
{
    uint8_t *from = ++parser->at, *to = from;
    for (;;) {
        size_t len = plain_run(parser->at);
        if (to != parser->at)
            memmove(to, parser->at, len);
        to += len;
        parser->at += len;
        if (*parser->at == '"')
            break;
        TRY(read_special(parser, &to));
    }
    parser->at++;
    *to = 0;
    *out = (struct json){from, (uint32_t)(to - from), JSON_IS_STRING};
    return LOFT_OK;
}

static bool skip_digits(struct parser *parser)
{
    uint8_t *from = parser->at;
    while (*parser->at >= '0' && *parser->at <= '9')
        parser->at++;
    return parser->at > from;
}

/* RFC 8259, section 6: number = [ minus ] int [ frac ] [ exp ]. */
static loft_err read_number(struct parser *parser, struct json *out)
{
    static const char what[] = "a number without the digits that it needs";
    uint8_t *from = parser->at;
    parser->at += *from == '-';
    bool begins_with_zero = *parser->at == '0';
    if (begins_with_zero)
        parser->at++;
    else if (!skip_digits(parser))
        return refuse(parser, what);
    if (*parser->at == '.') {
        parser->at++;
        if (!skip_digits(parser))
            return refuse(parser, what);
    }
    if ((*parser->at | 32) == 'e') {
        parser->at++;
        parser->at += *parser->at == '+' || *parser->at == '-';
        if (!skip_digits(parser))
            return refuse(parser, what);
    }
    *out = (struct json){from, (uint32_t)(parser->at - from), JSON_IS_NUMBER};
    return LOFT_OK;
}

static loft_err read_word(struct parser *parser, struct json *out)
{
    static const struct {
        const char *word;
        uint32_t len;
        struct json value;
    } words[] = {
        {"true", 4, {NULL, 1, JSON_IS_BOOL}},
        {"false", 5, {NULL, 0, JSON_IS_BOOL}},
        {"null", 4, {NULL, 0, JSON_IS_NULL}},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (memcmp(parser->at, words[i].word, words[i].len) == 0) {
            parser->at += words[i].len;
            *out = words[i].value;
            return LOFT_OK;
        }
    }
    return refuse(parser, "a value is needed");
}

static int compare_keys(const void *a, const void *b)
{
    const struct json *const *one = a, *const *other = b;
    return bytes_compare(json_characters(*one), json_characters(*other));
}

static bool same_key(const struct json *a, const struct json *b)
{
    return bytes_equal(json_characters(a), json_characters(b));
}

static bool has_twice(const struct json *keys, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (same_key(&keys[2 * i], &keys[2 * k]))
                return true;
    return false;
}

/* Fills the room behind the members. */
static bool sort_finds_twice(const struct json *keys, size_t count)
{
    const struct json **sorted = (const struct json **)(keys + 2 * count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &keys[2 * i];
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (same_key(sorted[i - 1], sorted[i]))
            return true;
    return false;
}

/* What lies on the stack from `first` on moves into the arena. */
static const struct json *close(struct parser *parser, size_t first,
                                size_t extra)
{
    size_t size = (parser->open.len - first) * sizeof(struct json);
    struct json *kept = arena_alloc(parser->arena, size + extra);
    if (size)
        memcpy(kept, parser->open.at + first, size);
    parser->open.len = first;
    return kept;
}

static loft_err close_array(struct parser *parser, struct json *out,
                            size_t first)
{
    size_t count = parser->open.len - first;
    *out = (struct json){close(parser, first, 0), (uint32_t)count,
                         JSON_IS_ARRAY};
    return LOFT_OK;
}

static loft_err close_object(struct parser *parser, struct json *out,
                             size_t first)
{
    size_t count = (parser->open.len - first) / 2;
    bool sorts = count > JSON_UNSORTED_MAX;
    const struct json *keys = close(parser, first,
                                    sorts ? count * sizeof(void *) : 0);
    if (sorts ? sort_finds_twice(keys, count) : has_twice(keys, count))
        return refuse(parser, "an object that ends here has a key twice");
    *out = (struct json){keys, (uint32_t)count, JSON_IS_OBJECT};
    return LOFT_OK;
}

static loft_err read_value(struct parser *parser, struct json *out);

static loft_err read_element(struct parser *parser)
{
    struct json value;
    TRY(read_value(parser, &value));
    VEC_PUSH(&parser->open, value);
    return LOFT_OK;
}

static loft_err read_member(struct parser *parser)
{
    struct json key;
    skip_space(parser);
    if (*parser->at != '"')
        return refuse(parser, "a key is needed");
    TRY(read_string(parser, &key));
    if (memchr(key.at, 0, key.len))
        return refuse(parser, "a NUL in the key that ends here");
    VEC_PUSH(&parser->open, key);
    skip_space(parser);
    if (*parser->at != ':')
        return refuse(parser, "a colon is needed");
    parser->at++;
    return read_element(parser);
}

/* What differs between arrays and objects. */
struct brackets {
    char close;
    const char *needs;
    loft_err (*read)(struct parser *parser);
    loft_err (*end)(struct parser *parser, struct json *out, size_t first);
};

/* After an element or member. */
static loft_err go_on(struct parser *parser, const struct brackets *brackets,
                      bool *more)
{
    skip_space(parser);
    *more = *parser->at == ',';
    if (!*more && *parser->at != brackets->close)
        return refuse(parser, brackets->needs);
    parser->at++;
    return LOFT_OK;
}

static loft_err refuse_depth(const struct json_limits *limits)
{
    return err_say(
        LOFT_ERR_LIMIT, "JSON nests deeper than %u arrays and objects%s",
        limits->depth_max, limits->depth_option ? limits->depth_option : "");
}

/* Recurses as deep as the limits allow. */
static loft_err read_items(struct parser *parser, struct json *out,
                           const struct brackets *brackets)
{
    size_t first = parser->open.len;
    if (parser->depth++ == parser->limits->depth_max)
        return refuse_depth(parser->limits);
    parser->at++;
    skip_space(parser);
    bool more = *parser->at != brackets->close;
    parser->at += !more;
    while (more) {
        TRY(brackets->read(parser));
        TRY(go_on(parser, brackets, &more));
    }
    parser->depth--;
    return brackets->end(parser, out, first);
}

static loft_err read_value(struct parser *parser, struct json *out)
{
    static const struct brackets array = {']', "a comma or ] is needed",
                                          read_element, close_array};
    static const struct brackets object = {'}', "a comma or } is needed",
                                           read_member, close_object};
    if (parser->values++ == parser->limits->values_max)
        return err_say(LOFT_ERR_LIMIT, "JSON of more than %zu values",
                       parser->limits->values_max);
    skip_space(parser);
    uint8_t c = *parser->at;
    if (c == '"')
        return read_string(parser, out);
    if (c == '{')
        return read_items(parser, out, &object);
    if (c == '[')
        return read_items(parser, out, &array);
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(parser, out);
    return read_word(parser, out);
}

static loft_err read_text(struct parser *parser, struct json *out)
{
    bytes text = parser->text;
    uint8_t *copy = arena_alloc(parser->arena, text.len + PADDING);
    if (text.len)
        memcpy(copy, text.at, text.len);
    memset(copy + text.len, 0, PADDING);
    parser->copy = parser->at = copy;
    VEC_RESERVE(&parser->open, OPEN_FIRST);
    TRY(read_value(parser, out));
    skip_space(parser);
    if (parser->at != copy + text.len)
        return refuse(parser, "the text goes on after its value");
    return LOFT_OK;
}

loft_err json_parse(const struct json **out, struct arena *arena, bytes text,
                    const struct json_limits *limits)
{
    ASSERT(limits->depth_max <= JSON_DEPTH_MAX);
    size_t max = limits->bytes_max < UINT32_MAX ? limits->bytes_max
                                                : UINT32_MAX;
    if (text.len > max)
        return err_say(LOFT_ERR_LIMIT, "JSON of %zu bytes, more than %zu",
                       text.len, max);
    struct arena_mark mark = arena_mark(arena);
    struct parser parser = {.arena = arena, .limits = limits, .text = text};
    struct json *root = ARENA_NEW(arena, struct json);
    loft_err err = read_text(&parser, root);
    if (err == LOFT_OK)
        *out = root;
    else
        arena_rewind(arena, mark);
    VEC_FREE(&parser.open);
    return err;
}
