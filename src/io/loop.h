#pragma once
/* The event loop: timers, file descriptors, signals, over libuv.
 *
 * One thread runs the loop and owns all that it calls back. Every handle is
 * made by open and ended by close; its function is not called after close,
 * and close may be called from inside that function.
 *
 * Lifetime  handles are closed before their loop.
 * Threads   the loop's, for all calls but loop_wake_send().
 * Units     milliseconds.
 * Errors    LOFT_ERR_IO where the system gives no more descriptors.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_signal;
struct loop_task;
struct loop_wake;

typedef void loop_call(void *context);

MUST_USE loft_err loop_open(struct loop **out);
void loop_close(struct loop *loop); /* NULL is fine */

/* Returns after loop_stop(), or when nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* A timer that rings once, `delay_ms` after it was started; starting it again
 * moves it. */
struct loop_timer *loop_timer_open(struct loop *loop, loop_call *call,
                                   void *context);
void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_close(struct loop_timer *timer); /* NULL is fine */

/* Calls as long as fd is readable. The descriptor stays the caller's. */
MUST_USE loft_err loop_watch_open(struct loop_watch **out, struct loop *loop,
                                  int fd, loop_call *call, void *context);
/* Calls where it can be read, or written, or whenever either is true. */
void loop_watch_for(struct loop_watch *watch, bool readable, bool writable);
void loop_watch_close(struct loop_watch *watch); /* NULL is fine */

/* Calls when the process gets the signal. */
MUST_USE loft_err loop_signal_open(struct loop_signal **out, struct loop *loop,
                                   int signal, loop_call *call, void *context);
void loop_signal_close(struct loop_signal *signal); /* NULL is fine */

/* Work put off until all descriptors that are ready now have been served:
 * what they asked for is then done in one go. Scheduling twice runs once. */
struct loop_task *loop_task_open(struct loop *loop, loop_call *call,
                                 void *context);
void loop_task_schedule(struct loop_task *task);
void loop_task_close(struct loop_task *task); /* NULL is fine */

/* Calls on the loop's thread soon after loop_wake_send() on any other; sending
 * twice before that calls once. By itself it does not keep loop_run() from
 * returning. */
MUST_USE loft_err loop_wake_open(struct loop_wake **out, struct loop *loop,
                                 loop_call *call, void *context);
void loop_wake_send(struct loop_wake *wake);
void loop_wake_close(struct loop_wake *wake); /* NULL is fine */

/* Unix time. */
uint64_t clock_unix_ms(void);
/* Never goes back; from an arbitrary point. */
uint64_t clock_monotonic_ns(void);
