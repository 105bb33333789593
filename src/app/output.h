#pragma once
/* What a command answers: a table for people on a terminal, or JSON.
 *
 * Commands that show what a node answered show the node's own object as JSON,
 * whose shape is that of the JSON-RPC; the table is made from it by a list of
 * fields. Colours need a terminal, and no NO_COLOR in the environment.
 */
#include <stdbool.h>

#include "app/command.h"
#include "codec/json.h"
#include "codec/json_writer.h"

/* --json, --text, or what standard output is. */
bool output_is_json(const struct command_line *line);

enum field_kind {
    FIELD_NUMBER, /* a quantity, shown in decimal */
    FIELD_WEI,    /* a quantity of wei, shown in its unit and in wei */
    FIELD_TIME,   /* a quantity of seconds since 1970 */
    FIELD_TEXT,   /* as it is */
    FIELD_DATA,   /* data, shortened, with its length */
    FIELD_COUNT,  /* a list's length */
    FIELD_STATUS, /* of a receipt */
};

struct field {
    const char *key;   /* in the object */
    const char *label; /* for people */
    enum field_kind kind;
};

/* One line a field that the object has. */
void output_fields(struct arena *arena, const struct json *object,
                   const struct field *fields, size_t count);

/* A line of such a table whose value is at hand. */
void output_line(const char *label, const char *format, ...) PRINTF_LIKE(2, 3);

/* A title above lines. */
void output_title(const char *format, ...) PRINTF_LIKE(1, 2);

/* A value, as JSON on a line of its own. */
void output_value(const struct json *value);
void output_buffer(struct buffer *text); /* and frees it */

/* Numbers for people: "1,234,567". */
const char *output_number(struct arena *arena, u256 value);

/* "2026-01-02 03:04:05 UTC" */
const char *output_time(struct arena *arena, uint64_t seconds);

/* Text from outside, without what would move the cursor. */
const char *output_clean(struct arena *arena, bytes text);
