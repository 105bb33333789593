#define LOFT_MODULE "test"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char line[8192];

/* Runs with stderr going into `line`. */
static void capture(void (*run)(void))
{
    int ends[2], kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    run();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(ends[1]);
    ssize_t len = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    line[len > 0 ? len : 0] = 0;
}

static size_t count(char wanted)
{
    size_t found = 0;
    for (const char *at = line; *at; at++)
        found += *at == wanted;
    return found;
}

static void plain(void)
{
    log_info("opened", "channel=%d", 7);
}

static void an_event_is_one_line(void **state)
{
    (void)state;
    log_set(LOG_INFO, false);
    capture(plain);
    assert_non_null(strstr(line, "Z info  test: opened channel=7\n"));
    assert_int_equal(count('\n'), 1);
}

static void debug_event(void)
{
    log_debug("seen", "x=%d", 1);
}

static void levels_beyond_the_chosen_one_are_silent(void **state)
{
    (void)state;
    log_set(LOG_INFO, false);
    assert_true(log_enabled(LOG_ERROR));
    assert_false(log_enabled(LOG_DEBUG));
    capture(debug_event);
    assert_string_equal(line, "");
    log_set(LOG_DEBUG, false);
    capture(debug_event);
    assert_non_null(strstr(line, "seen x=1"));
}

static void hostile(void)
{
    log_warn("heard", "%s", "a\nb\r\x1b[31m\"c\\\x7f\xff");
}

static void foreign_text_cannot_forge_a_line(void **state)
{
    (void)state;
    log_set(LOG_INFO, false);
    capture(hostile);
    assert_int_equal(count('\n'), 1);
    assert_int_equal(count('\r'), 0);
    assert_int_equal(count('\x1b'), 0);
    assert_int_equal(count('\x7f'), 0);
}

static void foreign_text_cannot_leave_a_json_string(void **state)
{
    (void)state;
    log_set(LOG_INFO, true);
    capture(hostile);
    assert_non_null(strstr(line, "\"level\":\"warn\",\"module\":\"test\","
                                 "\"event\":\"heard\",\"text\":"
                                 "\"a?b??[31m\\\"c\\\\??\"}\n"));
    log_set(LOG_INFO, false);
}

static void endless(void)
{
    char text[10000];
    memset(text, '"', sizeof text);
    text[sizeof text - 1] = 0;
    log_info("long", "%s", text);
}

static void an_endless_text_is_cut_and_still_ends_its_line(void **state)
{
    (void)state;
    log_set(LOG_INFO, true);
    capture(endless);
    size_t len = strlen(line);
    assert_true(len < 4096);
    assert_string_equal(line + len - 3, "\"}\n");
    log_set(LOG_INFO, false);
}

static void levels_are_read_by_name(void **state)
{
    (void)state;
    enum log_level level;
    assert_true(log_level_read(&level, "error"));
    assert_int_equal(level, LOG_ERROR);
    assert_true(log_level_read(&level, "debug"));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_read(&level, "loud"));
    assert_false(log_level_read(&level, ""));
}

#define FLOOD (3 * LOG_LINES_A_SECOND_MAX)

static void flood(void)
{
    for (int i = 0; i < FLOOD; i++)
        log_warn("x", "%d", i);
}

static void a_flood_is_cut_and_the_rest_counted(void **state)
{
    (void)state;
    static char some[1 << 18];
    char path[] = "/tmp/loft-log-XXXXXX";
    int kept = dup(STDERR_FILENO), fd = mkstemp(path);
    uint64_t before = log_dropped(), lines = 0;
    log_set(LOG_INFO, false);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    flood();
    log_error("unheard", "someone=%s", "must act");
    sleep(1);
    plain();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    ssize_t len = pread(fd, some, sizeof some - 1, 0);
    close(fd);
    unlink(path);
    assert_true(len > 0);
    for (char *at = some; (at = strstr(at, "test: x ")); at++)
        lines++;
    /* The flood may fall into two seconds, or three. */
    assert_in_range(lines, LOG_LINES_A_SECOND_MAX - LOG_LINES_OF_ERRORS - 10,
                    FLOOD - 1);
    assert_int_equal(lines + log_dropped() - before, FLOOD);
    assert_non_null(strstr(some, "base: log_dropped lines="));
    assert_non_null(strstr(some, "opened channel=7"));
    assert_non_null(strstr(some, "unheard someone=must act"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line),
        cmocka_unit_test(levels_beyond_the_chosen_one_are_silent),
        cmocka_unit_test(foreign_text_cannot_forge_a_line),
        cmocka_unit_test(a_flood_is_cut_and_the_rest_counted),
        cmocka_unit_test(foreign_text_cannot_leave_a_json_string),
        cmocka_unit_test(an_endless_text_is_cut_and_still_ends_its_line),
        cmocka_unit_test(levels_are_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
