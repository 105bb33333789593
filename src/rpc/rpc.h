#pragma once
/* JSON-RPC 2.0: the text of a request goes in, the text of the answer comes
 * out, one call or a batch of them.
 *
 * Methods stand in a table (rpc/methods.h); each reads its parameters, writes
 * its result straight into the answer, or says what is wrong. What they need
 * of the node they ask of struct rpc_host (rpc/rpc_host.h).
 *
 * Some results may be shown only once the node has made them true: the hash
 * of a transaction that is mined at once is acknowledged when its block is on
 * disk. Such an answer comes back with `waits` set; the node then sends it as
 * it is, or after rpc_reply_fail(). Calls of one batch see the effects of
 * those before them.
 *
 * Nothing may hold the loop up: struct rpc_job is one request, which begins on
 * the loop, goes on on a worker's thread from the first call that is long, and
 * comes back for the next that is not. A call may change places by itself, and
 * more than once: rpc_go(). What takes many turns of the loop, as a batch or
 * blocks that are mined by the thousand, lets others have theirs in between;
 * whoever wants to change something while such a call changes it must wait.
 *
 * Source   jsonrpc.org/specification; ethereum/execution-apis and geth for
 *          codes and texts.
 * Threads  one at a time for each struct rpc.
 * Limits   struct rpc_limits (rpc/rpc_host.h).
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "codec/json.h"
#include "codec/json_writer.h"

enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_SERVER_ERROR = -32000,
    RPC_TIMEOUT = -32002,
    RPC_TOO_LARGE = -32003,
    RPC_LIMIT_EXCEEDED = -32005, /* EIP-1474 */
    RPC_REVERTED = 3,            /* with the revert's output as data */
    RPC_UNAUTHORIZED = 4100,     /* EIP-1193 */
    RPC_SYNC_TIMEOUT = 4,        /* EIP-7966, with the hash as data */
    RPC_SYNC_NONCE_GAP = 6,      /* EIP-7966, with the nonce that is due */
};

struct rpc;
struct rpc_host;
struct rpc_peer;
struct chain_view;
struct pending_block;
struct pending_order;
struct executor;
struct overlay;
struct sender_cache;

enum rpc_place {
    RPC_ANYWHERE, /* all of it here and now */
    RPC_ON_LOOP,
    RPC_ON_WORKER,
    RPC_NEXT_TURN,  /* on the loop, when others have been served */
    RPC_WHEN_WOKEN, /* on the loop, after the next dispatcher_wake(): whatever
                       is waited for, as the answer of another peer, may be
                       there. Not where call->place is RPC_ANYWHERE */
};

struct rpc_call;

/* False: rpc_fail() was called, or rpc_go(), and what was written is dropped.
 */
typedef bool rpc_function(struct rpc_call *call);

/* Where a call goes on. */
struct rpc_going {
    enum rpc_place to;  /* RPC_ANYWHERE: it does not */
    rpc_function *call; /* NULL: the method, from its beginning */
    void *kept;
};

/* What a job has of the pending block: rpc/pending.h. */
struct rpc_pending {
    bool is_ordered;
    struct pending_order *order;
    struct pending_block *block;
};

/* One call, as a method sees it. */
struct rpc_call {
    struct rpc_host *host;
    struct rpc_peer *peer;     /* NULL: it cannot be told things unasked */
    struct arena *arena;       /* for as long as the request is worked on */
    struct executor *executor; /* the thread's own, as is what follows */
    struct sender_cache *senders;
    struct overlay **overlay; /* one to take and give back, or NULL: its memory
                                 serves again and again */
    const struct json *params[8]; /* by position; NULL: left out or null */
    struct json_writer *out;      /* takes one value, the result */
    bool waits;                   /* set by a method: see above */
    hash32 waits_for;             /* the transaction whose hash it answers */
    struct chain_view **view;     /* rpc_view() fills it */
    struct rpc_pending *pending;
    enum rpc_place place; /* where it runs */
    void *kept;           /* by rpc_go(); NULL at first */
    struct rpc_going going;
    /* True: nobody waits for the result any more. Executions take it, long
     * loops ask rpc_is_stopped(). */
    const atomic_bool *stop;
    uint64_t trial_gas; /* RPC_TRIES: what it may use, or 0 for all it needs;
                           it takes off what it has used */
    struct {
        int code;
        const char *text; /* in the arena */
        const char *data; /* a string in the arena, or NULL: none */
    } error;
};

enum rpc_kind {
    RPC_SHORT,  /* some microseconds */
    RPC_DEFERS, /* may set `waits`: others wait for it in a batch */
    RPC_LONG,   /* executes code or reads much: it uses nothing that changes
                   but the call's view, so that any thread may run it */
    RPC_TRIES,  /* the same, but mostly short: the loop runs it with bounds
                   (call->trial_gas), and where those do not do, it goes to a
                   worker */
};

