#include "rpc/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/failures.h"
#include "rpc/rpc_counters.h"
#include "rpc/rpc_host.h"

static bool add(struct rpc_call *call)
{
    uint64_t a, b = 0;
    if (json_read_u64(&a, call->params[0]) != LOFT_OK)
        return rpc_fail_err(call, LOFT_ERR_FORMAT);
    if (call->params[1] && json_read_u64(&b, call->params[1]) != LOFT_OK)
        return rpc_fail_err(call, LOFT_ERR_FORMAT);
    json_put_u64(call->out, a + b);
    return true;
}

static bool half_done(struct rpc_call *call)
{
    json_begin_object(call->out);
    json_key(call->out, "begun");
    return rpc_fail_data(call, RPC_REVERTED, bytes_str("\x08\xc3"),
                         "execution reverted: %s", "no");
}

static bool large(struct rpc_call *call)
{
    struct buffer text = {0};
    memset(buffer_extend(&text, 40u << 20), 'x', 40u << 20);
    json_put_string(call->out, buffer_bytes(&text));
    buffer_free(&text);
    return true;
}

static bool later(struct rpc_call *call)
{
    call->waits = true;
    if (call->params[0])
        call->waits_for.at[0] = 7;
    json_put_text(call->out, "0x01");
    return true;
}

static int long_calls, loop_calls;

static bool long_one(struct rpc_call *call)
{
    long_calls++;
    if (rpc_is_stopped(call))
        return false;
    json_put_text(call->out, "long");
    return true;
}

static bool on_loop(struct rpc_call *call)
{
    loop_calls++;
    json_put_text(call->out, "loop");
    return true;
}

/* Short if the parameter is within the trial's gas. */
static bool tries(struct rpc_call *call)
{
    uint64_t gas;
    if (json_read_u64(&gas, call->params[0]) != LOFT_OK)
        return rpc_fail_err(call, LOFT_ERR_FORMAT);
    json_begin_object(call->out);
    json_key(call->out, "tried");
    json_put_bool(call->out, call->trial_gas > 0);
    json_end_object(call->out);
    if (call->trial_gas && gas > call->trial_gas)
        return rpc_move(call);
    call->trial_gas -= call->trial_gas ? gas : 0;
    return true;
}

static rpc_function travels, long_change, long_change_told, busy;

static bool busy_later(struct rpc_call *call)
{
    call->waits = true;
    return busy(call);
}

static const struct rpc_method methods[] = {
    {"add", add, 1, 2, "left right", RPC_SHORT},
    {"busy", busy, 0, 0, "", RPC_SHORT},
    {"busy_later", busy_later, 0, 0, "", RPC_DEFERS},
    {"eth_read", on_loop, 0, 0, "", RPC_SHORT},
    {"half_done", half_done, 0, 0, "", RPC_SHORT},
    {"large", large, 0, 0, "", RPC_SHORT},
    {"later", later, 0, 1, "what", RPC_DEFERS},
    {"long_change", long_change, 0, 0, "", RPC_SHORT},
    {"long_change_told", long_change_told, 0, 0, "", RPC_SHORT},
    {"long_one", long_one, 0, 1, "block", RPC_LONG},
    {"on_loop", on_loop, 0, 0, "", RPC_SHORT},
    {"travels", travels, 0, 0, "", RPC_SHORT},
    {"tries", tries, 1, 2, "gas block", RPC_TRIES},
};

static int settled;
static loft_err settle_code;

static loft_err settle(struct rpc_host *host)
{
    (void)host;
    settled++;
    return settle_code == LOFT_OK ? LOFT_OK
                                  : err_say(settle_code, "the disk is full");
}

static const struct rpc_host_ops ops = {.settle = settle};
static struct rpc_host host = {.ops = &ops};
static struct rpc *rpc;

static int open_rpc(void **state)
{
    (void)state;
    settled = 0;
    settle_code = LOFT_OK;
    rpc = rpc_new(methods, ARRAY_LEN(methods), &host);
    return 0;
}

