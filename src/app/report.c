#include "app/report.h"

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
            arena_string(&report->arena, bytes_str(folder)),
            arena_string(&report->arena, bytes_str(fork)),
            {0},
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
        .outcome = one->outcome,
    };
    VEC_PUSH(&report->cases, copy);
}

void report_add(struct report *report, const struct report_case *one)
{
    struct arena scratch;
    arena_init(&scratch);
    row_of(report, folder_of(&scratch, one->file), one->fork)
        ->count[one->outcome]++;
    arena_fini(&scratch);
    report->total[one->outcome]++;
    if (one->outcome != OUTCOME_PASSED)
        keep_case(report, one);
}

void report_merge(struct report *into, const struct report *from)
{
    VEC_FOR_EACH (row, &from->rows) {
        struct report_row *sum = row_of(into, row->folder, row->fork);
        for (unsigned i = 0; i < OUTCOME_COUNT; i++)
            sum->count[i] += row->count[i];
    }
    VEC_FOR_EACH (one, &from->cases)
        keep_case(into, one);
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        into->total[i] += from->total[i];
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

void report_print(const struct report *report, FILE *out, bool list_all)
{
    struct report_row *rows = sorted_rows(report);
    int width = 6;
    for (size_t i = 0; i < report->rows.len; i++)
        if ((int)strlen(rows[i].folder) > width)
            width = (int)strlen(rows[i].folder);
    fprintf(out, "%-*s  %-28s %8s %8s %12s\n", width, "folder", "fork",
            "passed", "failed", "unsupported");
    for (size_t i = 0; i < report->rows.len; i++)
        fprintf(out, "%-*s  %-28s %8llu %8llu %12llu\n", width, rows[i].folder,
                rows[i].fork, (unsigned long long)rows[i].count[OUTCOME_PASSED],
                (unsigned long long)rows[i].count[OUTCOME_FAILED],
                (unsigned long long)rows[i].count[OUTCOME_UNSUPPORTED]);
    free(rows);
    VEC_FOR_EACH (one, &report->cases) {
        if (one->outcome == OUTCOME_FAILED || list_all)
            fprintf(out, "%s: %s: %s [%s]: %s\n",
                    one->outcome == OUTCOME_FAILED ? "failed" : "unsupported",
                    one->file, one->name, one->fork, one->why);
    }
    if (report->total[OUTCOME_UNSUPPORTED])
        fprintf(out, "%llu reached a precompile that this build lacks\n",
                (unsigned long long)report->total[OUTCOME_UNSUPPORTED]);
    fprintf(out, "%llu passed, %llu failed, %llu skipped\n",
            (unsigned long long)report->total[OUTCOME_PASSED],
            (unsigned long long)report->total[OUTCOME_FAILED],
            (unsigned long long)report->total[OUTCOME_UNSUPPORTED]);
}

static const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_PASSED] = "passed",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNSUPPORTED] = "unsupported",
};

static void put_counts(struct json_writer *json,
                       const uint64_t count[OUTCOME_COUNT])
{
    for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
        json_key(json, outcome_names[i]);
        json_put_u64(json, count[i]);
    }
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
    put_text(json, "outcome", outcome_names[one->outcome]);
    put_text(json, "why", one->why);
    json_end_object(json);
}

void report_print_json(const struct report *report, FILE *out)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    struct report_row *rows = sorted_rows(report);
    json_begin_object(&json);
    put_counts(&json, report->total);
    json_key(&json, "rows");
    json_begin_array(&json);
    for (size_t i = 0; i < report->rows.len; i++) {
        json_begin_object(&json);
        put_text(&json, "folder", rows[i].folder);
        put_text(&json, "fork", rows[i].fork);
        put_counts(&json, rows[i].count);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_key(&json, "cases");
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
