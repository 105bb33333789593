#pragma once
/* Failures of the world: disk, peer, malformed bytes.
 *
 * A function that can fail returns loft_err. The place that fails adds a
 * sentence for people with err_say(); whoever reports the failure reads it
 * with err_sentence(). Verdicts of a domain (a revert, an invalid block) are
 * results with enums of their own, and bugs stop at ASSERT.
 *
 * Threads  the sentence belongs to the calling thread.
 */
#include "base/attributes.h"

#define LOFT_ERRORS(X)                   \
    X(OK, "ok")                          \
    X(FORMAT, "malformed data")          \
    X(LIMIT, "a limit was exceeded")     \
    X(NOT_FOUND, "not found")            \
    X(EXISTS, "exists already")          \
    X(REFUSED, "refused")                \
    X(IO, "input or output failed")      \
    X(FULL, "no space is left")          \
    X(CORRUPT, "stored data is damaged") \
    X(BUSY, "in use by another process") \
    X(USAGE, "wrong usage")              \
    X(TIMEOUT, "timed out")

typedef enum {
#define X(name, text) LOFT_ERR_##name,
    LOFT_ERRORS(X)
#undef X
} loft_err;

#define LOFT_OK LOFT_ERR_OK

/* The general text of an error: "malformed data". Static. */
const char *err_text(loft_err code);

/* err_say(code, format, ...) keeps the sentence, cut at ERR_SENTENCE_MAX
 * bytes, and returns code. err_in(code, format, ...) puts words and ": " in
 * front of the present sentence and returns code.
 *
 * Macros, so that the compiler sees which code comes back: after TRY it then
 * knows that outputs were set. */
#define ERR_SENTENCE_MAX 511
#define err_say(code, ...)           \
    __extension__({                  \
        loft_err err_said_ = (code); \
        err_keep(__VA_ARGS__);       \
        err_code(err_said_);         \
    })
#define err_in(code, ...)             \
    __extension__({                   \
        loft_err err_found_ = (code); \
        err_prefix(__VA_ARGS__);      \
        err_code(err_found_);         \
    })

void err_keep(const char *format, ...) PRINTF_LIKE(1, 2);
void err_prefix(const char *format, ...) PRINTF_LIKE(1, 2);

static inline loft_err err_code(loft_err code)
{
    return code;
}

/* The last sentence said on this thread, "" if none. Good until the next
 * err_say() or err_in() on this thread. */
const char *err_sentence(void);

#define TRY(call)                          \
    do {                                   \
        loft_err try_err_ = (call);        \
        if (UNLIKELY(try_err_ != LOFT_OK)) \
            return try_err_;               \
    } while (0)
