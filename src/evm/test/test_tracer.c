#include "evm/tracer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/instructions.h"
#include "evm/test/program.h"

#define PLENTY 1000000

struct watcher {
    struct evm_tracer tracer; /* first */
    unsigned steps, faults, enters, leaves, loads, stores, logs;
    u256 inherited;
    int depth_max;
    /* The step before, in the same frame. */
    bool has_before;
    struct evm_step before;
    enum evm_exception why;
};

static bool calls(uint8_t opcode)
{
    return opcode >= OP_CREATE && opcode <= OP_STATICCALL &&
           opcode != OP_RETURN;
}

/* What an instruction was said to cost is what it took. */
static void on_step(struct evm_tracer *tracer, const struct evm_step *step)
{
    struct watcher *w = (struct watcher *)(void *)tracer;
    w->steps++;
    if (step->depth > w->depth_max)
        w->depth_max = step->depth;
    if (w->has_before && w->before.depth == step->depth &&
        !calls(w->before.opcode))
        assert_int_equal(w->before.gas - step->gas, w->before.gas_cost);
    w->before = *step;
    w->has_before = true;
}

static void on_fault(struct evm_tracer *tracer, const struct evm_step *step,
                     enum evm_exception why)
{
    struct watcher *w = (struct watcher *)(void *)tracer;
    assert_int_equal(step->pc, w->before.pc);
    w->faults++;
    w->why = why;
}

static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct watcher *w = (struct watcher *)(void *)tracer;
    (void)message;
    w->enters++;
    w->has_before = false;
}

static void on_leave(struct evm_tracer *tracer,
                     const struct evm_message *message,
                     const struct evm_result *result)
{
    struct watcher *w = (struct watcher *)(void *)tracer;
    assert_true(result->gas_left <= message->gas);
    w->leaves++;
    w->has_before = false;
}

static void on_load(struct evm_tracer *tracer, const address *who,
                    const u256 *key, const u256 *value)
{
    (void)who, (void)key, (void)value;
    ((struct watcher *)(void *)tracer)->loads++;
}

static void on_store(struct evm_tracer *tracer, const address *who,
                     const u256 *key, const u256 *value)
{
    (void)who, (void)key, (void)value;
    ((struct watcher *)(void *)tracer)->stores++;
}

static void on_log(struct evm_tracer *tracer, const struct evm_log *log)
{
    assert_true(log->topic_count <= 4);
    ((struct watcher *)(void *)tracer)->logs++;
}

static void on_selfdestruct(struct evm_tracer *tracer, const address *who,
                            const address *heir, const u256 *balance)
{
    (void)who, (void)heir;
    ((struct watcher *)(void *)tracer)->inherited = *balance;
}

static struct watcher watcher_of_all(void)
{
    return (struct watcher){.tracer = {.step = on_step,
                                       .fault = on_fault,
                                       .enter = on_enter,
                                       .leave = on_leave,
                                       .load = on_load,
                                       .store = on_store,
                                       .log = on_log,
                                       .selfdestruct = on_selfdestruct}};
}

/* Runs it watched and not, which must come to the same. */
static struct watcher watch(enum evm_rules rules, const char *code)
{
    struct watcher watcher = watcher_of_all();
    struct machine watched, plain;
    struct program program = {
        .rules = rules, .code = hexed(code), .gas = PLENTY};
    machine_init(&watched);
    machine_init(&plain);
    struct evm_result a = machine_run(&plain, &program);
    program.tracer = &watcher.tracer;
    struct evm_result b = machine_run(&watched, &program);
    assert_int_equal(a.status, b.status);
    assert_int_equal(a.gas_left, b.gas_left);
    assert_int_equal(a.gas_refund, b.gas_refund);
    assert_true(bytes_equal(a.output, b.output));
    hash32 c = memory_host_digest(&plain.host);
    hash32 d = memory_host_digest(&watched.host);
    assert_true(hash32_equal(&c, &d));
    machine_fini(&watched);
    machine_fini(&plain);
    return watcher;
}

