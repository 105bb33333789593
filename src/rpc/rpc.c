/* Jobs: requests on their way, one call or a batch. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "chain/executor.h"
#include "rpc/rpc_core.h"
#include "rpc/rpc_counters.h"
#include "rpc/rpc_host.h"
#include "state/overlay.h"

/* What all trials of one request may use together, in gas: some hundreds of
 * microseconds. */
#define TRIAL_GAS_MAX 200000

/* Most answers are not longer. */
#define ANSWER_BYTES_FIRST 256

static void fill_limits(struct rpc_limits *limits)
{
    if (!limits->batch_max)
        limits->batch_max = RPC_BATCH_MAX;
    if (!limits->answer_bytes_max)
        limits->answer_bytes_max = RPC_ANSWER_BYTES_MAX;
    if (!limits->request_bytes_max)
        limits->request_bytes_max = RPC_REQUEST_BYTES_MAX;
    if (!limits->depth_max)
        limits->depth_max = RPC_DEPTH_MAX;
    if (!limits->call_gas_max)
        limits->call_gas_max = RPC_CALL_GAS_MAX;
}

static void free_job(struct rpc_job *job)
{
    if (!job)
        return;
    arena_fini(&job->arena);
    free(job);
}

struct rpc *rpc_new(const struct rpc_method *methods, size_t count,
                    struct rpc_host *host)
{
    struct rpc *rpc = MEMORY_NEW(struct rpc);
    for (size_t i = 0; i < count; i++) {
        ASSERT(i == 0 || strcmp(methods[i - 1].name, methods[i].name) < 0);
        ASSERT(methods[i].count <= ARRAY_LEN(((struct rpc_call *)0)->params));
    }
    rpc->methods = methods;
    rpc->method_count = count;
    rpc->host = host;
    fill_limits(&host->limits);
    rpc->executor = executor_new();
    return rpc;
}

void rpc_free(struct rpc *rpc)
{
    if (!rpc)
        return;
    free_job(rpc->spare);
    overlay_free(rpc->overlay);
    executor_free(rpc->executor);
    free(rpc);
}

static bool begin_batch(struct rpc *rpc, struct rpc_job *job)
{
    size_t count = json_len(job->request), max = rpc->host->limits.batch_max;
    if (count && count <= max) {
        json_begin_array(&job->out);
        return true;
    }
    const char *text = count ? arena_printf(&job->arena,
                                            "batch too large: %zu calls, more "
                                            "than %zu (--rpc-batch-max)",
                                            count, max)
                             : "empty batch";
    rpc_answer_error(job, NULL, RPC_INVALID_REQUEST, text, NULL);
    return false;
}

/* Transactions of one batch that share a block are taken in one turn. */
static bool is_turn_over(struct rpc_job *job, enum rpc_place place,
                         uint64_t end_ns)
{
    bool is_over = place == RPC_ON_LOOP && !job->reply.waits &&
                   rpc_counters_now() > end_ns;
    if (is_over)
        job->wants = RPC_NEXT_TURN;
    return is_over;
}

static bool answer_batch(struct rpc *rpc, struct rpc_job *job,
                         enum rpc_place place)
{
    size_t count = json_len(job->request);
    uint64_t end_ns = rpc_counters_now() + RPC_TURN_NS;
    if (!job->has_begun && !begin_batch(rpc, job))
        return true;
    job->has_begun = true;
    while (job->next < count) {
        if (!rpc_request_answer(rpc, job, json_at(job->request, job->next),
                                place))
            return false;
        if (++job->next < count && is_turn_over(job, place, end_ns))
            return false;
    }
    if (job->reply.text.len == 1)
        job->reply.text.len = 0; /* notifications alone */
    else
        json_end_array(&job->out);
    return true;
}

static struct rpc_job *take_job(struct rpc *rpc)
{
    struct rpc_job *job = rpc->spare;
    if (!job) {
        job = MEMORY_NEW(struct rpc_job);
        arena_init(&job->arena);
    }
    rpc->spare = NULL;
    VEC_RESERVE(&job->reply.text, ANSWER_BYTES_FIRST);
    job->out = (struct json_writer){&job->reply.text, false};
    job->trial_gas_left = TRIAL_GAS_MAX;
    return job;
}

static void read_request(struct rpc *rpc, struct rpc_job *job, bytes request)
{
    const struct rpc_limits *limits = &rpc->host->limits;
    struct json_limits bounds = JSON_FROM_PEER;
    bounds.bytes_max = limits->request_bytes_max;
    bounds.depth_max = limits->depth_max;
    bounds.depth_option = " (--rpc-depth-max)";
    loft_err code = json_parse(&job->request, &job->arena, request, &bounds);
    if (code != LOFT_OK)
        rpc_answer_error(job, NULL,
                         code == LOFT_ERR_LIMIT ? RPC_LIMIT_EXCEEDED
                                                : RPC_PARSE_ERROR,
                         err_sentence(), NULL);
}

struct rpc_job *rpc_job_new(struct rpc *rpc, bytes request,
                            struct rpc_peer *peer)
{
    struct rpc_job *job = take_job(rpc);
    job->peer = peer;
    if (request.len > RPC_READ_ON_LOOP_MAX)
        job->unread = arena_copy(&job->arena, request);
    else
        read_request(rpc, job, request);
    return job;
}

/* False: the text is read elsewhere. */
static bool read_late(struct rpc *rpc, struct rpc_job *job,
                      enum rpc_place place)
{
    if (job->refusal) {
        rpc_answer_error(job, NULL, job->refusal, job->refusal_text, NULL);
    } else if (place == RPC_ON_LOOP) {
        job->wants = RPC_ON_WORKER;
        return false;
    } else {
        read_request(rpc, job, job->unread);
    }
    job->unread = BYTES_EMPTY;
    return true;
}

bool rpc_job_run(struct rpc *rpc, struct rpc_job *job, enum rpc_place place)
{
    if (job->unread.len && !read_late(rpc, job, place))
        return false;
    if (!job->request)
        return true;
    bool done = json_kind(job->request) == JSON_IS_ARRAY
                    ? answer_batch(rpc, job, place)
                    : rpc_request_answer(rpc, job, job->request, place);
    rpc_view_close(rpc, job);
    /* Nobody else makes it true where this one is going. */
    if (!done && job->reply.waits)
        rpc_settle(rpc, job);
    return done;
}

void rpc_job_refuse(struct rpc_job *job, int code, const char *text)
{
    job->refusal = code;
    job->refusal_text = text;
}

void rpc_job_free(struct rpc *rpc, struct rpc_job *job)
{
    ASSERT(!job->view && rpc->holder != job);
    rpc_reply_fini(&job->reply);
    if (rpc->spare) {
        free_job(job);
        return;
    }
    struct arena arena = job->arena;
    arena_reset(&arena);
    *job = (struct rpc_job){.arena = arena};
    rpc->spare = job;
}

void rpc_handle(struct rpc *rpc, struct rpc_reply *reply, bytes request,
                struct rpc_peer *peer)
{
    struct rpc_job *job = rpc_job_new(rpc, request, peer);
    rpc_job_run(rpc, job, RPC_ANYWHERE);
    *reply = job->reply;
    job->reply = (struct rpc_reply){0};
    rpc_job_free(rpc, job);
}
