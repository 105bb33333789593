#pragma once
/* Threads that take jobs from one bounded queue.
 *
 * Threads  the owner gives jobs; run() is called on the workers, each job
 *          once, with the index of the worker so that it can use memory of
 *          its own.
 */
#include <stddef.h>

struct workers;

typedef void workers_run(void *context, unsigned worker, void *job);

/* count 0: one a processor. queue_max: jobs that wait at most. */
struct workers *workers_start(unsigned count, size_t queue_max,
                              workers_run *run, void *context);
unsigned workers_count(const struct workers *workers);

/* How many a count of 0 would start. */
unsigned workers_default_count(void);

/* Waits while the queue is full. */
void workers_give(struct workers *workers, void *job);

/* Waits until all jobs are done and ends the threads. */
void workers_finish(struct workers *workers);
