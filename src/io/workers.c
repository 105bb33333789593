#include "io/workers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"

struct worker {
    struct workers *all;
    unsigned index;
    pthread_t thread;
};

struct workers {
    workers_run *run;
    void *context;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t not_empty, not_full;
    void **ring;
    size_t ring_len, first, waiting;
    bool closing;
    unsigned count;
    struct worker each[];
};

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

void workers_give(struct workers *workers, void *job)
{
    pthread_mutex_lock(&workers->lock);
    while (workers->waiting == workers->ring_len)
        pthread_cond_wait(&workers->not_full, &workers->lock);
    size_t at = (workers->first + workers->waiting) % workers->ring_len;
    workers->ring[at] = job;
    workers->waiting++;
    pthread_cond_signal(&workers->not_empty);
    pthread_mutex_unlock(&workers->lock);
}

void workers_finish(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->closing = true;
    pthread_cond_broadcast(&workers->not_empty);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++)
        pthread_join(workers->each[i].thread, NULL);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->not_empty);
    pthread_cond_destroy(&workers->not_full);
    free(workers->ring);
    free(workers);
}
