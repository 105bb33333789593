#pragma once
/* The custom errors of contracts whose ABIs were shown to the node: they have
 * names in its log and in what it answers.
 *
 * Threads  one at a time.
 * Limits   ERROR_NAMES_MAX; ERROR_NAME_BYTES_MAX a signature.
 * Trust    an ABI may be anyone's: of two errors with one selector the first
 *          stays.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/map.h"
#include "codec/json.h"

#define ERROR_NAMES_MAX 16384
#define ERROR_NAME_BYTES_MAX 512

struct error_names {
    struct map signatures; /* selector -> its text, in memory of its own */
};

void error_names_init(struct error_names *names);
void error_names_fini(struct error_names *names);

/* Keeps the errors of a contract's ABI; what it cannot read it leaves out.
 * How many of them it knows. */
size_t error_names_add(struct error_names *names, struct arena *arena,
                       const struct json *abi);

/* "NotToday(0x…, 5)", in the arena; NULL: no error that is known. */
const char *error_names_text(const struct error_names *names,
                             struct arena *arena, bytes output);
