#pragma once
/* Threads that take jobs from one bounded queue, and may give them back to an
 * event loop.
 *
 * Threads  the owner gives jobs; run() is called on the workers, each job
 *          once, with the index of the worker so that it can use memory of
 *          its own. returned() is called on the loop's thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "io/loop.h"

struct workers;

typedef void workers_run(void *context, unsigned worker, void *job);
typedef void workers_returned(void *context, void *job);

/* count 0: one a processor. queue_max: jobs that wait at most. */
struct workers *workers_start(unsigned count, size_t queue_max,
                              workers_run *run, void *context);
unsigned workers_count(const struct workers *workers);

/* How many a count of 0 would start. */
unsigned workers_default_count(void);

/* Jobs that have run come back to the loop. To be called before the first job
 * is given; the loop is closed after workers_finish(). */
MUST_USE loft_err workers_return_to(struct workers *workers, struct loop *loop,
                                    workers_returned *returned);

/* Waits while the queue is full. */
void workers_give(struct workers *workers, void *job);

/* False: the queue is full. */
bool workers_try_give(struct workers *workers, void *job);

/* Waits until all jobs are done, gives those back that are due to the loop,
 * and ends the threads. */
void workers_finish(struct workers *workers); /* NULL is fine */
