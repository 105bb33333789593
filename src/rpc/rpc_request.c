/* One request: whether it is well formed, whether its method may run here and
 * now, and what comes of it. */
#include "base/assert.h"
#include "rpc/forward.h"
#include "rpc/pending.h"
#include "rpc/prefetch.h"
#include "rpc/rpc_core.h"
#include "rpc/rpc_counters.h"
#include "rpc/rpc_host.h"

void rpc_view_close(struct rpc *rpc, struct rpc_job *job)
{
    if (job->view)
        rpc->host->ops->close_view(rpc->host, job->view);
    job->view = NULL;
    pending_leave(rpc->host->pending, &job->pending);
}

/* What waits in this batch becomes true before others look. */
void rpc_settle(struct rpc *rpc, struct rpc_job *job)
{
    struct rpc_host *host = rpc->host;
    struct rpc_reply *reply = &job->reply;
    rpc_view_close(rpc, job);
    if (host->ops->settle(host) != LOFT_OK) {
        rpc_reply_fail(reply, RPC_INTERNAL_ERROR, err_sentence());
        return;
    }
    rpc_reply_settle(reply, &host->failures);
}

/* The members of a request, NULL for those that are not there. */
struct request {
    const struct json *id, *method, *params;
    const char *fault; /* NULL: it is well formed */
};

static void answer_failure(struct rpc_job *job, const struct json *id,
                           const struct rpc_call *call)
{
    ASSERT(call->error.text);
    rpc_answer_error(job, id, call->error.code, call->error.text,
                     call->error.data);
}

/* Runs the method, or what it has come to, or asks who knows what is not here,
 * for which it moves. */
static bool call_here_or_there(struct rpc_job *job, struct rpc_call *call,
                               const struct rpc_method *method,
                               enum rpc_place place)
{
    struct answer_mark mark = rpc_answer_mark(job);
    enum forward forward = forward_of(call, method);
    if (!job->going.to && forward != FORWARD_AT_ONCE &&
        prefetch_is_due(call, method))
        return prefetch(call, method);
    bool asks = forward == FORWARD_AT_ONCE || job->forwards;
    rpc_function *function = job->going.call ? job->going.call : method->call;
    bool ok = !asks && function(call);
    if (forward == FORWARD_IF_MISSING && !asks && !call->going.to) {
        bytes text = buffer_bytes(&job->reply.text);
        asks = !ok || forward_is_missing(
                          bytes_of(text.at + mark.text, text.len - mark.text));
    }
    if (!asks)
        return ok;
    rpc_answer_drop(job, mark);
    job->forwards = place == RPC_ON_LOOP;
    return job->forwards ? rpc_move(call) : forward_call(call, method);
}

/* Its result is written; false: it has failed, or moves. */
static bool call_method(struct rpc_job *job, struct rpc_call *call,
                        const struct rpc_method *method,
                        const struct json *params, enum rpc_place place)
{
    struct rpc_counters *counters = call->host->counters;
    uint64_t began_ns = counters ? rpc_counters_now() : 0;
    bool ok = rpc_method_params(call, method, params) &&
              call_here_or_there(job, call, method, place);
    if (counters && !call->going.to)
        rpc_counters_add(counters, method, began_ns, !ok);
    return ok;
}

static void end_holding(struct rpc *rpc, const struct rpc_job *job)
{
    if (rpc->holder == job)
        rpc->holder = NULL;
}

/* The call is not answered yet. What goes to a worker, or sleeps, has changed
 * all that it will for now; nobody there could let go of the turn. */
static void go_on(struct rpc *rpc, struct rpc_job *job,
                  const struct rpc_call *call)
{
    job->going = call->going;
    job->wants = call->going.to;
    if (job->wants == RPC_NEXT_TURN)
        rpc->holder = job;
    else
        end_holding(rpc, job);
}

static struct rpc_call make_call(struct rpc *rpc, struct rpc_job *job,
                                 enum rpc_place place, uint64_t trial_gas)
{
    return (struct rpc_call){
        .host = rpc->host,
        .peer = job->peer,
        .arena = &job->arena,
        .executor = rpc->executor,
        .senders = &rpc->senders,
        .overlay = &rpc->overlay,
        .out = &job->out,
        .view = &job->view,
        .pending = &job->pending,
        .place = place,
        .kept = job->going.kept,
        .stop = &job->stop,
        .trial_gas = trial_gas,
    };
}

/* The answer from `at` on is true only when the call's transaction is. */
static void wait_for(struct rpc_job *job, const struct rpc_call *call,
                     size_t at)
{
    struct rpc_waiting waiting = {.at = at,
                                  .len = job->reply.text.len - at,
                                  .transaction = call->waits_for};
    job->reply.waits = true;
    VEC_PUSH(&job->reply.waiting, waiting);
}

/* Runs a method; its result or error is appended as one answer. False: the
 * method goes on elsewhere. */
static bool run_method(struct rpc *rpc, struct rpc_job *job,
                       const struct request *request,
                       const struct rpc_method *method, enum rpc_place place,
                       uint64_t trial_gas)
{
    struct answer_mark mark = rpc_answer_mark(job);
    struct rpc_call call = make_call(rpc, job, place, trial_gas);
    rpc_answer_begin(&job->out, request->id);
    json_key(&job->out, "result");
    bool ok = call_method(job, &call, method, request->params, place);
    if (call.going.to) {
        rpc_answer_drop(job, mark);
        go_on(rpc, job, &call);
        return false;
    }
    if (trial_gas)
        job->trial_gas_left = call.trial_gas;
    if (ok && job->reply.text.len > rpc->host->limits.answer_bytes_max)
        ok = rpc_fail(&call, RPC_TOO_LARGE, RPC_ANSWER_TOO_LARGE);
    if (!ok) {
        rpc_answer_drop(job, mark);
        answer_failure(job, request->id, &call);
        return true;
    }
    json_end_object(&job->out);
    if (call.waits)
        wait_for(job, &call, mark.text);
    return true;
}

