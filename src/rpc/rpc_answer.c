/* The text of answers: how they are written, and how those that wait for
 * something get another end. */
#include <string.h>

#include "base/assert.h"
#include "rpc/failures.h"
#include "rpc/rpc_core.h"

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

bool rpc_answer_is_id(const struct json *id)
{
    enum json_kind kind = json_kind(id);
    return kind == JSON_IS_STRING || kind == JSON_IS_NUMBER ||
           kind == JSON_IS_NULL;
}

void rpc_answer_begin(struct json_writer *out, const struct json *id)
{
    json_begin_object(out);
    json_key(out, "jsonrpc");
    json_put_text(out, "2.0");
    json_key(out, "id");
    if (rpc_answer_is_id(id))
        json_put_value(out, id);
    else
        json_put_null(out);
}

void rpc_answer_error(struct rpc_job *job, const struct json *id, int code,
                      const char *text, const char *data)
{
    rpc_answer_begin(&job->out, id);
    json_key(&job->out, "error");
    put_error(&job->out, code, text, data);
    json_end_object(&job->out);
}

struct answer_mark rpc_answer_mark(const struct rpc_job *job)
{
    return (struct answer_mark){job->reply.text.len, job->reply.waiting.len,
                                job->out};
}

void rpc_answer_drop(struct rpc_job *job, struct answer_mark mark)
{
    job->reply.text.len = mark.text;
    job->reply.waiting.len = mark.waiting;
    job->out = mark.out;
}

/* Each waiting object is one that rpc_answer_begin() began: what stands before
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
