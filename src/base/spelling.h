#pragma once
/* What somebody may have meant who wrote a name that is not there.
 *
 * Limits  SPELLING_LEN_MAX bytes a name; longer ones are far from all. */
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define SPELLING_LEN_MAX 64
#define SPELLING_NEAR_MAX 3 /* letters that may differ */

/* How many letters must be changed, put in or left out (Levenshtein);
 * SIZE_MAX where a name is too long. */
size_t spelling_distance(bytes a, bytes b);

/* The search for the nearest one; begins as {.least = SPELLING_NEAR_MAX + 1}.
 */
struct spelling {
    size_t least;
};

/* True where `name` is nearer to what was written than all before, and near
 * enough to be meant. */
bool spelling_is_nearer(struct spelling *spelling, bytes written, bytes name);
