#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_BYTES_MAX 2048

static enum log_level most_level = LOG_INFO;
static bool json_lines;

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

void log_set(enum log_level most, bool as_json)
{
    most_level = most;
    json_lines = as_json;
}

bool log_level_read(enum log_level *out, const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(level_names); i++) {
        if (strcmp(level_names[i], name) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level)
{
    return level <= most_level;
}

static void time_text(char out[32])
{
    struct timeval now;
    struct tm parts;
    char whole[24];
    gettimeofday(&now, NULL);
    gmtime_r(&now.tv_sec, &parts);
    strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, 32, "%s.%03dZ", whole, (int)(now.tv_usec / 1000));
}

/* Copies text so that it can neither end the line nor leave the JSON string. */
static void clean(char *out, size_t room, const char *text)
{
    size_t used = 0;
    for (; *text && used + 3 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (json_lines && (c == '"' || c == '\\'))
            out[used++] = '\\';
        out[used++] = c < 32 || c >= 127 ? '?' : (char)c;
    }
    out[used] = 0;
}

static void write_line(enum log_level level, const char *module,
                       const char *event, const char *text)
{
    char line[LOG_LINE_BYTES_MAX + 256], when[32];
    const char *shape = json_lines
                            ? "{\"time\":\"%s\",\"level\":\"%s\",\"module\":"
                              "\"%s\",\"event\":\"%s\",\"text\":\"%s\"}\n"
                            : "%s %-5s %s: %s %s\n";
    time_text(when);
    int len = snprintf(line, sizeof line, shape, when, level_names[level],
                       module, event, text);
    /* One write keeps lines of several threads whole. */
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
        return;
}

/* The second that lines are counted in, and how many it has had: in one word,
 * so that threads agree without a lock. */
#define COUNT_BITS 24
static atomic_uint_fast64_t window;
static atomic_uint_fast64_t dropped, dropped_told;

static void tell_dropped(void)
{
    char text[64];
    uint64_t now = atomic_load(&dropped);
    uint64_t before = atomic_exchange(&dropped_told, now);
    if (now <= before)
        return;
    snprintf(text, sizeof text, "lines=%llu",
             (unsigned long long)(now - before));
    write_line(LOG_WARN, "base", "log_dropped", text);
}

/* Takes one of this second's lines; false: there are none left. */
static bool take_line(enum log_level level)
{
    uint64_t most = level == LOG_ERROR
                        ? LOG_LINES_A_SECOND_MAX
                        : LOG_LINES_A_SECOND_MAX - LOG_LINES_OF_ERRORS;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t second = (uint64_t)now.tv_sec, next;
    uint64_t seen = atomic_load(&window);
    do {
        bool is_same = seen >> COUNT_BITS == second;
        uint64_t count = is_same ? seen & ((1u << COUNT_BITS) - 1) : 0;
        if (count >= most) {
            atomic_fetch_add(&dropped, 1);
            return false;
        }
        next = second << COUNT_BITS | (count + 1);
    } while (!atomic_compare_exchange_weak(&window, &seen, next));
    if (seen >> COUNT_BITS != second)
        tell_dropped();
    return true;
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}

void log_event(enum log_level level, const char *module, const char *event,
               const char *format, ...)
{
    char raw[LOG_LINE_BYTES_MAX], text[LOG_LINE_BYTES_MAX];
    va_list args;
    if (!take_line(level))
        return;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    clean(text, sizeof text, raw);
    write_line(level, module, event, text);
}