static int close_rpc(void **state)
{
    (void)state;
    rpc_free(rpc);
    return 0;
}

static struct rpc_reply ask(const char *request)
{
    struct rpc_reply reply = {0};
    rpc_handle(rpc, &reply, bytes_str(request), NULL);
    return reply;
}

static void assert_text(struct rpc_reply *reply, const char *answer)
{
    buffer_put_byte(&reply->text, 0);
    assert_string_equal((char *)reply->text.at, answer);
    rpc_reply_fini(reply);
}

static void assert_answer(const char *request, const char *answer)
{
    struct rpc_reply reply = ask(request);
    assert_text(&reply, answer);
}

#define CALL(method, rest) \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"" rest "}"
#define RESULT(id, value) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":" value "}"
#define ERROR(id, code, text)                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code \
    ",\"message\":\"" text "\"}}"

static void a_result_comes_back_under_its_id(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "1",
        "0",
        "-7",
        "9007199254740993",
        "18446744073709551615",
        "1.50",
        "null",
        "\"\"",
        "\"a \\\"result\\\": b\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        char request[200], answer[200];
        snprintf(request, sizeof request,
                 "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"add\","
                 "\"params\":[20,22]}",
                 ids[i]);
        snprintf(answer, sizeof answer, RESULT("%s", "42"), ids[i]);
        assert_answer(request, answer);
    }
}

static void parameters_come_by_position_or_by_name(void **state)
{
    (void)state;
    assert_answer(CALL("add", ",\"params\":[1]"), RESULT("1", "1"));
    assert_answer(CALL("add", ",\"params\":[1,null]"), RESULT("1", "1"));
    assert_answer(CALL("add", ",\"params\":{\"right\":2,\"left\":1}"),
                  RESULT("1", "3"));
    assert_answer(CALL("add", ",\"params\":{\"left\":1,\"middle\":2}"),
                  ERROR("1", "-32602", "no argument is named \\\"middle\\\""));
}

static void wrong_parameters_are_named(void **state)
{
    (void)state;
    const char *missing = ERROR("1", "-32602",
                                "missing value for required argument 0");
    assert_answer(CALL("add", ""), missing);
    assert_answer(CALL("add", ",\"params\":[]"), missing);
    assert_answer(CALL("add", ",\"params\":null"), missing);
    assert_answer(CALL("add", ",\"params\":[null,1]"), missing);
    assert_answer(CALL("add", ",\"params\":[1,2,3]"),
                  ERROR("1", "-32602", "too many arguments, want at most 2"));
    assert_answer(CALL("add", ",\"params\":\"1\""),
                  ERROR("1", "-32602", "non-array args"));
}

static void unknown_methods_are_not_found(void **state)
{
    (void)state;
    assert_answer(CALL("substract", ""),
                  ERROR("1", "-32601",
                        "the method substract does not exist/is not "
                        "available"));
    assert_answer(
        CALL("add\\u0000x", ""),
        ERROR("1", "-32601", "the method  does not exist/is not available"));
}

static void malformed_requests_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *request, *code;
    } cases[] = {
        {"", "-32700"},
        {"{", "-32700"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"add\"} x", "-32700"},
        {"\xff", "-32700"},
        {"1", "-32600"},
        {"null", "-32600"},
        {"[]", "-32600"},
        {"{}", "-32600"},
        {"{\"id\":1,\"method\":\"add\"}", "-32600"},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"add\"}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"add\"}", "-32600"},
        {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"add\"}", "-32600"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rpc_reply reply = ask(cases[i].request);
        buffer_put_byte(&reply.text, 0);
        if (!strstr((char *)reply.text.at, cases[i].code))
            fail_msg("%s: %s", cases[i].request, (char *)reply.text.at);
        rpc_reply_fini(&reply);
    }
}

