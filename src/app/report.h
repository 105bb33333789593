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

enum outcome {
    OUTCOME_PASSED,
    OUTCOME_FAILED,
    OUTCOME_UNSUPPORTED, /* it reached a precompile that this build lacks */
    OUTCOME_COUNT,
};

struct report_case {
    const char *file, *name, *fork, *why;
    enum outcome outcome;
};

struct report {
    struct arena arena;
    struct map lines; /* "folder\tfork" -> index of a row */
    VEC(struct report_row) rows;
    VEC(struct report_case) cases; /* those that did not pass */
    uint64_t total[OUTCOME_COUNT];
};

struct report_row {
    const char *folder, *fork;
    uint64_t count[OUTCOME_COUNT];
};

void report_init(struct report *report);
void report_fini(struct report *report);

/* Texts are copied. `why` may be "" for a case that passed. */
void report_add(struct report *report, const struct report_case *one);

/* Adds `from` to `into`. */
void report_merge(struct report *into, const struct report *from);

/* One line a folder and fork, then what failed, then the sums. */
void report_print(const struct report *report, FILE *out, bool list_all);
void report_print_json(const struct report *report, FILE *out);