static void costs_are_what_is_taken(void **state)
{
    static const char *const codes[] = {
        "6001 6020 52 6000 51 59 6040 6000 20 50 50",
        "6020 6000 6100ff 37 6003 6000 6000 39 6002 6000 6040 5e",
        "6001 6002 55 6002 54 6002 54 6000 6002 55 6003 54",
        "6077 31 6077 31 6077 3b 6078 3f 6020 6000 6000 6079 3c",
        "6005 6004 0a 61ffff 6002 0a 6001 6002 6020 6010 a2",
        "6001 6002 5d 6002 5c 47 6001 40 5a 58",
        "6001 600d 57 fe fe fe fe fe fe fe fe 5b 6010 56 5b",
        "6020 6000 3d 6000 6000 3e f3",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_true(watch(EVM_OSAKA, codes[i]).steps > 5);
}

/* A call to a precompile, one to nobody, a creation, a failing call. */
static void messages_are_entered_and_left(void **state)
{
    (void)state;
    struct watcher w = watch(EVM_OSAKA,
                             "6020 6000 6020 6000 6000 6004 5a f1"
                             "6000 6000 6000 6000 6000 6077 5a f1"
                             "64 6000 6000 fd 6000 52 6005 601b 6000 f0"
                             "6001 6000 55 6000 54 00");
    assert_int_equal(w.enters, 4);
    assert_int_equal(w.leaves, 4);
    assert_int_equal(w.depth_max, 1);
    assert_int_equal(w.loads, 1);
    assert_int_equal(w.stores, 1);
}

static void logs_and_heirs_are_told_once(void **state)
{
    (void)state;
    struct watcher w = watch(EVM_OSAKA, "6000 6000 a0 6001 6000 6000 a1 00");
    assert_int_equal(w.logs, 2);
    w = watch(EVM_OSAKA, "6077 ff");
    assert_true(u256_is_zero(w.inherited));
    w = (struct watcher){.tracer = {.selfdestruct = on_selfdestruct}};
    struct program program = {.rules = EVM_OSAKA,
                              .code = hexed("6077 ff"),
                              .gas = PLENTY,
                              .value = u256_from(5),
                              .tracer = &w.tracer};
    struct machine machine;
    machine_init(&machine);
    assert_int_equal(machine_run(&machine, &program).status, EVM_STOPPED);
    assert_true(u256_equal(w.inherited, u256_from(5)));
    machine_fini(&machine);
}

static void faults_are_told_with_their_reason(void **state)
{
    (void)state;
    struct watcher w = watch(EVM_OSAKA, "6001 01");
    assert_int_equal(w.faults, 1);
    assert_int_equal(w.why, EVM_STACK_UNDERFLOW);
    w = watch(EVM_OSAKA, "6001 6000 19 52");
    assert_int_equal(w.faults, 1);
    assert_int_equal(w.why, EVM_OUT_OF_GAS);
    assert_int_equal(w.before.blocked, EVM_OUT_OF_GAS);
    w = watch(EVM_OSAKA, "6002 56");
    assert_int_equal(w.why, EVM_BAD_JUMP);
}

static void the_machine_is_shown_as_it_stands(void **state)
{
    (void)state;
    struct watcher w = watch(EVM_OSAKA, "6001 6000 52 6007 6008 00");
    assert_int_equal(w.before.opcode, OP_STOP);
    assert_int_equal(w.before.pc, 9);
    assert_int_equal(w.before.stack_len, 2);
    assert_int_equal(w.before.memory.len, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_what_is_taken),
        cmocka_unit_test(messages_are_entered_and_left),
        cmocka_unit_test(logs_and_heirs_are_told_once),
        cmocka_unit_test(faults_are_told_with_their_reason),
        cmocka_unit_test(the_machine_is_shown_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
