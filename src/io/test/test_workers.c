#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/workers.h"

#define JOBS 10000
#define WORKERS 4

struct tally {
    uint64_t sum[WORKERS];
    unsigned done[JOBS];
};

static unsigned numbers[JOBS];

static void count_job(void *context, unsigned worker, void *job)
{
    struct tally *tally = context;
    unsigned number = *(unsigned *)job;
    tally->sum[worker] += number;
    tally->done[number]++;
}

static void every_job_runs_exactly_once(void **state)
{
    (void)state;
    static struct tally tally;
    struct workers *workers = workers_start(WORKERS, 16, count_job, &tally);
    for (unsigned i = 0; i < JOBS; i++) {
        numbers[i] = i;
        workers_give(workers, &numbers[i]);
    }
    workers_finish(workers);
    uint64_t sum = 0;
    for (unsigned i = 0; i < WORKERS; i++)
        sum += tally.sum[i];
    assert_int_equal(sum, (uint64_t)JOBS * (JOBS - 1) / 2);
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(tally.done[i], 1);
}

static void finishing_without_jobs_ends(void **state)
{
    (void)state;
    struct workers *workers = workers_start(0, 1, count_job, NULL);
    assert_true(workers_count(workers) >= 1);
    workers_finish(workers);
}

#define RETURNED_JOBS 500

struct round_trip {
    struct loop *loop;
    struct workers *workers;
    unsigned squares[RETURNED_JOBS];
    unsigned returned;
};

static void square(void *context, unsigned worker, void *job)
{
    unsigned *number = job;
    (void)context;
    (void)worker;
    *number *= *number;
}

static void count_returned(void *context, void *job)
{
    struct round_trip *trip = context;
    (void)job;
    if (++trip->returned == RETURNED_JOBS)
        loop_stop(trip->loop);
}

static void keep_running(void *context)
{
    struct round_trip *trip = context;
    loop_stop(trip->loop); /* far too late */
}

static void jobs_come_back_to_the_loop(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    assert_int_equal(loop_open(&trip.loop), LOFT_OK);
    struct loop_timer *timer = loop_timer_open(trip.loop, keep_running, &trip);
    loop_timer_start(timer, 60000);
    trip.workers = workers_start(WORKERS, RETURNED_JOBS, square, &trip);
    assert_int_equal(workers_return_to(trip.workers, trip.loop, count_returned),
                     LOFT_OK);
    for (unsigned i = 0; i < RETURNED_JOBS; i++) {
        trip.squares[i] = i;
        assert_true(workers_try_give(trip.workers, &trip.squares[i]));
    }
    loop_run(trip.loop);
    assert_int_equal(trip.returned, RETURNED_JOBS);
    for (unsigned i = 0; i < RETURNED_JOBS; i++)
        assert_int_equal(trip.squares[i], i * i);
    workers_finish(trip.workers);
    loop_timer_close(timer);
    loop_close(trip.loop);
}

static void finishing_gives_back_what_has_run(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    assert_int_equal(loop_open(&trip.loop), LOFT_OK);
    trip.workers = workers_start(1, 8, square, &trip);
    assert_int_equal(workers_return_to(trip.workers, trip.loop, count_returned),
                     LOFT_OK);
    for (unsigned i = 0; i < 8; i++)
        assert_true(workers_try_give(trip.workers, &trip.squares[i]));
    workers_finish(trip.workers);
    assert_int_equal(trip.returned, 8);
    loop_close(trip.loop);
}

struct gate {
    int ends[2];
};

static void wait_at_gate(void *context, unsigned worker, void *job)
{
    struct gate *gate = context;
    char byte;
    (void)worker;
    (void)job;
    assert_int_equal(read(gate->ends[0], &byte, 1), 1);
}

static void a_full_queue_takes_no_more(void **state)
{
    struct gate gate;
    unsigned given = 0;
    (void)state;
    assert_int_equal(pipe(gate.ends), 0);
    struct workers *workers = workers_start(1, 3, wait_at_gate, &gate);
    while (workers_try_give(workers, &gate))
        given++;
    assert_in_range(given, 3, 4); /* one may have been taken */
    for (unsigned i = 0; i < given; i++)
        assert_int_equal(write(gate.ends[1], "", 1), 1);
    workers_finish(workers);
    close(gate.ends[0]);
    close(gate.ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_runs_exactly_once),
        cmocka_unit_test(finishing_without_jobs_ends),
        cmocka_unit_test(jobs_come_back_to_the_loop),
        cmocka_unit_test(finishing_gives_back_what_has_run),
        cmocka_unit_test(a_full_queue_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
