#pragma once
/* The outcomes of a fixture run, gathered by folder and fork.
 *
 * Threads  a report belongs to one thread; report_merge() joins them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

struct report_case {
    const char *file, *name, *fork;
    const char *why; /* it failed; NULL: it passed */
};

struct report {
    struct arena arena;
    struct map lines; /* "folder\tfork" -> index of a row */
    VEC(struct report_row) rows;
    VEC(struct report_case) cases; /* those that failed */
    uint64_t passed, failed;
};

struct report_row {
    const char *folder, *fork;
    uint64_t passed, failed;
};

void report_init(struct report *report);
void report_fini(struct report *report);

/* Texts are copied. */
void report_add(struct report *report, const struct report_case *one);

/* Adds `from` to `into`. */
void report_merge(struct report *into, const struct report *from);

/* One line a folder and fork, then what failed, then the sums. */
void report_print(const struct report *report, FILE *out);
void report_print_json(const struct report *report, FILE *out);
