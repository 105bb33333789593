#include "rpc/rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "chain/executor.h"
#include "rpc/forward.h"
#include "rpc/pending.h"
#include "rpc/prefetch.h"
#include "rpc/rpc_counters.h"
#include "rpc/rpc_host.h"
#include "rpc/sender_cache.h"
#include "state/overlay.h"

#define ERROR_TEXT_MAX 1024
#define ANSWER_TOO_LARGE "response too large (--rpc-answer-bytes-max)"
#define TOOK_TOO_LONG "execution aborted: it took too long (--rpc-timeout)"

/* What all trials of one request may use together, in gas: some hundreds of
 * microseconds. */
#define TRIAL_GAS_MAX 200000

struct rpc {
    const struct rpc_method *methods;
    size_t method_count;
    struct rpc_host *host;
    struct executor *executor;
    struct sender_cache senders;
    struct overlay *overlay; /* a simulation's, between two of them */
    struct rpc_job *spare;   /* the last one, with its memory; or NULL */
    struct rpc_job *holder;  /* whose turn to change things lasts; or NULL */
};

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

static bool fail(struct rpc_call *call, int code, const char *format,
                 va_list args)
{
    char text[ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    call->error.code = code;
    call->error.text = arena_string(call->arena, bytes_str(text));
    return false;
}

bool rpc_fail(struct rpc_call *call, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(call, code, format, args);
    va_end(args);
    return false;
}

bool rpc_fail_data(struct rpc_call *call, int code, bytes data,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(call, code, format, args);
    va_end(args);
    call->error.data = hex_string(call->arena, data);
    return false;
}

bool rpc_fail_quantity(struct rpc_call *call, int code, uint64_t data,
                       const char *format, ...)
{
    va_list args;
    char *text = arena_zalloc(call->arena, HEX_QUANTITY_MAX + 1);
    va_start(args, format);
    fail(call, code, format, args);
    va_end(args);
    hex_quantity(text, u256_from(data));
    call->error.data = text;
    return false;
}

bool rpc_fail_err(struct rpc_call *call, loft_err code)
{
    const char *sentence = err_sentence();
    int rpc_code = code == LOFT_ERR_FORMAT || code == LOFT_ERR_USAGE
                       ? RPC_INVALID_PARAMS
                   : code == LOFT_ERR_LIMIT ? RPC_LIMIT_EXCEEDED
                   : code == LOFT_ERR_IO || code == LOFT_ERR_CORRUPT
                       ? RPC_INTERNAL_ERROR
                       : RPC_SERVER_ERROR;
    return rpc_fail(call, rpc_code, "%s",
                    *sentence ? sentence : err_text(code));
}

bool rpc_go(struct rpc_call *call, enum rpc_place to, rpc_function *function,
            void *kept)
{
    call->going = (struct rpc_going){to, function, kept};
    return false;
}

bool rpc_move(struct rpc_call *call)
{
    return rpc_go(call, RPC_ON_WORKER, NULL, call->kept);
}

bool rpc_is_stopped(struct rpc_call *call)
{
    if (!call->stop || !atomic_load_explicit(call->stop, memory_order_relaxed))
        return false;
    rpc_fail(call, RPC_TIMEOUT, TOOK_TOO_LONG);
    return true;
}

static void put_error(struct json_writer *out, int code, const char *text,
                      const char *data)
{
    json_begin_object(out);
    json_key(out, "code");
    json_put_i64(out, code);
    json_key(out, "message");
    json_put_text(out, text);
    if (data) {
        json_key(out, "data");
        json_put_text(out, data);
    }
    json_end_object(out);
}

static bool is_id(const struct json *id)
{
    enum json_kind kind = json_kind(id);
    return kind == JSON_IS_STRING || kind == JSON_IS_NUMBER ||
           kind == JSON_IS_NULL;
}

static void begin_answer(struct json_writer *out, const struct json *id)
{
    json_begin_object(out);
    json_key(out, "jsonrpc");
    json_put_text(out, "2.0");
    json_key(out, "id");
    if (is_id(id))
        json_put_value(out, id);
    else
        json_put_null(out);
}

static void answer_error(struct rpc_job *job, const struct json *id, int code,
                         const char *text, const char *data)
{
    begin_answer(&job->out, id);
    json_key(&job->out, "error");
    put_error(&job->out, code, text, data);
    json_end_object(&job->out);
}

static int compare_name(const void *name, const void *method)
{
    return strcmp(name, ((const struct rpc_method *)method)->name);
}

static bool begins_with_any(const char *name, const char *const *prefixes,
                            size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* They change the chain at will. */
static bool is_for_development(const char *name)
{
    static const char *const prefixes[] = {"anvil_", "evm_", "hardhat_",
                                           "tenderly_"};
    return begins_with_any(name, prefixes, ARRAY_LEN(prefixes));
}

bool rpc_method_writes(const char *name)
{
    static const char *const reading[] = {
        "admin_peers",
        "debug_account",
        "debug_chainConfig",
        "debug_code",
        "debug_dump",
        "debug_execution",
        "debug_get",
        "debug_intermediate",
        "debug_storage",
        "debug_trace",
        "eth_",
        "loft_decode",
        "loft_encode",
        "loft_peerBans",
        "loft_peerId",
        "loft_peers",
        "loft_readAbi",
        "loft_status",
        "net_",
        "ots_",
        "rpc.",
        "rpc_",
        "trace_",
        "txpool_",
        "web3_",
    };
    static const char *const writing[] = {"eth_send", "eth_sign"};
    return !begins_with_any(name, reading, ARRAY_LEN(reading)) ||
           begins_with_any(name, writing, ARRAY_LEN(writing));
}

static const struct rpc_method *find_method(const struct rpc *rpc,
                                            const char *name)
{
    if (!rpc->host->dev.is_on && is_for_development(name))
        return NULL;
    return bsearch(name, rpc->methods, rpc->method_count, sizeof *rpc->methods,
                   compare_name);
}

static bool read_array(struct rpc_call *call, const struct rpc_method *method,
                       const struct json *params)
{
    size_t len = json_len(params);
    if (len > method->count)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "too many arguments, want at most %u", method->count);
    for (size_t i = 0; i < len; i++)
        call->params[i] = json_at(params, i);
    return true;
}

/* The position of a parameter's name in "address block"; -1: not there. */
static int position_of(const char *names, bytes name)
{
    for (int i = 0; *names; i++) {
        size_t len = strcspn(names, " ");
        if (bytes_equal(bytes_of(names, len), name))
            return i;
        names += len;
        names += strspn(names, " ");
    }
    return -1;
}

static bool read_named(struct rpc_call *call, const struct rpc_method *method,
                       const struct json *params)
{
    JSON_FOR_EACH (member, params) {
        int at = position_of(method->parameters, member.key);
        if (at < 0)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "no argument is named \"%.64s\"",
                            (const char *)member.key.at);
        call->params[at] = member.value;
    }
    return true;
}

