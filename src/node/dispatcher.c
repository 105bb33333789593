#include "node/dispatcher.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/vec.h"
#include "io/workers.h"
#include "rpc/methods.h"
#include "rpc/rpc_host.h"

/* How often it is looked at whose time is up. */
#define WATCH_MS 50

#define NODE_IS_STOPPING "the node is stopping"

/* A request that is with the workers, or waits for a turn of the loop. */
struct task {
    struct rpc_job *job;
    struct reply_place place;
    uint64_t left_ns;     /* of its time on workers */
    uint64_t deadline_ns; /* while it is there, and UINT64_MAX else */
    size_t bytes;
    bool done; /* its reply is complete */
    struct task *next, *previous;
};

typedef VEC(struct task *) task_list;

struct dispatcher {
    struct dispatcher_options options;
    struct rpc *rpc; /* the loop's */
    struct replies *replies;
    struct workers *workers; /* NULL: no call was long so far */
    struct rpc **each;       /* a worker's own; NULL before its first job */
    struct loop_timer *watch;
    struct loop_task *turn;
    task_list waiting; /* for the next turn, in the order of their arrival */
    task_list asleep;  /* until dispatcher_wake() */
    bool watches, finishing, has_warned;
    struct task tasks; /* a ring with this as its end */
    size_t task_count, task_bytes;
};

void dispatcher_close(struct dispatcher *dispatcher)
{
    if (!dispatcher)
        return;
    ASSERT(!dispatcher->workers && dispatcher->task_count == 0);
    loop_timer_close(dispatcher->watch);
    loop_task_close(dispatcher->turn);
    VEC_FREE(&dispatcher->waiting);
    VEC_FREE(&dispatcher->asleep);
    replies_free(dispatcher->replies);
    rpc_free(dispatcher->rpc);
    free(dispatcher);
}

/* The job's reply goes its way, and the job ends. */
static void finish(struct dispatcher *dispatcher, struct rpc_job *job,
                   struct reply_place place)
{
    struct rpc_reply reply = job->reply;
    job->reply = (struct rpc_reply){0};
    rpc_job_free(dispatcher->rpc, job);
    if (reply.waits ||
        dispatcher->options.is_unsettled(dispatcher->options.context))
        replies_hold(dispatcher->replies, place, &reply);
    else
        reply_send(place, &reply);
}

static void task_end(struct dispatcher *dispatcher, struct task *task)
{
    task->previous->next = task->next;
    task->next->previous = task->previous;
    dispatcher->task_count--;
    dispatcher->task_bytes -= task->bytes;
    dispatcher->has_warned &= dispatcher->task_count > 0;
    finish(dispatcher, task->job, task->place);
    free(task);
}

/* What is left of it fails in words. */
static void refuse(struct dispatcher *dispatcher, struct rpc_job *job, int code,
                   const char *text)
{
    rpc_job_refuse(job, code, text);
    ASSERT(rpc_job_run(dispatcher->rpc, job, RPC_ANYWHERE));
}

static void stop_late_ones(void *context)
{
    struct dispatcher *dispatcher = context;
    struct task *end = &dispatcher->tasks;
    uint64_t now = clock_monotonic_ns();
    dispatcher->watches = dispatcher->task_count > 0;
    if (dispatcher->watches)
        loop_timer_start(dispatcher->watch, WATCH_MS);
    size_t stopped = 0;
    for (struct task *task = end->next; task != end; task = task->next) {
        if (now < task->deadline_ns || task->job->stop)
            continue;
        task->job->stop = true;
        stopped++;
    }
    if (stopped)
        log_warn("calls_stopped", "limit=rpc-timeout ms=%" PRIu64 " calls=%zu",
                 dispatcher->options.timeout_ms, stopped);
}

/* On a worker. */
static void run_task(void *context, unsigned worker, void *job)
{
    struct dispatcher *dispatcher = context;
    struct task *task = job;
    struct rpc **own = &dispatcher->each[worker];
    if (!*own)
        *own = rpc_new(rpc_methods, rpc_method_count, dispatcher->options.host);
    task->done = rpc_job_run(*own, task->job, RPC_ON_WORKER);
}

