#include "io/loop.h"

#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "base/assert.h"
#include "base/memory.h"

struct loop {
    uv_loop_t uv;
};

struct loop_timer {
    uv_timer_t uv;
    loop_call *call;
    void *context;
};

struct loop_watch {
    uv_poll_t uv;
    int events; /* UV_READABLE, UV_WRITABLE or both */
    loop_call *call;
    void *context;
};

struct loop_signal {
    uv_signal_t uv;
    loop_call *call;
    void *context;
};

struct loop_wake {
    uv_async_t uv;
    loop_call *call;
    void *context;
};

/* The check handle runs after the descriptors; the idle handle keeps the loop
 * from sleeping before it. */
struct loop_task {
    uv_check_t check;
    uv_idle_t idle;
    int open; /* of the two */
    loop_call *call;
    void *context;
};

loft_err loop_open(struct loop **out)
{
    struct loop *loop = MEMORY_NEW(struct loop);
    int code = uv_loop_init(&loop->uv);
    if (code) {
        free(loop);
        return err_say(LOFT_ERR_IO, "event loop: %s", uv_strerror(code));
    }
    *out = loop;
    return LOFT_OK;
}

void loop_close(struct loop *loop)
{
    if (!loop)
        return;
    /* Handles end inside a turn of the loop. */
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    ASSERT(uv_loop_close(&loop->uv) == 0);
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle->data);
}

static void timer_rang(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    timer->call(timer->context);
}

struct loop_timer *loop_timer_open(struct loop *loop, loop_call *call,
                                   void *context)
{
    struct loop_timer *timer = MEMORY_NEW(struct loop_timer);
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->call = call;
    timer->context = context;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms)
{
    /* The loop's own time is that of its last turn. */
    uv_update_time(timer->uv.loop);
    uv_timer_start(&timer->uv, timer_rang, delay_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

void loop_timer_close(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_handle);
}

static void watch_ready(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *watch = uv->data;
    (void)events;
    /* The library stops watching what has an error; whoever reads it is to
     * learn of that after what came before. */
    if (status < 0)
        uv_poll_start(uv, watch->events, watch_ready);
    watch->call(watch->context);
}

loft_err loop_watch_open(struct loop_watch **out, struct loop *loop, int fd,
                         loop_call *call, void *context)
{
    struct loop_watch *watch = MEMORY_NEW(struct loop_watch);
    int code = uv_poll_init(&loop->uv, &watch->uv, fd);
    if (code) {
        free(watch);
        return err_say(LOFT_ERR_IO, "watching a descriptor: %s",
                       uv_strerror(code));
    }
    watch->uv.data = watch;
    watch->call = call;
    watch->context = context;
    watch->events = UV_READABLE;
    uv_poll_start(&watch->uv, watch->events, watch_ready);
    *out = watch;
    return LOFT_OK;
}

void loop_watch_for(struct loop_watch *watch, bool readable, bool writable)
{
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events == watch->events)
        return;
    watch->events = events;
    if (events)
        uv_poll_start(&watch->uv, events, watch_ready);
    else
        uv_poll_stop(&watch->uv);
}

void loop_watch_close(struct loop_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->uv, free_handle);
}

static void signal_came(uv_signal_t *uv, int number)
{
    struct loop_signal *signal = uv->data;
    (void)number;
    signal->call(signal->context);
}

loft_err loop_signal_open(struct loop_signal **out, struct loop *loop,
                          int number, loop_call *call, void *context)
{
    struct loop_signal *signal = MEMORY_NEW(struct loop_signal);
    int code = uv_signal_init(&loop->uv, &signal->uv);
    if (code) {
        free(signal);
        return err_say(LOFT_ERR_IO, "watching signals: %s", uv_strerror(code));
    }
    signal->uv.data = signal;
    signal->call = call;
    signal->context = context;
    code = uv_signal_start(&signal->uv, signal_came, number);
    if (code) {
        loop_signal_close(signal);
        return err_say(LOFT_ERR_IO, "watching signal %d: %s", number,
                       uv_strerror(code));
    }
    *out = signal;
    return LOFT_OK;
}

void loop_signal_close(struct loop_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, free_handle);
}

static void task_turn(uv_check_t *uv)
{
    struct loop_task *task = uv->data;
    uv_check_stop(&task->check);
    uv_idle_stop(&task->idle);
    task->call(task->context);
}

static void task_idle(uv_idle_t *uv)
{
    (void)uv;
}

struct loop_task *loop_task_open(struct loop *loop, loop_call *call,
                                 void *context)
{
    struct loop_task *task = MEMORY_NEW(struct loop_task);
    uv_check_init(&loop->uv, &task->check);
    uv_idle_init(&loop->uv, &task->idle);
    task->check.data = task;
    task->idle.data = task;
    task->open = 2;
    task->call = call;
    task->context = context;
    return task;
}

void loop_task_schedule(struct loop_task *task)
{
    uv_check_start(&task->check, task_turn);
    uv_idle_start(&task->idle, task_idle);
}

static void task_closed(uv_handle_t *handle)
{
    struct loop_task *task = handle->data;
    if (--task->open == 0)
        free(task);
}

void loop_task_close(struct loop_task *task)
{
    if (!task)
        return;
    uv_close((uv_handle_t *)&task->check, task_closed);
    uv_close((uv_handle_t *)&task->idle, task_closed);
}

static void woken(uv_async_t *uv)
{
    struct loop_wake *wake = uv->data;
    wake->call(wake->context);
}

loft_err loop_wake_open(struct loop_wake **out, struct loop *loop,
                        loop_call *call, void *context)
{
    struct loop_wake *wake = MEMORY_NEW(struct loop_wake);
    int code = uv_async_init(&loop->uv, &wake->uv, woken);
    if (code) {
        free(wake);
        return err_say(LOFT_ERR_IO, "event loop: %s", uv_strerror(code));
    }
    uv_unref((uv_handle_t *)&wake->uv);
    wake->uv.data = wake;
    wake->call = call;
    wake->context = context;
    *out = wake;
    return LOFT_OK;
}

void loop_wake_send(struct loop_wake *wake)
{
    ASSERT(uv_async_send(&wake->uv) == 0);
}

void loop_wake_close(struct loop_wake *wake)
{
    if (wake)
        uv_close((uv_handle_t *)&wake->uv, free_handle);
}

static uint64_t clock_ns(clockid_t which)
{
    struct timespec now;
    ASSERT(clock_gettime(which, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_unix_ms(void)
{
    return clock_ns(CLOCK_REALTIME) / 1000000u;
}

uint64_t clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}