static bool read_params(struct rpc_call *call, const struct rpc_method *method,
                        const struct json *params)
{
    enum json_kind kind = json_kind(params);
    bool ok = kind == JSON_IS_ARRAY    ? read_array(call, method, params)
              : kind == JSON_IS_OBJECT ? read_named(call, method, params)
              : json_absent(params)
                  ? true
                  : rpc_fail(call, RPC_INVALID_PARAMS, "non-array args");
    if (!ok)
        return false;
    for (unsigned i = 0; i < method->count; i++) {
        if (json_absent(call->params[i]))
            call->params[i] = NULL;
        if (!call->params[i] && i < method->required)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "missing value for required argument %u", i);
    }
    return true;
}

static void close_view(struct rpc *rpc, struct rpc_job *job)
{
    if (job->view)
        rpc->host->ops->close_view(rpc->host, job->view);
    job->view = NULL;
    pending_leave(rpc->host->pending, &job->pending);
}

/* What waits in this batch becomes true before others look. */
static void settle(struct rpc *rpc, struct rpc_job *job)
{
    struct rpc_host *host = rpc->host;
    struct rpc_reply *reply = &job->reply;
    close_view(rpc, job);
    if (host->ops->settle(host) != LOFT_OK) {
        rpc_reply_fail(reply, RPC_INTERNAL_ERROR, err_sentence());
        return;
    }
    rpc_reply_settle(reply, &host->failures);
}

/* Where a batch's answer goes on, and where it goes back to when the answer of
 * a call is dropped. */
struct answer_mark {
    size_t text, waiting;
    struct json_writer out;
};

static struct answer_mark mark_answer(const struct rpc_job *job)
{
    return (struct answer_mark){job->reply.text.len, job->reply.waiting.len,
                                job->out};
}