static void a_failing_method_leaves_nothing_of_its_result(void **state)
{
    (void)state;
    assert_answer(CALL("half_done", ""),
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":3,"
                  "\"message\":\"execution reverted: no\","
                  "\"data\":\"0x08c3\"}}");
    assert_answer(
        "[" CALL("add", ",\"params\":[1]") "," CALL("half_done", "") "," CALL(
            "add", ",\"params\":[2]") "]",
        "[" RESULT(
            "1", "1") ",{\"jsonrpc\":\"2.0\",\"id\":1,"
                      "\"error\":{\"code\":3,\"message\":\"execution reverted: "
                      "no\",\"data\":\"0x08c3\"}}," RESULT("1", "2") "]");
}

#define NOTIFY "{\"jsonrpc\":\"2.0\",\"method\":\"add\",\"params\":[1]}"

static void notifications_have_no_answer(void **state)
{
    (void)state;
    assert_answer(NOTIFY, "");
    assert_answer("[" NOTIFY "," NOTIFY "]", "");
    assert_answer("[" NOTIFY "," CALL("add", ",\"params\":[1]") "," NOTIFY "]",
                  "[" RESULT("1", "1") "]");
    assert_answer("{\"jsonrpc\":\"2.0\",\"method\":\"unknown\"}", "");
}

static void a_batch_has_a_limit(void **state)
{
    (void)state;
    struct buffer batch = {0};
    for (int i = 0; i <= RPC_BATCH_MAX; i++)
        buffer_printf(&batch, "%c%s", i ? ',' : '[', NOTIFY);
    buffer_printf(&batch, "]");
    struct rpc_reply reply = {0};
    rpc_handle(rpc, &reply, buffer_bytes(&batch), NULL);
    assert_text(&reply, ERROR("null", "-32600",
                              "batch too large: 1001 calls, more than 1000 "
                              "(--rpc-batch-max)"));
    buffer_free(&batch);
}

static void an_answer_has_a_limit(void **state)
{
    (void)state;
    struct rpc_reply reply = ask("[" CALL("large", "") "," CALL(
        "large", "") "," CALL("add", ",\"params\":[1]") "]");
    assert_true(reply.text.len > 40u << 20);
    assert_true(reply.text.len < (41u << 20));
    buffer_put_byte(&reply.text, 0);
    char *tail = (char *)reply.text.at + (40u << 20);
    assert_non_null(strstr(tail, "response too large"));
    assert_non_null(strstr(tail, RESULT("1", "1")));
    rpc_reply_fini(&reply);
}

static void what_waits_is_marked_and_may_still_fail(void **state)
{
    (void)state;
    struct rpc_reply reply = ask(CALL("later", ""));
    assert_true(reply.waits);
    assert_text(&reply, RESULT("1", "\"0x01\""));
    reply = ask("[" CALL("add", ",\"params\":[1]") "," CALL(
        "later", "") "," CALL("later", "") "]");
    assert_true(reply.waits);
    rpc_reply_fail(&reply, RPC_INTERNAL_ERROR, "disk full");
    assert_false(reply.waits);
    assert_text(
        &reply,
        "[" RESULT("1", "1") "," ERROR("1", "-32603", "disk full") "," ERROR(
            "1", "-32603", "disk full") "]");
    assert_int_equal(settled, 0);
}

static void what_waited_for_a_failed_transaction_says_why(void **state)
{
    (void)state;
    uint8_t panic[36] = {0x4e, 0x48, 0x7b, 0x71, [35] = 0x11};
    struct failure failure = {.transaction.at[0] = 7,
                              .status = EVM_REVERTED,
                              .output = {panic, sizeof panic}};
    struct failures failures = {.list = {&failure, 1, 1}};
    struct rpc_reply reply = ask("[" CALL("later", "") "," CALL(
        "later", ",\"params\":[1]") "," CALL("later", "") "]");
    rpc_reply_settle(&reply, &failures);
    assert_false(reply.waits);
    buffer_put_byte(&reply.text, 0);
    const char *text = (const char *)reply.text.at;
    static const char before[] = "[" RESULT(
        "1", "\"0x01\"") ",{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{"
                         "\"code\":3,\"message\":\"VM Exception while "
                         "processing transaction: reverted with panic code "
                         "0x11 (";
    assert_memory_equal(text, before, strlen(before));
    assert_non_null(strstr(text, "\"data\":{\"data\":\"0x4e487b71000"));
    assert_non_null(strstr(text, "\"txHash\":\"0x0700"));
    static const char after[] = "}}}," RESULT("1", "\"0x01\"") "]";
    assert_string_equal(text + strlen(text) - strlen(after), after);
    rpc_reply_fini(&reply);
}

