#pragma once
/* A lock between threads: held by one at a time, and never for long. */

struct lock;

struct lock *lock_new(void);
void lock_free(struct lock *lock); /* NULL is fine */

void lock_take(struct lock *lock);
void lock_give(struct lock *lock);