struct rpc_method {
    const char *name;
    rpc_function *call;
    unsigned required;      /* parameters that must be there */
    unsigned count;         /* and that may, at most 8 */
    const char *parameters; /* their names, with spaces between them */
    enum rpc_kind kind;
};

/* Says what is wrong; returns false. */
bool rpc_fail(struct rpc_call *call, int code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same with data. */
bool rpc_fail_data(struct rpc_call *call, int code, bytes data,
                   const char *format, ...) PRINTF_LIKE(4, 5);
bool rpc_fail_quantity(struct rpc_call *call, int code, uint64_t data,
                       const char *format, ...) PRINTF_LIKE(4, 5);
/* A failure of the node, with its sentence. */
bool rpc_fail_err(struct rpc_call *call, loft_err code);

/* Whether a method may change something or sign, by its name. What is not
 * known to read alone may. */
bool rpc_method_writes(const char *name);

/* The call goes on in that place with that function, which finds `kept` in
 * call->kept; it lives in call->arena, and nothing else lasts, neither view nor
 * what was written. One that goes to RPC_NEXT_TURN keeps others from changing
 * anything until it is answered or goes elsewhere. Returns false. */
bool rpc_go(struct rpc_call *call, enum rpc_place to, rpc_function *function,
            void *kept);
/* The method from its beginning, on a worker. */
bool rpc_move(struct rpc_call *call);

/* Whether nobody waits for the result; then the call has failed. */
bool rpc_is_stopped(struct rpc_call *call);

/* The methods are sorted by name; host outlives the rpc. Makes an executor
 * and a cache of senders, which are its own: one struct rpc a thread. */
struct rpc *rpc_new(const struct rpc_method *methods, size_t count,
                    struct rpc_host *host);
void rpc_free(struct rpc *rpc); /* NULL is fine */

struct rpc_waiting {
    size_t at, len; /* of its object in the text */
    hash32 transaction;
};

struct rpc_reply {
    struct buffer text; /* empty: nothing is to be said (notifications) */
    bool waits;
    VEC(struct rpc_waiting) waiting;
};

/* One request and the answer to it, so far. */
struct rpc_job {
    struct rpc_peer *peer;
    struct rpc_reply reply;
    atomic_bool stop;   /* see struct rpc_call; what is left to do fails */
    bool may_only_read; /* refused: what rpc_method_writes() */

    /* The dispatcher's own. */
    struct arena arena;
    bytes unread; /* a long text, until a worker has read it */
    const struct json *request;
    size_t next; /* of a batch's calls */
    bool has_begun;
    bool forwards; /* the next call's answer is not here: rpc/forward.h */
    enum rpc_place wants;   /* where to run it next */
    struct rpc_going going; /* of the next call, where it has begun */
    struct json_writer out;
    struct chain_view *view;
    struct rpc_pending pending;
    uint64_t trial_gas_left;
    int refusal; /* a code, or 0 */
    const char *refusal_text;
};

/* Takes a request; the text may go afterwards. peer is who asks, or NULL. */
#define RPC_READ_ON_LOOP_MAX ((size_t)256 << 10)
struct rpc_job *rpc_job_new(struct rpc *rpc, bytes request,
                            struct rpc_peer *peer);

/* Runs the calls that may run in this place; on the loop for RPC_TURN_NS. True:
 * the reply is complete. False: job->wants says where it is to go on. */
#define RPC_TURN_NS 2000000
bool rpc_job_run(struct rpc *rpc, struct rpc_job *job, enum rpc_place place);

/* All calls that are left fail with this when they are run, anywhere. The text
 * is static. */
void rpc_job_refuse(struct rpc_job *job, int code, const char *text);

/* The reply, where it was not taken, goes with it. Any struct rpc will do. */
void rpc_job_free(struct rpc *rpc, struct rpc_job *job);

/* Runs it all here. Fills an empty reply. peer is who asks, or NULL
 * (rpc/rpc_peer.h). */
void rpc_handle(struct rpc *rpc, struct rpc_reply *reply, bytes request,
                struct rpc_peer *peer);

/* What waits has become true. A transaction that is mined and has failed is
 * answered with an error that says why. */
struct failures;
void rpc_reply_settle(struct rpc_reply *reply, const struct failures *failures);

/* The node could not make true what waits: its results become errors. */
void rpc_reply_fail(struct rpc_reply *reply, int code, const char *text);
void rpc_reply_fini(struct rpc_reply *reply);