static void later_calls_of_a_batch_see_what_waited(void **state)
{
    (void)state;
    const char *batch = "[" CALL("later", "") "," CALL("later", "") "," CALL(
        "add", ",\"params\":[1]") "," CALL("later", "") "]";
    struct rpc_reply reply = ask(batch);
    assert_int_equal(settled, 1);
    assert_true(reply.waits);
    assert_int_equal(reply.waiting.len, 1);
    rpc_reply_fini(&reply);

    settle_code = LOFT_ERR_FULL;
    reply = ask(batch);
    assert_int_equal(settled, 2);
    assert_text(
        &reply,
        "[" ERROR("1", "-32603", "the disk is full") "," ERROR(
            "1", "-32603",
            "the disk is full") "," RESULT("1",
                                           "1") "," RESULT("1",
                                                           "\"0x01\"") "]");
}

/* Runs a request to its end as two threads would; how often it went on
 * elsewhere, or later. */
static int run_in_places(struct rpc_reply *reply, const char *request)
{
    struct rpc_job *job = rpc_job_new(rpc, bytes_str(request), NULL);
    enum rpc_place place = RPC_ON_LOOP;
    int moves = 0;
    while (!rpc_job_run(rpc, job, place)) {
        assert_int_not_equal(job->wants, RPC_ANYWHERE);
        place = job->wants == RPC_ON_WORKER ? RPC_ON_WORKER : RPC_ON_LOOP;
        assert_in_range(++moves, 1, 2000);
    }
    *reply = job->reply;
    job->reply = (struct rpc_reply){0};
    rpc_job_free(rpc, job);
    return moves;
}

static void assert_moves(const char *request, int moves, const char *answer)
{
    struct rpc_reply reply;
    assert_int_equal(run_in_places(&reply, request), moves);
    assert_text(&reply, answer);
}

static void long_calls_move_to_a_worker_and_the_rest_does_not(void **state)
{
    (void)state;
    const char *slow = CALL("long_one", ""), *quick = CALL("on_loop", "");
    char batch[1000];
    assert_moves(quick, 0, RESULT("1", "\"loop\""));
    assert_moves(slow, 1, RESULT("1", "\"long\""));
    snprintf(batch, sizeof batch, "[%s,%s,%s,%s,%s]", quick, slow, slow, quick,
             CALL("nothing", ""));
    assert_moves(
        batch, 2,
        "[" RESULT("1", "\"loop\"") "," RESULT("1", "\"long\"") "," RESULT(
            "1",
            "\"long\"") "," RESULT("1",
                                   "\"loop\"") "," ERROR("1", "-32601",
                                                         "the method nothing "
                                                         "does not exist/is "
                                                         "not available") "]");
}

/* Where a call was, in order: l, w, and what it kept in between. */
struct travel {
    char places[8];
    size_t count;
};

static bool put_travel(struct rpc_call *call)
{
    struct travel *travel = call->kept;
    travel->places[travel->count++] = call->place == RPC_ON_LOOP     ? 'l'
                                      : call->place == RPC_ON_WORKER ? 'w'
                                                                     : 'a';
    json_put_text(call->out, travel->places);
    return true;
}

static bool go_back(struct rpc_call *call)
{
    put_travel(call);
    return rpc_go(call, RPC_ON_LOOP, put_travel, call->kept);
}

static bool travels(struct rpc_call *call)
{
    call->kept = ARENA_NEW(call->arena, struct travel);
    put_travel(call);
    return rpc_go(call, RPC_ON_WORKER, go_back, call->kept);
}

