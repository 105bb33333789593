#include "app/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/amount.h"

#define LABEL_COLUMNS 18
#define DATA_CHARACTERS_MAX 68

bool output_is_json(const struct command_line *line)
{
    if (command_option(line, "--json"))
        return true;
    return !command_option(line, "--text") && !isatty(STDOUT_FILENO);
}

static bool has_colours(void)
{
    const char *none = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(none && *none);
}

void output_line(const char *label, const char *format, ...)
{
    va_list args;
    bool colours = has_colours();
    printf("%s%-*s%s", colours ? "\033[2m" : "", LABEL_COLUMNS, label,
           colours ? "\033[0m " : " ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void output_title(const char *format, ...)
{
    va_list args;
    bool colours = has_colours();
    fputs(colours ? "\033[1m" : "", stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    puts(colours ? "\033[0m" : "");
}

const char *output_clean(struct arena *arena, bytes text)
{
    char *copy = arena_string(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f)
            copy[i] = '?';
    return copy;
}

const char *output_number(struct arena *arena, u256 value)
{
    char digits[U256_DECIMAL_MAX];
    size_t len = u256_decimal(digits, value), used = 0;
    char *out = arena_alloc(arena, len + len / 3 + 1);
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = 0;
    return out;
}

const char *output_time(struct arena *arena, uint64_t seconds)
{
    char text[64];
    struct tm parts;
    time_t time = (time_t)seconds;
    if (seconds > INT64_MAX || !gmtime_r(&time, &parts) ||
        !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts))
        return "beyond the calendar";
    return arena_string(arena, bytes_str(text));
}

static const char *wei_text(struct arena *arena, u256 wei)
{
    const char *in_unit = amount_text(arena, wei);
    size_t len = strlen(in_unit);
    bool is_wei = len > 4 && strcmp(in_unit + len - 4, " wei") == 0;
    return is_wei ? in_unit
                  : arena_printf(arena, "%s (%s wei)", in_unit,
                                 output_number(arena, wei));
}

static const char *data_text(struct arena *arena, bytes text)
{
    size_t count = text.len < 2 ? 0 : (text.len - 2) / 2;
    if (text.len <= DATA_CHARACTERS_MAX)
        return output_clean(arena, text);
    return arena_printf(
        arena, "%s... (%zu bytes)",
        output_clean(arena, bytes_of(text.at, DATA_CHARACTERS_MAX)), count);
}

static const char *quantity_text(struct arena *arena, u256 value,
                                 enum field_kind kind)
{
    if (kind == FIELD_WEI)
        return wei_text(arena, value);
    if (kind == FIELD_TIME)
        return output_time(arena, u256_clamp_u64(value));
    if (kind == FIELD_STATUS)
        return u256_is_zero(value) ? "failed" : "success";
    return output_number(arena, value);
}

/* NULL: not of the kind that the field is. */
static const char *field_text(struct arena *arena, const struct json *value,
                              enum field_kind kind)
{
    bytes text;
    u256 number;
    if (kind == FIELD_COUNT)
        return arena_printf(arena, "%zu", json_len(value));
    if (json_read_any_u256(&number, value) == LOFT_OK && kind < FIELD_TEXT)
        return quantity_text(arena, number, kind);
    if (kind == FIELD_STATUS && json_read_quantity(&number, value) == LOFT_OK)
        return quantity_text(arena, number, kind);
    if (json_read_string(&text, value) != LOFT_OK)
        return NULL;
    return kind == FIELD_DATA ? data_text(arena, text)
                              : output_clean(arena, text);
}

void output_fields(struct arena *arena, const struct json *object,
                   const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct json *value = json_get(object, fields[i].key);
        const char *text = json_absent(value)
                               ? NULL
                               : field_text(arena, value, fields[i].kind);
        if (text)
            output_line(fields[i].label, "%s", text);
    }
}

void output_buffer(struct buffer *text)
{
    buffer_put_byte(text, '\n');
    fwrite(text->at, 1, text->len, stdout);
    buffer_free(text);
}

void output_value(const struct json *value)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    if (value)
        json_put_value(&json, value);
    else
        json_put_null(&json);
    output_buffer(&text);
}