static void task_returned(void *context, void *job);

static bool start_workers(struct dispatcher *dispatcher)
{
    const struct dispatcher_options *options = &dispatcher->options;
    unsigned count = options->threads ? options->threads
                                      : workers_default_count();
    if (dispatcher->workers)
        return true;
    dispatcher->each = memory_zalloc(count * sizeof(struct rpc *));
    dispatcher->workers = workers_start(count, DISPATCHER_JOBS_MAX, run_task,
                                        dispatcher);
    return workers_return_to(dispatcher->workers, options->loop,
                             task_returned) == LOFT_OK;
}

static void refuse_task(struct dispatcher *dispatcher, struct task *task,
                        const char *why)
{
    refuse(dispatcher, task->job, RPC_SERVER_ERROR, why);
    task_end(dispatcher, task);
}

/* It counts its time there, with that in the queue. */
static void give_to_worker(struct dispatcher *dispatcher, struct task *task)
{
    task->deadline_ns = clock_monotonic_ns() + task->left_ns;
    if (!start_workers(dispatcher) ||
        !workers_try_give(dispatcher->workers, task)) {
        refuse_task(dispatcher, task, "no worker threads");
        return;
    }
    if (!dispatcher->watches)
        loop_timer_start(dispatcher->watch, WATCH_MS);
    dispatcher->watches = true;
}

/* The job goes to where it wants to go on. */
static void pass_on(struct dispatcher *dispatcher, struct task *task)
{
    if (dispatcher->finishing) {
        refuse_task(dispatcher, task, NODE_IS_STOPPING);
    } else if (task->job->wants == RPC_ON_WORKER) {
        give_to_worker(dispatcher, task);
    } else if (task->job->wants == RPC_WHEN_WOKEN) {
        VEC_PUSH(&dispatcher->asleep, task);
    } else {
        VEC_PUSH(&dispatcher->waiting, task);
        loop_task_schedule(dispatcher->turn);
    }
}

static void run_on_loop(struct dispatcher *dispatcher, struct task *task)
{
    if (rpc_job_run(dispatcher->rpc, task->job, RPC_ON_LOOP))
        task_end(dispatcher, task);
    else
        pass_on(dispatcher, task);
}

/* What a worker has read takes more room than its text. */
static void count_bytes(struct dispatcher *dispatcher, struct task *task)
{
    dispatcher->task_bytes -= task->bytes;
    task->bytes = task->job->arena.held;
    dispatcher->task_bytes += task->bytes;
}

/* Back on the loop. */
static void task_returned(void *context, void *job)
{
    struct dispatcher *dispatcher = context;
    struct task *task = job;
    uint64_t now = clock_monotonic_ns();
    task->left_ns = task->deadline_ns > now ? task->deadline_ns - now : 0;
    task->deadline_ns = UINT64_MAX;
    count_bytes(dispatcher, task);
    if (task->done)
        task_end(dispatcher, task);
    else
        run_on_loop(dispatcher, task);
}

/* Each of those that wait has one turn. */
static void take_turns(void *context)
{
    struct dispatcher *dispatcher = context;
    task_list waiting = dispatcher->waiting;
    dispatcher->waiting = (task_list){0};
    VEC_FOR_EACH (task, &waiting)
        run_on_loop(dispatcher, *task);
    VEC_FREE(&waiting);
}

void dispatcher_wake(struct dispatcher *dispatcher)
{
    VEC_FOR_EACH (task, &dispatcher->asleep)
        VEC_PUSH(&dispatcher->waiting, *task);
    if (dispatcher->asleep.len > 0)
        loop_task_schedule(dispatcher->turn);
    dispatcher->asleep.len = 0;
}

