#pragma once
/* The inside of rpc/rpc.h, for its own files: rpc.c is about jobs and batches,
 * rpc_request.c about one request of them, rpc_method.c finds its method and
 * parameters, rpc_call.c is what the method asks of its call, rpc_answer.c
 * writes the answer.
 */
#include "rpc/rpc.h"
#include "rpc/sender_cache.h"

#define RPC_ANSWER_TOO_LARGE "response too large (--rpc-answer-bytes-max)"
#define RPC_TOOK_TOO_LONG "execution aborted: it took too long (--rpc-timeout)"

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

/* rpc_request.c */

/* The answer of one request is appended. False: it goes on elsewhere. */
bool rpc_request_answer(struct rpc *rpc, struct rpc_job *job,
                        const struct json *request, enum rpc_place place);
void rpc_view_close(struct rpc *rpc, struct rpc_job *job);
/* What waits in this batch becomes true before others look. */
void rpc_settle(struct rpc *rpc, struct rpc_job *job);

/* rpc_method.c */

/* NULL: there is none. */
const struct rpc_method *rpc_method_find(const struct rpc *rpc,
                                         const char *name);
/* By position or by name. False: the call has failed. */
bool rpc_method_params(struct rpc_call *call, const struct rpc_method *method,
                       const struct json *params);

/* rpc_answer.c */

/* An answer up to its result or error. */
void rpc_answer_begin(struct json_writer *out, const struct json *id);
bool rpc_answer_is_id(const struct json *id);
void rpc_answer_error(struct rpc_job *job, const struct json *id, int code,
                      const char *text, const char *data);

/* Where a batch's answer goes on, and where it goes back to when the answer of
 * a call is dropped. */
struct answer_mark {
    size_t text, waiting;
    struct json_writer out;
};
struct answer_mark rpc_answer_mark(const struct rpc_job *job);
void rpc_answer_drop(struct rpc_job *job, struct answer_mark mark);
