#include "codec/json_scan.h"

#include "codec/json_plain.h"

#define INTEGER_DIGITS_MAX 18 /* always within int64_t */

struct cursor {
    bytes text;
    size_t at;
    enum json_form form;
    bool parts; /* whitespace here ends a number or a word */
    unsigned depth;
    size_t values;
    const struct json_limits *limits;
    struct json_scan *scan;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_number_part(uint8_t c)
{
    return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' ||
           c == 'E';
}

static size_t skip_digits(bytes token, size_t at)
{
    while (at < token.len && is_digit(token.at[at]))
        at++;
    return at;
}

/* RFC 8259, section 6: number = [ minus ] int [ frac ] [ exp ]. False: it is
 * not one. *digits is its length where it is an integer, else SIZE_MAX. */
static bool check_number(size_t *digits, bytes token)
{
    size_t start = token.len && token.at[0] == '-';
    size_t at = skip_digits(token, start);
    if (at == start || (at > start + 1 && token.at[start] == '0'))
        return false;
    *digits = at == token.len ? at - start : SIZE_MAX;
    if (at < token.len && token.at[at] == '.') {
        size_t fraction = at + 1;
        at = skip_digits(token, fraction);
        if (at == fraction)
            return false;
    }
    if (at < token.len && (token.at[at] | 32) == 'e') {
        at++;
        if (at < token.len && (token.at[at] == '+' || token.at[at] == '-'))
            at++;
        size_t exponent = at;
        at = skip_digits(token, exponent);
        if (at == exponent)
            return false;
    }
    return at == token.len;
}

/* Goes over the next len bytes, which the library gets as they are. */
static void pass(struct cursor *cursor, size_t len)
{
    buffer_put(&cursor->scan->text, cursor->text.at + cursor->at, len);
    cursor->at += len;
}

/* What stands in the text from `from` on gets something more. */
static void insert(struct cursor *cursor, size_t from, const char *more)
{
    size_t len = strlen(more);
    buffer_put(&cursor->scan->text, more, len);
    if (cursor->form == JSON_WHOLE)
        VEC_PUSH(&cursor->scan->insertions,
                 ((struct json_insertion){from, len}));
}

/* What is no number is left for the library to refuse. */
static void take_number(struct cursor *cursor)
{
    size_t from = cursor->at, end = from, digits;
    while (end < cursor->text.len && is_number_part(cursor->text.at[end]))
        end++;
    bytes token = bytes_of(cursor->text.at + from, end - from);
    if (!check_number(&digits, token) || digits <= INTEGER_DIGITS_MAX) {
        pass(cursor, token.len);
        return;
    }
    insert(cursor, from, "\"\\u0000N");
    pass(cursor, token.len);
    insert(cursor, cursor->at, "\"");
}

enum { WORD, SPACE, OPENS, CLOSES, SEPARATES, QUOTE, NUMERAL };

static const uint8_t classes[256] = {
    [' '] = SPACE,           ['\t'] = SPACE,    ['\n'] = SPACE, ['\r'] = SPACE,
    ['{'] = OPENS,           ['['] = OPENS,     ['}'] = CLOSES, [']'] = CLOSES,
    [','] = SEPARATES,       [':'] = SEPARATES, ['"'] = QUOTE,  ['-'] = NUMERAL,
    ['0' ... '9'] = NUMERAL,
};

/* Whether what ends here is a member's name. */
static bool is_key(bytes text, size_t end)
{
    while (end < text.len && classes[text.at[end]] == SPACE)
        end++;
    return end < text.len && text.at[end] == ':';
}

/* The string at the cursor, where its value can be put in later. */
static bool find_value(bytes *out, const struct cursor *cursor)
{
    bytes text = cursor->text;
    size_t from = cursor->at + 1;
    const uint8_t *end = memchr(text.at + from, '"', text.len - from);
    if (!end)
        return false;
    *out = bytes_of(text.at + from, (size_t)(end - text.at) - from);
    return json_is_plain(out->at, out->len) &&
           !is_key(text, (size_t)(end - text.at) + 1);
}

static void pass_string(struct cursor *cursor)
{
    static const char nul[] = "\\u0000";
    bytes text = cursor->text;
    size_t from = cursor->at, at = from + 1;
    while (at < text.len && text.at[at] != '"')
        at += text.at[at] == '\\' ? 2 : 1;
    size_t end = at < text.len ? at + 1 : text.len;
    if (text.len - from >= sizeof nul &&
        memcmp(text.at + from + 1, nul, sizeof nul - 1) == 0) {
        pass(cursor, 1);
        insert(cursor, from + 1, "\\u0000S");
    }
    pass(cursor, end - cursor->at);
}

static void take_string(struct cursor *cursor)
{
    bytes value;
    if (cursor->form == JSON_WHOLE || !find_value(&value, cursor)) {
        pass_string(cursor);
        return;
    }
    buffer_put(&cursor->scan->text, "\"\"", 2);
    VEC_PUSH(&cursor->scan->strings, value);
    cursor->at += value.len + 2;
}

static void take_space(struct cursor *cursor)
{
    if (cursor->form == JSON_WHOLE || cursor->parts)
        pass(cursor, 1);
    else
        cursor->at++;
}

static loft_err count_value(struct cursor *cursor)
{
    size_t max = cursor->limits->values_max;
    if (cursor->values++ == max)
        return err_say(LOFT_ERR_LIMIT, "JSON of more than %zu values", max);
    return LOFT_OK;
}

static loft_err go_deeper(struct cursor *cursor)
{
    const struct json_limits *limits = cursor->limits;
    if (cursor->depth++ == limits->depth_max)
        return err_say(LOFT_ERR_LIMIT,
                       "JSON nests deeper than %u arrays and objects%s",
                       limits->depth_max,
                       limits->depth_option ? limits->depth_option : "");
    return count_value(cursor);
}

static loft_err take_mark(struct cursor *cursor, uint8_t class)
{
    if (class == OPENS)
        TRY(go_deeper(cursor));
    else if (class == SEPARATES)
        TRY(count_value(cursor));
    else
        cursor->depth -= cursor->depth > 0;
    buffer_put_byte(&cursor->scan->text, cursor->text.at[cursor->at++]);
    return LOFT_OK;
}

static loft_err take_next(struct cursor *cursor)
{
    uint8_t class = classes[cursor->text.at[cursor->at]];
    switch (class) {
    case SPACE:
        take_space(cursor);
        return LOFT_OK;
    case QUOTE:
        take_string(cursor);
        break;
    case NUMERAL:
        take_number(cursor);
        break;
    case WORD:
        pass(cursor, 1);
        break;
    default:
        TRY(take_mark(cursor, class));
    }
    cursor->parts = class == WORD || class == NUMERAL;
    return LOFT_OK;
}

/* Most texts' short form is shorter. */
#define FIRST_BYTES 512

loft_err json_scan(struct json_scan *scan, enum json_form form, bytes text,
                   const struct json_limits *limits)
{
    *scan = (struct json_scan){0};
    if (text.len > limits->bytes_max)
        return err_say(LOFT_ERR_LIMIT, "JSON of %zu bytes, more than %zu",
                       text.len, limits->bytes_max);
    if (text.len && memchr(text.at, 0, text.len))
        return err_say(LOFT_ERR_FORMAT, "JSON with a NUL character");
    struct cursor cursor = {.text = text,
                            .form = form,
                            .values = 1,
                            .limits = limits,
                            .scan = scan};
    VEC_RESERVE(&scan->text, FIRST_BYTES);
    while (cursor.at < text.len)
        TRY(take_next(&cursor));
    return LOFT_OK;
}

void json_scan_fini(struct json_scan *scan)
{
    buffer_free(&scan->text);
    VEC_FREE(&scan->strings);
    VEC_FREE(&scan->insertions);
}

size_t json_scan_origin(const struct json_scan *scan, size_t offset)
{
    size_t added = 0;
    VEC_FOR_EACH (insertion, &scan->insertions) {
        if (insertion->from + added >= offset)
            break;
        added += insertion->len;
    }
    return offset > added ? offset - added : 0;
}
