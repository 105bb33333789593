#include "io/lock.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

struct lock {
    pthread_mutex_t mutex;
};

struct lock *lock_new(void)
{
    struct lock *lock = MEMORY_NEW(struct lock);
    ASSERT(pthread_mutex_init(&lock->mutex, NULL) == 0);
    return lock;
}

void lock_free(struct lock *lock)
{
    if (!lock)
        return;
    pthread_mutex_destroy(&lock->mutex);
    free(lock);
}

void lock_take(struct lock *lock)
{
    ASSERT(pthread_mutex_lock(&lock->mutex) == 0);
}

void lock_give(struct lock *lock)
{
    ASSERT(pthread_mutex_unlock(&lock->mutex) == 0);
}