static void drop_answer(struct rpc_job *job, struct answer_mark mark)
{
    job->reply.text.len = mark.text;
    job->reply.waiting.len = mark.waiting;
    job->out = mark.out;
}

static void answer_failure(struct rpc_job *job, const struct json *id,
                           const struct rpc_call *call)
{
    ASSERT(call->error.text);
    answer_error(job, id, call->error.code, call->error.text, call->error.data);
}

/* Runs the method, or what it has come to, or asks who knows what is not here,
 * for which it moves. */
static bool call_here_or_there(struct rpc_job *job, struct rpc_call *call,
                               const struct rpc_method *method,
                               enum rpc_place place)
{
    struct answer_mark mark = mark_answer(job);
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
    drop_answer(job, mark);
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
    bool ok = read_params(call, method, params) &&
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

/* Runs a method; its result or error is appended as one answer. False: the
 * method goes on elsewhere. */
static bool run_method(struct rpc *rpc, struct rpc_job *job,
                       const struct json *id, const struct rpc_method *method,
                       const struct json *params, enum rpc_place place,
                       uint64_t trial_gas)
{
    struct answer_mark mark = mark_answer(job);
    struct rpc_call call = {
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
    struct buffer *text = &job->reply.text;
    begin_answer(&job->out, id);
    json_key(&job->out, "result");
    bool ok = call_method(job, &call, method, params, place);
    if (call.going.to) {
        drop_answer(job, mark);
        go_on(rpc, job, &call);
        return false;
    }
    if (trial_gas)
        job->trial_gas_left = call.trial_gas;
    if (ok && text->len > rpc->host->limits.answer_bytes_max)
        ok = rpc_fail(&call, RPC_TOO_LARGE, ANSWER_TOO_LARGE);
    if (!ok) {
        drop_answer(job, mark);
        answer_failure(job, id, &call);
        return true;
    }
    json_end_object(&job->out);
    if (call.waits) {
        job->reply.waits = true;
        VEC_PUSH(&job->reply.waiting,
                 ((struct rpc_waiting){.at = mark.text,
                                       .len = text->len - mark.text,
                                       .transaction = call.waits_for}));
    }
    return true;
}

static const char *fault_of_request(const struct json *request)
{
    bytes version = BYTES_EMPTY;
    const struct json *id = json_get(request, "id");
    if (json_kind(request) != JSON_IS_OBJECT)
        return "a request is an object";
    if (json_read_string(&version, json_get(request, "jsonrpc")) != LOFT_OK ||
        !bytes_equal(version, bytes_str("2.0")))
        return "\"jsonrpc\" must be \"2.0\"";
    if (json_kind(json_get(request, "method")) != JSON_IS_STRING)
        return "\"method\" must be a string";
    if (json_kind(id) != JSON_IS_ABSENT && !is_id(id))
        return "\"id\" must be a string, a number or null";
    return NULL;
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
        return ANSWER_TOO_LARGE;
    *code = RPC_TIMEOUT;
    if (atomic_load_explicit(&job->stop, memory_order_relaxed))
        return TOOK_TOO_LONG;
    *code = job->refusal;
    return job->refusal ? job->refusal_text : NULL;
}

/* The call's answer; false: it is to be looked at in the other place. */
static bool answer_request(struct rpc *rpc, struct rpc_job *job,
                           const struct json *request, enum rpc_place place)
{
    const struct json *id = json_get(request, "id");
    const struct json *params = json_get(request, "params");
    const char *name = NULL, *fault = fault_of_request(request);
    const struct rpc_method *method = NULL;
    uint64_t trial_gas;
    int code = RPC_INVALID_REQUEST;
    if (!fault)
        fault = refusal_of(rpc, job, &code);
    if (fault) {
        answer_error(job, id, code, fault, NULL);
        return true;
    }
    if (json_read_text(&name, json_get(request, "method")) == LOFT_OK)
        method = find_method(rpc, name);
    if (method && job->may_only_read && rpc_method_writes(name)) {
        answer_error(job, id, RPC_UNAUTHORIZED, NEEDS_TOKEN, NULL);
        return true;
    }
    if (job->reply.waits && !(method && method->kind == RPC_DEFERS))
        settle(rpc, job);
    if (method)
        return belongs(rpc, job, method, place, &trial_gas) &&
               !must_wait(rpc, job, method, place) &&
               run_method(rpc, job, id, method, params, place, trial_gas);
    if (rpc->host->counters)
        rpc_counters_add_unknown(rpc->host->counters);
    const char *text = arena_printf(
        &job->arena, "the method %.128s does not exist/is not available",
        name ? name : "");
    answer_error(job, id, RPC_METHOD_NOT_FOUND, text, NULL);
    return true;
}

static bool answer_call(struct rpc *rpc, struct rpc_job *job,
                        const struct json *request, enum rpc_place place)
{
    struct arena_mark memory = arena_mark(&job->arena);
    struct answer_mark mark = mark_answer(job);
    while (!answer_request(rpc, job, request, place))
        if (place != RPC_ANYWHERE)
            return false;
    /* A notification has no answer. */
    if (json_kind(json_get(request, "id")) == JSON_IS_ABSENT &&
        !fault_of_request(request))
        drop_answer(job, mark);
    job->going = (struct rpc_going){0};
    end_holding(rpc, job);
    /* What a call changes on the loop changes the pending block. */
    if (place != RPC_ON_WORKER)
        job->pending.is_ordered = false;
    arena_rewind(&job->arena, memory);
    return true;
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
    answer_error(job, NULL, RPC_INVALID_REQUEST, text, NULL);
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
        if (!answer_call(rpc, job, json_at(job->request, job->next), place))
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
        answer_error(job, NULL,
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
        answer_error(job, NULL, job->refusal, job->refusal_text, NULL);
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
                    : answer_call(rpc, job, job->request, place);
    close_view(rpc, job);
    /* Nobody else makes it true where this one is going. */
    if (!done && job->reply.waits)
        settle(rpc, job);
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

/* Each waiting object is one that begin_answer() began: what stands before
 * "result" in it stays. */
static size_t head_len(bytes object)
{
    static const char result[] = "\"result\":";
    const uint8_t *at = memmem(object.at, object.len, result, strlen(result));
    ASSERT(at);
    return (size_t)(at - object.at);
}

/* Puts another end in the place of a waiting object's result. */
typedef bool waiting_end(struct buffer *out, const struct rpc_waiting *waiting,
                         const void *context);

/* Where `end` returns false, the object stays as it is. */
static void rewrite_waiting(struct rpc_reply *reply, waiting_end *end,
                            const void *context)
{
    struct buffer rewritten = {0}, ending = {0};
    size_t copied = 0;
    VEC_FOR_EACH (waiting, &reply->waiting) {
        bytes object = bytes_of(reply->text.at + waiting->at, waiting->len);
        ending.len = 0;
        if (!end(&ending, waiting, context))
            continue;
        buffer_put(&rewritten, reply->text.at + copied,
                   waiting->at - copied + head_len(object));
        buffer_put_bytes(&rewritten, bytes_str("\"error\":"));
        buffer_put_bytes(&rewritten, buffer_bytes(&ending));
        buffer_put_byte(&rewritten, '}');
        copied = waiting->at + waiting->len;
    }
    if (copied) {
        buffer_put(&rewritten, reply->text.at + copied,
                   reply->text.len - copied);
        buffer_free(&reply->text);
        reply->text = rewritten;
    }
    buffer_free(&ending);
    reply->waits = false;
    reply->waiting.len = 0;
}

static bool end_in_failure(struct buffer *out,
                           const struct rpc_waiting *waiting,
                           const void *failures)
{
    struct json_writer json = {out, false};
    const struct failure *failure = failures_find(failures,
                                                  &waiting->transaction);
    if (failure)
        failure_put(&json, failures, failure);
    return failure != NULL;
}

void rpc_reply_settle(struct rpc_reply *reply, const struct failures *failures)
{
    rewrite_waiting(reply, end_in_failure, failures);
}

struct end_error {
    int code;
    const char *text;
};

static bool end_in_error(struct buffer *out, const struct rpc_waiting *waiting,
                         const void *context)
{
    const struct end_error *error = context;
    struct json_writer json = {out, false};
    (void)waiting;
    put_error(&json, error->code, error->text, NULL);
    return true;
}

void rpc_reply_fail(struct rpc_reply *reply, int code, const char *text)
{
    rewrite_waiting(reply, end_in_error, &(struct end_error){code, text});
}

void rpc_reply_fini(struct rpc_reply *reply)
{
    buffer_free(&reply->text);
    VEC_FREE(&reply->waiting);
}
