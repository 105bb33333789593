#include "io/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

struct trial {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_task *task;
    struct loop_watch *watch;
    int fd;
    int rings, tasks, reads;
};

static void stop(void *context)
{
    struct trial *trial = context;
    trial->rings++;
    loop_stop(trial->loop);
}

static void a_timer_rings_once_after_its_delay(void **state)
{
    (void)state;
    struct trial trial = {0};
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    trial.timer = loop_timer_open(trial.loop, stop, &trial);
    uint64_t before = clock_monotonic_ns();
    loop_timer_start(trial.timer, 20);
    loop_run(trial.loop);
    assert_int_equal(trial.rings, 1);
    assert_true(clock_monotonic_ns() - before >= 15000000u);
    loop_timer_close(trial.timer);
    loop_close(trial.loop);
}

static void a_stopped_timer_stays_silent(void **state)
{
    (void)state;
    struct trial trial = {0};
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    trial.timer = loop_timer_open(trial.loop, stop, &trial);
    loop_timer_start(trial.timer, 1);
    loop_timer_stop(trial.timer);
    loop_run(trial.loop);
    assert_int_equal(trial.rings, 0);
    loop_timer_close(trial.timer);
    loop_close(trial.loop);
}

static void read_byte(void *context)
{
    struct trial *trial = context;
    char byte;
    assert_int_equal(read(trial->fd, &byte, 1), 1);
    trial->reads++;
    loop_task_schedule(trial->task);
    loop_task_schedule(trial->task);
}

static void count_task(void *context)
{
    struct trial *trial = context;
    trial->tasks++;
    if (trial->reads == 3)
        loop_stop(trial->loop);
}

static void a_task_runs_once_after_what_was_ready(void **state)
{
    (void)state;
    struct trial trial = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    trial.fd = ends[0];
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    trial.task = loop_task_open(trial.loop, count_task, &trial);
    assert_int_equal(
        loop_watch_open(&trial.watch, trial.loop, ends[0], read_byte, &trial),
        LOFT_OK);
    loop_run(trial.loop);
    assert_int_equal(trial.reads, 3);
    assert_int_equal(trial.tasks, 3);
    loop_watch_close(trial.watch);
    loop_task_close(trial.task);
    loop_close(trial.loop);
    close(ends[0]);
    close(ends[1]);
}

static void a_task_scheduled_outside_of_io_does_not_wait_for_it(void **state)
{
    (void)state;
    struct trial trial = {.reads = 3};
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    trial.task = loop_task_open(trial.loop, count_task, &trial);
    trial.timer = loop_timer_open(trial.loop, stop, &trial);
    loop_timer_start(trial.timer, 60000);
    loop_task_schedule(trial.task);
    loop_run(trial.loop);
    assert_int_equal(trial.tasks, 1);
    assert_int_equal(trial.rings, 0);
    loop_timer_close(trial.timer);
    loop_task_close(trial.task);
    loop_close(trial.loop);
}

static void a_signal_is_delivered(void **state)
{
    (void)state;
    struct trial trial = {0};
    struct loop_signal *signal = NULL;
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    assert_int_equal(
        loop_signal_open(&signal, trial.loop, SIGUSR1, stop, &trial), LOFT_OK);
    assert_int_equal(raise(SIGUSR1), 0);
    loop_run(trial.loop);
    assert_int_equal(trial.rings, 1);
    loop_signal_close(signal);
    loop_close(trial.loop);
}

static void a_closed_descriptor_is_not_watched(void **state)
{
    (void)state;
    struct trial trial = {0};
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    assert_int_equal(
        loop_watch_open(&trial.watch, trial.loop, 987, stop, &trial),
        LOFT_ERR_IO);
    loop_close(trial.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_rings_once_after_its_delay),
        cmocka_unit_test(a_stopped_timer_stays_silent),
        cmocka_unit_test(a_task_runs_once_after_what_was_ready),
        cmocka_unit_test(a_task_scheduled_outside_of_io_does_not_wait_for_it),
        cmocka_unit_test(a_signal_is_delivered),
        cmocka_unit_test(a_closed_descriptor_is_not_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
