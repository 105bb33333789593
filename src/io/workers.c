#include "io/workers.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/vec.h"

struct worker {
    struct workers *all;
    unsigned index;
    pthread_t thread;
};

typedef VEC(void *) job_list;

struct workers {
    workers_run *run;
    void *context;
    struct loop_wake *wake; /* NULL: jobs do not come back */
    workers_returned *returned;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t not_empty, not_full;
    void **ring;
    size_t ring_len, first, waiting;
    bool closing;
    job_list done;
    unsigned count;
    struct worker each[];
};

static void give_back(struct workers *all, void *job)
{
    pthread_mutex_lock(&all->lock);
    VEC_PUSH(&all->done, job);
    bool first = all->done.len == 1;
    pthread_mutex_unlock(&all->lock);
    if (first)
        loop_wake_send(all->wake);
}

static void *take_jobs(void *argument)
{
    struct worker *self = argument;
    struct workers *all = self->all;
    for (;;) {
        pthread_mutex_lock(&all->lock);
        while (all->waiting == 0 && !all->closing)
            pthread_cond_wait(&all->not_empty, &all->lock);
        if (all->waiting == 0) {
            pthread_mutex_unlock(&all->lock);
            return NULL;
        }
        void *job = all->ring[all->first];
        all->first = (all->first + 1) % all->ring_len;
        all->waiting--;
        pthread_cond_signal(&all->not_full);
        pthread_mutex_unlock(&all->lock);
        all->run(all->context, self->index, job);
        if (all->wake)
            give_back(all, job);
    }
}

unsigned workers_default_count(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 0 ? (unsigned)processors : 1;
}

struct workers *workers_start(unsigned count, size_t queue_max,
                              workers_run *run, void *context)
{
    ASSERT(queue_max > 0);
    if (count == 0)
        count = workers_default_count();
    struct workers *all = memory_zalloc(sizeof *all +
                                        count * sizeof all->each[0]);
    all->run = run;
    all->context = context;
    all->ring = memory_alloc(queue_max * sizeof *all->ring);
    all->ring_len = queue_max;
    all->count = count;
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->not_empty, NULL);
    pthread_cond_init(&all->not_full, NULL);
    /* The EVM recurses to a depth of 1024: room as the main thread has it,
     * and more where sanitizers widen the frames. */
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)64 << 20);
    for (unsigned i = 0; i < count; i++) {
        all->each[i] = (struct worker){.all = all, .index = i};
        ASSERT(pthread_create(&all->each[i].thread, &attributes, take_jobs,
                              &all->each[i]) == 0);
    }
    pthread_attr_destroy(&attributes);
    return all;
}

unsigned workers_count(const struct workers *workers)
{
    return workers->count;
}

/* On the loop's thread. What is given back meanwhile wakes it again. */
static void take_back(void *context)
{
    struct workers *workers = context;
    pthread_mutex_lock(&workers->lock);
    job_list done = workers->done;
    workers->done = (job_list){0};
    pthread_mutex_unlock(&workers->lock);
    VEC_FOR_EACH (job, &done)
        workers->returned(workers->context, *job);
    VEC_FREE(&done);
}

loft_err workers_return_to(struct workers *workers, struct loop *loop,
                           workers_returned *returned)
{
    workers->returned = returned;
    return loop_wake_open(&workers->wake, loop, take_back, workers);
}

/* With the lock held and room in the queue. */
static void enqueue(struct workers *workers, void *job)
{
    size_t at = (workers->first + workers->waiting) % workers->ring_len;
    workers->ring[at] = job;
    workers->waiting++;
    pthread_cond_signal(&workers->not_empty);
}

void workers_give(struct workers *workers, void *job)
{
    pthread_mutex_lock(&workers->lock);
    while (workers->waiting == workers->ring_len)
        pthread_cond_wait(&workers->not_full, &workers->lock);
    enqueue(workers, job);
    pthread_mutex_unlock(&workers->lock);
}

bool workers_try_give(struct workers *workers, void *job)
{
    pthread_mutex_lock(&workers->lock);
    bool has_room = workers->waiting < workers->ring_len;
    if (has_room)
        enqueue(workers, job);
    pthread_mutex_unlock(&workers->lock);
    return has_room;
}

void workers_finish(struct workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->closing = true;
    pthread_cond_broadcast(&workers->not_empty);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++)
        pthread_join(workers->each[i].thread, NULL);
    if (workers->wake)
        take_back(workers);
    loop_wake_close(workers->wake);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->not_empty);
    pthread_cond_destroy(&workers->not_full);
    free(workers->ring);
    free(workers);
}