static void a_call_goes_where_it_wants_and_keeps_what_it_has(void **state)
{
    (void)state;
    assert_moves(CALL("travels", ""), 2, RESULT("1", "\"lwl\""));
    struct rpc_reply reply = ask(CALL("travels", ""));
    assert_text(&reply, RESULT("1", "\"aaa\""));
    assert_moves("[" CALL("travels", "") "," CALL("on_loop", "") "]", 2,
                 "[" RESULT("1", "\"lwl\"") "," RESULT("1", "\"loop\"") "]");
}

static bool end_long_change(struct rpc_call *call)
{
    json_put_text(call->out, "changed");
    return true;
}

static bool long_change(struct rpc_call *call)
{
    loop_calls++;
    return rpc_go(call, RPC_NEXT_TURN, end_long_change, NULL);
}

static bool tell_change(struct rpc_call *call)
{
    return rpc_go(call, RPC_ON_WORKER, end_long_change, NULL);
}

static bool long_change_told(struct rpc_call *call)
{
    return rpc_go(call, RPC_NEXT_TURN, tell_change, NULL);
}

static struct rpc_job *new_job(const char *request)
{
    return rpc_job_new(rpc, bytes_str(request), NULL);
}

static void a_long_text_is_read_by_a_worker(void **state)
{
    (void)state;
    static char text[RPC_READ_ON_LOOP_MAX + 200];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", CALL("on_loop", ""));
    memset(text + len, ' ', RPC_READ_ON_LOOP_MAX);
    assert_moves(text, 2, RESULT("1", "\"loop\""));
    text[0] = '?';
    struct rpc_reply reply;
    assert_int_equal(run_in_places(&reply, text), 1);
    buffer_put_byte(&reply.text, 0);
    assert_non_null(strstr((char *)reply.text.at, "-32700"));
    rpc_reply_fini(&reply);
    struct rpc_job *job = new_job(text);
    assert_false(rpc_job_run(rpc, job, RPC_ON_LOOP));
    rpc_job_refuse(job, RPC_LIMIT_EXCEEDED, "busy");
    assert_true(rpc_job_run(rpc, job, RPC_ANYWHERE));
    reply = job->reply;
    job->reply = (struct rpc_reply){0};
    assert_text(&reply, ERROR("null", "-32005", "busy"));
    rpc_job_free(rpc, job);
}

static void who_changes_waits_for_whom_changes_already(void **state)
{
    (void)state;
    struct rpc_job *first = new_job(CALL("long_change", ""));
    struct rpc_job *second = new_job(CALL("long_change", ""));
    struct rpc_job *deferring = new_job(CALL("later", ""));
    struct rpc_job *reading = new_job(CALL("eth_read", ""));
    loop_calls = 0;
    assert_false(rpc_job_run(rpc, first, RPC_ON_LOOP));
    assert_int_equal(first->wants, RPC_NEXT_TURN);
    assert_false(rpc_job_run(rpc, second, RPC_ON_LOOP));
    assert_int_equal(second->wants, RPC_NEXT_TURN);
    assert_false(rpc_job_run(rpc, deferring, RPC_ON_LOOP));
    assert_int_equal(loop_calls, 1);
    assert_true(rpc_job_run(rpc, reading, RPC_ON_LOOP));
    assert_true(rpc_job_run(rpc, first, RPC_ON_LOOP));
    assert_true(rpc_job_run(rpc, deferring, RPC_ON_LOOP));
    assert_false(rpc_job_run(rpc, second, RPC_ON_LOOP));
    assert_int_equal(loop_calls, 3);
    /* One that is given up holds nobody. */
    rpc_job_refuse(second, RPC_SERVER_ERROR, "no");
    assert_true(rpc_job_run(rpc, second, RPC_ANYWHERE));
    rpc_job_free(rpc, first);
    first = new_job(CALL("later", ""));
    assert_true(rpc_job_run(rpc, first, RPC_ON_LOOP));
    rpc_job_free(rpc, first);
    rpc_job_free(rpc, second);
    rpc_job_free(rpc, deferring);
    rpc_job_free(rpc, reading);
}

