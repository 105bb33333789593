#include "app/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "codec/json_writer.h"
#include "crypto/keccak.h"

void report_init(struct report *report)
{
    *report = (struct report){0};
    arena_init(&report->arena);
    map_init(&report->lines, sizeof(hash32), sizeof(uint32_t));
}

void report_fini(struct report *report)
{
    arena_fini(&report->arena);
    map_fini(&report->lines);
    VEC_FREE(&report->rows);
    VEC_FREE(&report->cases);
}

/* The folder that a line stands for: the file's path without its name. */
static const char *folder_of(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (!slash)
        return ".";
    return arena_string(arena, bytes_of(file, (size_t)(slash - file)));
}

static struct report_row *row_of(struct report *report, const char *folder,
                                 const char *fork)
{
    struct arena_mark mark = arena_mark(&report->arena);
    const char *both = arena_printf(&report->arena, "%s\t%s", folder, fork);
    hash32 key = keccak256(bytes_str(both));
    arena_rewind(&report->arena, mark);
    bool is_new;
    uint32_t *index = map_put(&report->lines, &key, &is_new);
    if (is_new) {
        struct report_row row = {
            .folder = arena_string(&report->arena, bytes_str(folder)),
            .fork = arena_string(&report->arena, bytes_str(fork)),
        };
        *index = (uint32_t)report->rows.len;
        VEC_PUSH(&report->rows, row);
    }
    return &report->rows.at[*index];
}

static void keep_case(struct report *report, const struct report_case *one)
{
    struct arena *arena = &report->arena;
    struct report_case copy = {
        .file = arena_string(arena, bytes_str(one->file)),
        .name = arena_string(arena, bytes_str(one->name)),
        .fork = arena_string(arena, bytes_str(one->fork)),
        .why = arena_string(arena, bytes_str(one->why)),
    };
    VEC_PUSH(&report->cases, copy);
}

void report_add(struct report *report, const struct report_case *one)
{
    struct arena scratch;
    arena_init(&scratch);
    struct report_row *row = row_of(report, folder_of(&scratch, one->file),
                                    one->fork);
    arena_fini(&scratch);
    *(one->why ? &row->failed : &row->passed) += 1;
    *(one->why ? &report->failed : &report->passed) += 1;
    if (one->why)
        keep_case(report, one);
}

void report_merge(struct report *into, const struct report *from)
{
    VEC_FOR_EACH (row, &from->rows) {
        struct report_row *sum = row_of(into, row->folder, row->fork);
        sum->passed += row->passed;
        sum->failed += row->failed;
    }
    VEC_FOR_EACH (one, &from->cases)
        keep_case(into, one);
    into->passed += from->passed;
    into->failed += from->failed;
}

static int compare_rows(const void *a, const void *b)
{
    const struct report_row *one = a, *two = b;
    int order = strcmp(one->folder, two->folder);
    return order ? order : strcmp(one->fork, two->fork);
}

static struct report_row *sorted_rows(const struct report *report)
{
    size_t size = report->rows.len * sizeof(struct report_row);
    struct report_row *rows = memory_alloc(size ? size : 1);
    if (size)
        memcpy(rows, report->rows.at, size);
    qsort(rows, report->rows.len, sizeof *rows, compare_rows);
    return rows;
}

void report_print(const struct report *report, FILE *out)
{
    struct report_row *rows = sorted_rows(report);
    int width = 6;
    for (size_t i = 0; i < report->rows.len; i++)
        if ((int)strlen(rows[i].folder) > width)
            width = (int)strlen(rows[i].folder);
    fprintf(out, "%-*s  %-28s %8s %8s\n", width, "folder", "fork", "passed",
            "failed");
    for (size_t i = 0; i < report->rows.len; i++)
        fprintf(out, "%-*s  %-28s %8" PRIu64 " %8" PRIu64 "\n", width,
                rows[i].folder, rows[i].fork, rows[i].passed, rows[i].failed);
    free(rows);
    VEC_FOR_EACH (one, &report->cases)
        fprintf(out, "failed: %s: %s [%s]: %s\n", one->file, one->name,
                one->fork, one->why);
    fprintf(out, "%" PRIu64 " passed, %" PRIu64 " failed\n", report->passed,
            report->failed);
}

static void put_counts(struct json_writer *json, uint64_t passed,
                       uint64_t failed)
{
    json_key(json, "passed");
    json_put_u64(json, passed);
    json_key(json, "failed");
    json_put_u64(json, failed);
}

static void put_text(struct json_writer *json, const char *key,
                     const char *text)
{
    json_key(json, key);
    json_put_text(json, text);
}

static void put_case(struct json_writer *json, const struct report_case *one)
{
    json_begin_object(json);
    put_text(json, "file", one->file);
    put_text(json, "name", one->name);
    put_text(json, "fork", one->fork);
    put_text(json, "why", one->why);
    json_end_object(json);
}

void report_print_json(const struct report *report, FILE *out)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    struct report_row *rows = sorted_rows(report);
    json_begin_object(&json);
    put_counts(&json, report->passed, report->failed);
    json_key(&json, "rows");
    json_begin_array(&json);
    for (size_t i = 0; i < report->rows.len; i++) {
        json_begin_object(&json);
        put_text(&json, "folder", rows[i].folder);
        put_text(&json, "fork", rows[i].fork);
        put_counts(&json, rows[i].passed, rows[i].failed);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_key(&json, "failures");
    json_begin_array(&json);
    VEC_FOR_EACH (one, &report->cases)
        put_case(&json, one);
    json_end_array(&json);
    json_end_object(&json);
    buffer_put_byte(&text, '\n');
    fwrite(text.at, 1, text.len, out);
    buffer_free(&text);
    free(rows);
}
