#pragma once
/* One event a line on stderr, for people or as JSON.
 *
 *     log_info("opened", "channel=%s peer=%s", id, name);
 *
 * The module's name is added by the build. Values hold no secrets, and no
 * unescaped text from outside: control characters, and what is not ASCII and
 * might be half a character, are replaced.
 *
 * Levels   error: someone must act; warn; info; debug.
 * Limits   LOG_LINES_A_SECOND_MAX; those over it are dropped, and the next
 *          second's first line says how many they were. What a peer can
 *          provoke, then, does not fill a disk at its own speed.
 * Threads  any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

#define LOG_LINES_A_SECOND_MAX 500
#define LOG_LINES_OF_ERRORS 50 /* of these: a flood of others leaves them */

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* At program start, before other threads. */
void log_set(enum log_level most, bool as_json);

/* False: no such level. */
bool log_level_read(enum log_level *out, const char *name);

bool log_enabled(enum log_level level);

/* How many lines were over the limit since the start. */
uint64_t log_dropped(void);

void log_event(enum log_level level, const char *module, const char *event,
               const char *format, ...) PRINTF_LIKE(4, 5);

#ifdef LOFT_MODULE
#define LOG_AT(level, event, ...)                                           \
    (log_enabled(level) ? log_event(level, LOFT_MODULE, event, __VA_ARGS__) \
                        : (void)0)
#define log_error(event, ...) LOG_AT(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) LOG_AT(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...) LOG_AT(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) LOG_AT(LOG_DEBUG, event, __VA_ARGS__)
#endif
