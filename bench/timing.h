#pragma once
/* How long things take: the best of many short runs, on one processor. */
#include <time.h>

#define TIMING_RUNS 50
#define TIMING_RUN_NS 2e6

static inline double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline double timing_run_ns(void (*work)(void), unsigned times)
{
    double start = now_ns();
    for (unsigned i = 0; i < times; i++)
        work();
    return (now_ns() - start) / times;
}

/* ns a call. */
static inline double measure(void (*work)(void))
{
    double best = timing_run_ns(work, 1);
    unsigned times = (unsigned)(TIMING_RUN_NS / best) + 1;
    for (int i = 0; i < TIMING_RUNS; i++) {
        double ns = timing_run_ns(work, times);
        if (ns < best)
            best = ns;
    }
    return best;
}
