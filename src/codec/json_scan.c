#include "codec/json_scan.h"

#define INTEGER_DIGITS_MAX 18 /* always within int64_t */

/* What json_scan() does with a stretch of the text: it goes over as it is,
 * after `before` and followed by `after`. */
struct stretch {
    size_t from, to;
    const char *before, *after;
};

struct cursor {
    bytes text;
    size_t at;
    unsigned depth, depth_max;
    const char *depth_option;
    size_t values, values_max;
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

/* True: the number is to be rewritten. What is no number is left for the
 * library to refuse. */
static bool scan_number(struct cursor *cursor, struct stretch *out)
{
    size_t from = cursor->at, digits;
    while (cursor->at < cursor->text.len &&
           is_number_part(cursor->text.at[cursor->at]))
        cursor->at++;
    bytes token = bytes_of(cursor->text.at + from, cursor->at - from);
    if (!check_number(&digits, token) || digits <= INTEGER_DIGITS_MAX)
        return false;
    *out = (struct stretch){from, cursor->at, "\"\\u0000N", "\""};
    return true;
}

/* True: the string begins with a NUL. */
static bool scan_string(struct cursor *cursor, struct stretch *out)
{
    static const char nul[] = "\\u0000";
    bytes text = cursor->text;
    size_t from = cursor->at, at = from + 1;
    while (at < text.len && text.at[at] != '"')
        at += text.at[at] == '\\' ? 2 : 1;
    cursor->at = at < text.len ? at + 1 : text.len;
    if (text.len - from < sizeof nul || memcmp(text.at + from + 1, nul, 6) != 0)
        return false;
    *out = (struct stretch){from + 1, cursor->at, "\"\\u0000S", ""};
    return true;
}

/* Which characters outside of strings are looked at. */
enum { PLAIN, OPENS, CLOSES, SEPARATES, QUOTE, NUMERAL };

static const uint8_t classes[256] = {
    ['{'] = OPENS,  ['['] = OPENS,     ['}'] = CLOSES,
    [']'] = CLOSES, [','] = SEPARATES, [':'] = SEPARATES,
    ['"'] = QUOTE,  ['-'] = NUMERAL,   ['0' ... '9'] = NUMERAL,
};

static loft_err count_value(struct cursor *cursor)
{
    if (cursor->values++ == cursor->values_max)
        return err_say(LOFT_ERR_LIMIT, "JSON of more than %zu values",
                       cursor->values_max);
    return LOFT_OK;
}

static loft_err go_deeper(struct cursor *cursor)
{
    if (cursor->depth++ == cursor->depth_max)
        return err_say(LOFT_ERR_LIMIT,
                       "JSON nests deeper than %u arrays and objects%s",
                       cursor->depth_max,
                       cursor->depth_option ? cursor->depth_option : "");
    return count_value(cursor);
}

/* Goes on to the next stretch that is to be rewritten; *found is false at the
 * text's end. */
static loft_err next_stretch(struct cursor *cursor, struct stretch *out,
                             bool *found)
{
    *found = false;
    while (!*found && cursor->at < cursor->text.len) {
        switch (classes[cursor->text.at[cursor->at]]) {
        case QUOTE:
            *found = scan_string(cursor, out);
            continue;
        case NUMERAL:
            *found = scan_number(cursor, out);
            continue;
        case OPENS:
            TRY(go_deeper(cursor));
            break;
        case CLOSES:
            cursor->depth -= cursor->depth > 0;
            break;
        case SEPARATES:
            TRY(count_value(cursor));
            break;
        case PLAIN:
            break;
        }
        cursor->at++;
    }
    return LOFT_OK;
}

static void put_stretch(struct buffer *out, bytes text,
                        const struct stretch *stretch)
{
    buffer_put_bytes(out, bytes_str(stretch->before));
    buffer_put(out, text.at + stretch->from, stretch->to - stretch->from);
    buffer_put_bytes(out, bytes_str(stretch->after));
}

static struct cursor cursor_of(bytes text, const struct json_limits *limits)
{
    return (struct cursor){.text = text,
                           .depth_max = limits->depth_max,
                           .depth_option = limits->depth_option,
                           .values = 1,
                           .values_max = limits->values_max};
}

static loft_err rewrite(struct json_scan *scan, struct cursor *cursor)
{
    bytes text = cursor->text;
    for (size_t done = 0;;) {
        struct stretch stretch;
        bool found;
        TRY(next_stretch(cursor, &stretch, &found));
        if (!found) {
            if (scan->is_rewritten)
                buffer_put(&scan->text, text.at + done, text.len - done);
            return LOFT_OK;
        }
        /* A string's opening quote is part of `before`. */
        size_t as_is = stretch.from - (*stretch.after == 0);
        buffer_put(&scan->text, text.at + done, as_is - done);
        put_stretch(&scan->text, text, &stretch);
        scan->is_rewritten = true;
        done = stretch.to;
    }
}

loft_err json_scan(struct json_scan *scan, bytes text,
                   const struct json_limits *limits)
{
    *scan = (struct json_scan){0};
    if (text.len > limits->bytes_max)
        return err_say(LOFT_ERR_LIMIT, "JSON of %zu bytes, more than %zu",
                       text.len, limits->bytes_max);
    if (text.len && memchr(text.at, 0, text.len))
        return err_say(LOFT_ERR_FORMAT, "JSON with a NUL character");
    struct cursor cursor = cursor_of(text, limits);
    return rewrite(scan, &cursor);
}

size_t json_scan_origin(bytes text, size_t offset)
{
    static const struct json_limits none = {
        .bytes_max = SIZE_MAX, .values_max = SIZE_MAX, .depth_max = UINT32_MAX};
    struct cursor cursor = cursor_of(text, &none);
    struct stretch stretch;
    bool found;
    size_t added = 0;
    while (next_stretch(&cursor, &stretch, &found) == LOFT_OK && found &&
           stretch.from + added < offset) {
        size_t more = strlen(stretch.before) + strlen(stretch.after);
        added += *stretch.after ? more : more - 1;
    }
    size_t origin = offset > added ? offset - added : 0;
    return origin < text.len ? origin : text.len;
}