static void a_change_that_a_worker_tells_of_holds_nobody(void **state)
{
    (void)state;
    struct rpc *worker = rpc_new(methods, ARRAY_LEN(methods), &host);
    struct rpc_job *first = new_job(CALL("long_change_told", ""));
    struct rpc_job *second = new_job(CALL("later", ""));
    assert_false(rpc_job_run(rpc, first, RPC_ON_LOOP));
    assert_false(rpc_job_run(rpc, second, RPC_ON_LOOP));
    assert_false(rpc_job_run(rpc, first, RPC_ON_LOOP));
    assert_int_equal(first->wants, RPC_ON_WORKER);
    assert_true(rpc_job_run(rpc, second, RPC_ON_LOOP));
    assert_true(rpc_job_run(worker, first, RPC_ON_WORKER));
    rpc_job_free(rpc, first);
    rpc_job_free(rpc, second);
    rpc_free(worker);
}

static bool busy(struct rpc_call *call)
{
    uint64_t end = rpc_counters_now() + RPC_TURN_NS + 1;
    while (rpc_counters_now() < end) {
    }
    json_put_bool(call->out, true);
    return true;
}

static void a_batch_lets_others_have_their_turns(void **state)
{
    (void)state;
    const char *one = CALL("busy", ""), *done = RESULT("1", "true");
    char batch[300], answer[300];
    snprintf(batch, sizeof batch, "[%s,%s,%s]", one, one, one);
    snprintf(answer, sizeof answer, "[%s,%s,%s]", done, done, done);
    assert_moves(batch, 2, answer);
    /* What is to share a block is taken at once. */
    snprintf(batch, sizeof batch, "[%s,%s,%s]", CALL("busy_later", ""),
             CALL("busy_later", ""), CALL("busy_later", ""));
    struct rpc_reply reply;
    assert_int_equal(run_in_places(&reply, batch), 0);
    assert_int_equal(reply.waiting.len, 3);
    rpc_reply_fini(&reply);
}

static void a_trial_that_does_not_do_is_run_again_by_a_worker(void **state)
{
    (void)state;
    const char *tried = RESULT("1", "{\"tried\":true}");
    const char *whole = RESULT("1", "{\"tried\":false}");
    char answer[200];
    assert_moves(CALL("tries", ",\"params\":[100]"), 0, tried);
    assert_moves(CALL("tries", ",\"params\":[9000000]"), 1, whole);
    /* The calls of a batch share one trial. */
    snprintf(answer, sizeof answer, "[%s,%s]", tried, whole);
    assert_moves("[" CALL("tries", ",\"params\":[150000]") "," CALL(
                     "tries", ",\"params\":[150000]") "]",
                 1, answer);
}

static void what_waits_is_settled_before_a_worker_looks(void **state)
{
    (void)state;
    struct rpc_reply reply;
    assert_int_equal(run_in_places(&reply, "[" CALL("later", "") "," CALL(
                                               "long_one", "") "]"),
                     1);
    assert_int_equal(settled, 1);
    assert_false(reply.waits);
    rpc_reply_fini(&reply);
}

static void a_stopped_job_fails_in_words(void **state)
{
    (void)state;
    const char *batch = "[" CALL("on_loop", "") "," CALL(
        "long_one", "") "," CALL("on_loop", "") "]";
    struct rpc_job *job = rpc_job_new(rpc, bytes_str(batch), NULL);
    loop_calls = long_calls = 0;
    assert_false(rpc_job_run(rpc, job, RPC_ON_LOOP));
    job->stop = true;
    assert_true(rpc_job_run(rpc, job, RPC_ON_WORKER));
    assert_int_equal(loop_calls, 1);
    assert_int_equal(long_calls, 0);
    buffer_put_byte(&job->reply.text, 0);
    assert_non_null(strstr((char *)job->reply.text.at, "--rpc-timeout"));
    rpc_job_free(rpc, job);
}

