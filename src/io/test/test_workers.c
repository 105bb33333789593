#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_runs_exactly_once),
        cmocka_unit_test(finishing_without_jobs_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