/* Why no more are taken; NULL: they are. */
static const char *refusal_of(struct dispatcher *dispatcher, size_t held)
{
    if (dispatcher->finishing)
        return NODE_IS_STOPPING;
    if (dispatcher->task_count >= DISPATCHER_JOBS_MAX ||
        held + dispatcher->task_bytes > DISPATCHER_JOB_BYTES_MAX) {
        if (!dispatcher->has_warned)
            log_warn("calls_refused",
                     "limit=DISPATCHER_JOBS_MAX calls=%zu bytes=%zu",
                     dispatcher->task_count, dispatcher->task_bytes);
        dispatcher->has_warned = true;
        return "too many long calls at a time (DISPATCHER_JOBS_MAX)";
    }
    return NULL;
}

static void begin_task(struct dispatcher *dispatcher, struct rpc_job *job,
                       struct reply_place place)
{
    size_t held = job->arena.held;
    const char *refusal = refusal_of(dispatcher, held);
    if (refusal) {
        refuse(dispatcher, job, RPC_LIMIT_EXCEEDED, refusal);
        finish(dispatcher, job, place);
        return;
    }
    struct task *task = MEMORY_NEW(struct task);
    struct task *last = dispatcher->tasks.previous;
    *task = (struct task){
        .job = job,
        .place = place,
        .bytes = held,
        .left_ns = dispatcher->options.timeout_ms * 1000000,
        .deadline_ns = UINT64_MAX,
        .previous = last,
        .next = &dispatcher->tasks,
    };
    last->next = dispatcher->tasks.previous = task;
    dispatcher->task_count++;
    dispatcher->task_bytes += held;
    pass_on(dispatcher, task);
}

struct dispatcher *dispatcher_open(const struct dispatcher_options *options)
{
    struct dispatcher *dispatcher = MEMORY_NEW(struct dispatcher);
    dispatcher->options = *options;
    dispatcher->rpc = rpc_new(rpc_methods, rpc_method_count, options->host);
    dispatcher->replies = replies_new();
    dispatcher->watch = loop_timer_open(options->loop, stop_late_ones,
                                        dispatcher);
    dispatcher->turn = loop_task_open(options->loop, take_turns, dispatcher);
    dispatcher->tasks.next = dispatcher->tasks.previous = &dispatcher->tasks;
    return dispatcher;
}

void dispatcher_take(struct dispatcher *dispatcher, bytes request,
                     const struct dispatcher_caller *caller)
{
    struct rpc_job *job = rpc_job_new(dispatcher->rpc, request, caller->peer);
    job->may_only_read = !caller->may_write;
    if (rpc_job_run(dispatcher->rpc, job, RPC_ON_LOOP))
        finish(dispatcher, job, caller->place);
    else
        begin_task(dispatcher, job, caller->place);
}

void dispatcher_settled(struct dispatcher *dispatcher, loft_err code)
{
    if (code == LOFT_OK)
        replies_send(dispatcher->replies, &dispatcher->options.host->failures);
    else
        replies_fail(dispatcher->replies, RPC_INTERNAL_ERROR, err_sentence());
}

void dispatcher_finish(struct dispatcher *dispatcher)
{
    struct task *end = &dispatcher->tasks;
    dispatcher->finishing = true;
    VEC_FOR_EACH (task, &dispatcher->waiting)
        refuse_task(dispatcher, *task, NODE_IS_STOPPING);
    dispatcher->waiting.len = 0;
    VEC_FOR_EACH (task, &dispatcher->asleep)
        refuse_task(dispatcher, *task, NODE_IS_STOPPING);
    dispatcher->asleep.len = 0;
    if (!dispatcher->workers)
        return;
    for (struct task *task = end->next; task != end; task = task->next)
        task->job->stop = true;
    unsigned count = workers_count(dispatcher->workers);
    workers_finish(dispatcher->workers);
    dispatcher->workers = NULL;
    for (unsigned i = 0; i < count; i++)
        rpc_free(dispatcher->each[i]);
    free(dispatcher->each);
}