static void readers_may_not_write(void **state)
{
    (void)state;
    static const char *const reading[] = {
        "eth_call",       "eth_getLogs",     "eth_newFilter", "eth_subscribe",
        "net_version",    "web3_sha3",       "trace_block",   "ots_getApiLevel",
        "debug_getRawTx", "debug_traceCall", "loft_status",
    };
    static const char *const writing[] = {
        "eth_sendTransaction",  "eth_sendRawTransaction", "eth_sign",
        "eth_signTypedData_v4", "personal_sign",          "evm_mine",
        "anvil_mine",           "hardhat_reset",          "loft_backup",
        "debug_setHead",        "testing_buildBlockV1",   "miner_start",
        "what_is_this",
    };
    for (size_t i = 0; i < ARRAY_LEN(reading); i++)
        assert_false(rpc_method_writes(reading[i]));
    for (size_t i = 0; i < ARRAY_LEN(writing); i++)
        assert_true(rpc_method_writes(writing[i]));
    struct rpc_job *job = rpc_job_new(rpc, bytes_str(CALL("on_loop", "")),
                                      NULL);
    loop_calls = 0;
    job->may_only_read = true;
    assert_true(rpc_job_run(rpc, job, RPC_ON_LOOP));
    assert_int_equal(loop_calls, 0);
    buffer_put_byte(&job->reply.text, 0);
    assert_non_null(strstr((char *)job->reply.text.at, "\"code\":4100"));
    rpc_job_free(rpc, job);
}

static void a_refused_job_says_why(void **state)
{
    (void)state;
    struct rpc_job *job = rpc_job_new(rpc, bytes_str(CALL("long_one", "")),
                                      NULL);
    assert_false(rpc_job_run(rpc, job, RPC_ON_LOOP));
    rpc_job_refuse(job, RPC_LIMIT_EXCEEDED, "busy");
    assert_true(rpc_job_run(rpc, job, RPC_ON_LOOP));
    struct rpc_reply reply = job->reply;
    job->reply = (struct rpc_reply){0};
    assert_text(&reply, ERROR("1", "-32005", "busy"));
    rpc_job_free(rpc, job);
}

#define DISPATCHED(test) \
    cmocka_unit_test_setup_teardown(test, open_rpc, close_rpc)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISPATCHED(a_result_comes_back_under_its_id),
        DISPATCHED(parameters_come_by_position_or_by_name),
        DISPATCHED(wrong_parameters_are_named),
        DISPATCHED(unknown_methods_are_not_found),
        DISPATCHED(malformed_requests_are_told_apart),
        DISPATCHED(a_failing_method_leaves_nothing_of_its_result),
        DISPATCHED(notifications_have_no_answer),
        DISPATCHED(a_batch_has_a_limit),
        DISPATCHED(an_answer_has_a_limit),
        DISPATCHED(what_waits_is_marked_and_may_still_fail),
        DISPATCHED(what_waited_for_a_failed_transaction_says_why),
        DISPATCHED(later_calls_of_a_batch_see_what_waited),
        DISPATCHED(long_calls_move_to_a_worker_and_the_rest_does_not),
        DISPATCHED(a_call_goes_where_it_wants_and_keeps_what_it_has),
        DISPATCHED(a_long_text_is_read_by_a_worker),
        DISPATCHED(who_changes_waits_for_whom_changes_already),
        DISPATCHED(a_change_that_a_worker_tells_of_holds_nobody),
        DISPATCHED(a_batch_lets_others_have_their_turns),
        DISPATCHED(a_trial_that_does_not_do_is_run_again_by_a_worker),
        DISPATCHED(what_waits_is_settled_before_a_worker_looks),
        DISPATCHED(a_stopped_job_fails_in_words),
        DISPATCHED(a_refused_job_says_why),
        DISPATCHED(readers_may_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
