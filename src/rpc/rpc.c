#include "rpc/rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "chain/executor.h"
#include "rpc/rpc_host.h"
#include "rpc/sender_cache.h"

#define ERROR_TEXT_MAX 1024

struct rpc {
    const struct rpc_method *methods;
    size_t method_count;
    struct rpc_host *host;
    struct arena arena;
    struct executor *executor;
    struct sender_cache senders;
};

/* The work on one request. */
struct session {
    struct rpc *rpc;
    struct rpc_reply *reply;
    struct rpc_peer *peer;
    struct json_writer out;
    struct chain_view *view;
};

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
    arena_init(&rpc->arena);
    rpc->executor = executor_new();
    return rpc;
}

void rpc_free(struct rpc *rpc)
{
    if (!rpc)
        return;
    arena_fini(&rpc->arena);
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
    call->error.has_data = true;
    call->error.data = arena_copy(call->arena, data);
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

static void put_error(struct json_writer *out, int code, const char *text,
                      const bytes *data)
{
    json_begin_object(out);
    json_key(out, "code");
    json_put_i64(out, code);
    json_key(out, "message");
    json_put_text(out, text);
    if (data) {
        json_key(out, "data");
        json_put_data(out, *data);
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

static void answer_error(struct session *session, const struct json *id,
                         int code, const char *text, const bytes *data)
{
    begin_answer(&session->out, id);
    json_key(&session->out, "error");
    put_error(&session->out, code, text, data);
    json_end_object(&session->out);
}

static int compare_name(const void *name, const void *method)
{
    return strcmp(name, ((const struct rpc_method *)method)->name);
}

/* They change the chain at will. */
static bool is_for_development(const char *name)
{
    static const char *const prefixes[] = {"anvil_", "evm_", "hardhat_",
                                           "tenderly_"};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
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

static void close_view(struct session *session)
{
    struct rpc_host *host = session->rpc->host;
    if (session->view)
        host->ops->close_view(host, session->view);
    session->view = NULL;
}

/* What waits in this batch becomes true before others look. */
static void settle(struct session *session)
{
    struct rpc_host *host = session->rpc->host;
    struct rpc_reply *reply = session->reply;
    close_view(session);
    if (host->ops->settle(host) != LOFT_OK) {
        rpc_reply_fail(reply, RPC_INTERNAL_ERROR, err_sentence());
        return;
    }
    rpc_reply_settle(reply, &host->failures);
}

/* Runs a method; its result or error is appended as one answer. */
static void run_method(struct session *session, const struct json *id,
                       const struct rpc_method *method,
                       const struct json *params)
{
    struct buffer *text = &session->reply->text;
    struct rpc_call call = {
        .host = session->rpc->host,
        .peer = session->peer,
        .arena = &session->rpc->arena,
        .executor = session->rpc->executor,
        .senders = &session->rpc->senders,
        .out = &session->out,
        .view = &session->view,
    };
    struct json_writer before = session->out;
    size_t start = text->len;
    begin_answer(&session->out, id);
    json_key(&session->out, "result");
    bool ok = read_params(&call, method, params) && method->call(&call);
    if (ok && text->len > RPC_ANSWER_BYTES_MAX)
        ok = rpc_fail(&call, RPC_TOO_LARGE, "response too large");
    if (!ok) {
        ASSERT(call.error.text);
        text->len = start;
        session->out = before;
        answer_error(session, id, call.error.code, call.error.text,
                     call.error.has_data ? &call.error.data : NULL);
        return;
    }
    json_end_object(&session->out);
    if (call.waits) {
        session->reply->waits = true;
        VEC_PUSH(&session->reply->waiting,
                 ((struct rpc_waiting){.at = start,
                                       .len = text->len - start,
                                       .transaction = call.waits_for}));
    }
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

static void answer_call(struct session *session, const struct json *request)
{
    const struct json *id = json_get(request, "id");
    const char *fault = fault_of_request(request), *name = NULL;
    if (fault) {
        answer_error(session, id, RPC_INVALID_REQUEST, fault, NULL);
        return;
    }
    const struct rpc_method *method = NULL;
    if (json_read_text(&name, json_get(request, "method")) == LOFT_OK)
        method = find_method(session->rpc, name);
    if (session->reply->waits && !(method && method->kind == RPC_DEFERS))
        settle(session);
    struct json_writer before = session->out;
    size_t start = session->reply->text.len;
    size_t waiting = session->reply->waiting.len;
    if (method) {
        run_method(session, id, method, json_get(request, "params"));
    } else {
        const char *text = arena_printf(
            &session->rpc->arena,
            "the method %.128s does not exist/is not available",
            name ? name : "");
        answer_error(session, id, RPC_METHOD_NOT_FOUND, text, NULL);
    }
    if (json_kind(id) == JSON_IS_ABSENT) { /* a notification has no answer */
        session->reply->text.len = start;
        session->reply->waiting.len = waiting;
        session->out = before;
    }
}

static void answer_batch(struct session *session, const struct json *batch)
{
    size_t count = json_len(batch);
    if (count == 0 || count > RPC_BATCH_MAX) {
        answer_error(session, NULL, RPC_INVALID_REQUEST,
                     count ? "batch too large" : "empty batch", NULL);
        return;
    }
    size_t empty = session->reply->text.len + 1;
    json_begin_array(&session->out);
    for (size_t i = 0; i < count; i++) {
        const struct json *request = json_at(batch, i);
        if (session->reply->text.len > RPC_ANSWER_BYTES_MAX)
            answer_error(session, json_get(request, "id"), RPC_TOO_LARGE,
                         "response too large", NULL);
        else
            answer_call(session, request);
    }
    if (session->reply->text.len == empty)
        session->reply->text.len = 0; /* notifications alone */
    else
        json_end_array(&session->out);
}

void rpc_handle(struct rpc *rpc, struct rpc_reply *reply, bytes request,
                struct rpc_peer *peer)
{
    struct session session = {
        .rpc = rpc, .reply = reply, .peer = peer, .out = {&reply->text, false}};
    const struct json *parsed = NULL;
    if (json_parse(&parsed, &rpc->arena, request, &JSON_FROM_PEER) != LOFT_OK)
        answer_error(&session, NULL, RPC_PARSE_ERROR, err_sentence(), NULL);
    else if (json_kind(parsed) == JSON_IS_ARRAY)
        answer_batch(&session, parsed);
    else
        answer_call(&session, parsed);
    close_view(&session);
    arena_reset(&rpc->arena);
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
        failure_put(&json, failure);
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