static const char *fault_of(const struct request *request,
                            const struct json *value)
{
    bytes version = BYTES_EMPTY;
    const struct json *id = request->id;
    if (json_kind(value) != JSON_IS_OBJECT)
        return "a request is an object";
    if (json_read_string(&version, json_get(value, "jsonrpc")) != LOFT_OK ||
        !bytes_equal(version, bytes_str("2.0")))
        return "\"jsonrpc\" must be \"2.0\"";
    if (json_kind(request->method) != JSON_IS_STRING)
        return "\"method\" must be a string";
    if (json_kind(id) != JSON_IS_ABSENT && !rpc_answer_is_id(id))
        return "\"id\" must be a string, a number or null";
    return NULL;
}

static struct request read_request(const struct json *value)
{
    struct request request = {.id = json_get(value, "id"),
                              .method = json_get(value, "method"),
                              .params = json_get(value, "params")};
    request.fault = fault_of(&request, value);
    return request;
}

/* Whether the call is to run in this place, or else where; *trial_gas is what
 * it may use, 0: all it needs. */
static bool belongs(const struct rpc *rpc, struct rpc_job *job,
                    const struct rpc_method *method, enum rpc_place place,
                    uint64_t *trial_gas)
{
    bool is_long = method->kind == RPC_LONG || method->kind == RPC_TRIES;
    *trial_gas = 0;
    if (job->going.to)
        is_long = job->going.to == RPC_ON_WORKER;
    job->wants = is_long ? RPC_ON_WORKER : RPC_ON_LOOP;
    if (place == RPC_ANYWHERE || place == job->wants)
        return true;
    /* Over a base, a trial may have to wait for another node. */
    if (place == RPC_ON_LOOP && method->kind == RPC_TRIES && !job->going.to &&
        !rpc->host->is_fork)
        *trial_gas = job->trial_gas_left;
    return *trial_gas > 0;
}

/* Whether it would change something in the midst of what another does. */
static bool must_wait(const struct rpc *rpc, struct rpc_job *job,
                      const struct rpc_method *method, enum rpc_place place)
{
    bool waits = place == RPC_ON_LOOP && rpc->holder && rpc->holder != job &&
                 (method->kind == RPC_DEFERS ||
                  rpc_method_writes(method->name));
    if (waits)
        job->wants = RPC_NEXT_TURN;
    return waits;
}

#define NEEDS_TOKEN \
    "this method needs the token of --rpc-token (Authorization: Bearer)"

/* Why a call is not looked at; NULL: it is. */
static const char *refusal_of(const struct rpc *rpc, const struct rpc_job *job,
                              int *code)
{
    *code = RPC_TOO_LARGE;
    if (job->reply.text.len > rpc->host->limits.answer_bytes_max)
        return RPC_ANSWER_TOO_LARGE;
    *code = RPC_TIMEOUT;
    if (atomic_load_explicit(&job->stop, memory_order_relaxed))
        return RPC_TOOK_TOO_LONG;
    *code = job->refusal;
    return job->refusal ? job->refusal_text : NULL;
}

/* The call's answer; false: it is to be looked at in the other place. */
static bool answer_request(struct rpc *rpc, struct rpc_job *job,
                           const struct request *request, enum rpc_place place)
{
    const struct json *id = request->id;
    const char *name = NULL, *fault = request->fault;
    const struct rpc_method *method = NULL;
    uint64_t trial_gas;
    int code = RPC_INVALID_REQUEST;
    if (!fault)
        fault = refusal_of(rpc, job, &code);
    if (fault) {
        rpc_answer_error(job, id, code, fault, NULL);
        return true;
    }
    if (json_read_text(&name, request->method) == LOFT_OK)
        method = rpc_method_find(rpc, name);
    if (method && job->may_only_read && rpc_method_writes(name)) {
        rpc_answer_error(job, id, RPC_UNAUTHORIZED, NEEDS_TOKEN, NULL);
        return true;
    }
    if (job->reply.waits && !(method && method->kind == RPC_DEFERS))
        rpc_settle(rpc, job);
    if (method)
        return belongs(rpc, job, method, place, &trial_gas) &&
               !must_wait(rpc, job, method, place) &&
               run_method(rpc, job, request, method, place, trial_gas);
    if (rpc->host->counters)
        rpc_counters_add_unknown(rpc->host->counters);
    const char *text = arena_printf(
        &job->arena, "the method %.128s does not exist/is not available",
        name ? name : "");
    rpc_answer_error(job, id, RPC_METHOD_NOT_FOUND, text, NULL);
    return true;
}

bool rpc_request_answer(struct rpc *rpc, struct rpc_job *job,
                        const struct json *value, enum rpc_place place)
{
    struct request request = read_request(value);
    struct arena_mark memory = arena_mark(&job->arena);
    struct answer_mark mark = rpc_answer_mark(job);
    while (!answer_request(rpc, job, &request, place))
        if (place != RPC_ANYWHERE)
            return false;
    /* A notification has no answer. */
    if (json_kind(request.id) == JSON_IS_ABSENT && !request.fault)
        rpc_answer_drop(job, mark);
    job->going = (struct rpc_going){0};
    end_holding(rpc, job);
    /* What a call changes on the loop changes the pending block. */
    if (place != RPC_ON_WORKER)
        job->pending.is_ordered = false;
    arena_rewind(&job->arena, memory);
    return true;
}
