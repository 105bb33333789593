/* Every test here runs in every loop that this processor has. */
#include "evm/interpreter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/test/assembly.h"
#include "evm/test/program.h"

#define PLENTY 1000000

struct expected {
    enum evm_status status;
    enum evm_exception why;
    int64_t gas_used;   /* -1: whatever it is */
    const char *output; /* hexadecimal; NULL: whatever it is */
};

/* Programs must not ask for gas; they are also run with exactly the gas that
 * they use, and with one less. */
static struct evm_result run_exactly(struct machine *machine,
                                     struct program program)
{
    struct evm_result result = machine_run(machine, &program);
    if (result.status == EVM_EXCEPTION)
        return result;
    int64_t used = program.gas - result.gas_left;
    memory_host_settle(&machine->host);
    program.gas = used;
    struct evm_result again = machine_run(machine, &program);
    assert_int_equal(again.status, result.status);
    assert_int_equal(again.gas_left, 0);
    if (used > 0) {
        program.gas = used - 1;
        memory_host_settle(&machine->host);
        struct evm_result less = machine_run(machine, &program);
        assert_int_equal(less.status, EVM_EXCEPTION);
        assert_int_equal(less.why, EVM_OUT_OF_GAS);
        assert_int_equal(less.gas_left, 0);
        assert_int_equal(less.output.len, 0);
    }
    return result;
}

static void expect_in(enum interpreter interpreter,
                      const struct program *program,
                      const struct expected *expected)
{
    struct machine machine;
    machine_init(&machine);
    interpreter_choose(machine.evm, interpreter, true);
    struct evm_result first = machine_run(&machine, program);
    assert_int_equal(first.status, expected->status);
    assert_int_equal(first.why, expected->why);
    if (expected->gas_used >= 0)
        assert_int_equal(program->gas - first.gas_left, expected->gas_used);
    if (expected->output)
        assert_true(bytes_equal(first.output, hexed(expected->output)));
    memory_host_settle(&machine.host);
    machine_fini(&machine);

    machine_init(&machine);
    interpreter_choose(machine.evm, interpreter, true);
    run_exactly(&machine, *program);
    machine_fini(&machine);
}

static void expect(const struct program *program,
                   const struct expected *expected)
{
    for (unsigned i = 0; i <= interpreter_best(); i++)
        expect_in(i, program, expected);
}

static void expect_stop(enum evm_rules rules, const char *code, int64_t gas,
                        const char *output)
{
    expect(
        &(struct program){.rules = rules, .code = hexed(code), .gas = PLENTY},
        &(struct expected){EVM_STOPPED, EVM_NONE, gas, output});
}

static void expect_exception(enum evm_rules rules, const char *code,
                             enum evm_exception why)
{
    expect(
        &(struct program){.rules = rules, .code = hexed(code), .gas = PLENTY},
        &(struct expected){EVM_EXCEPTION, why, PLENTY, ""});
}

/* Arithmetic: with each operand once in the code and once in the call data,
 * so that constants and what is computed from them are tried as well. */

struct arithmetic {
    const char *name;
    uint8_t opcode;
    const char *operands[3], *result;
};

static const struct arithmetic arithmetic[] = {
#define CASE(name, a, b, c, result) {#name, OP_##name, {a, b, c}, result},
#include "evm/test/arithmetic_cases.def"
};

static void run_arithmetic(const struct arithmetic *is, unsigned from_data,
                           enum interpreter interpreter)
{
    struct buffer code = {0};
    uint8_t data[96];
    unsigned count = instructions_of(EVM_OSAKA)[is->opcode].taken;
    for (unsigned i = count; i-- > 0;) {
        u256 operand = number(is->operands[i]);
        u256_store_be(data + (size_t)32 * i, operand);
        assemble_push(&code, from_data >> i & 1 ? u256_from(32 * i) : operand);
        if (from_data >> i & 1)
            assemble(&code, OP_CALLDATALOAD);
    }
    assemble(&code, is->opcode);
    assemble_return_top(&code);

    struct machine machine;
    machine_init(&machine);
    interpreter_choose(machine.evm, interpreter, true);
    struct evm_result result = machine_run(
        &machine, &(struct program){.rules = EVM_OSAKA,
                                    .code = buffer_bytes(&code),
                                    .input = bytes_of(data, 96),
                                    .gas = PLENTY});
    assert_int_equal(result.status, EVM_STOPPED);
    if (!u256_equal(u256_load_be(result.output.at), number(is->result)))
        fail_msg("%s %s %s %s, operands %u from data, loop %u", is->name,
                 is->operands[0], is->operands[1], is->operands[2], from_data,
                 interpreter);
    machine_fini(&machine);
    buffer_free(&code);
}

static void arithmetic_is_that_of_integers_modulo_2_256(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(arithmetic); i++) {
        unsigned count = instructions_of(EVM_OSAKA)[arithmetic[i].opcode].taken;
        for (unsigned from_data = 0; from_data < 1u << count; from_data++)
            for (unsigned loop = 0; loop <= interpreter_best(); loop++)
                run_arithmetic(&arithmetic[i], from_data, loop);
    }
}

/* A stack of `height` items, then the opcode. */
static enum evm_exception why_at_height(uint8_t opcode, unsigned height,
                                        enum interpreter interpreter)
{
    struct buffer code = {0};
    for (unsigned i = 0; i < height; i++)
        assemble_push(&code, U256_ZERO);
    assemble(&code, opcode);
    struct machine machine;
    machine_init(&machine);
    interpreter_choose(machine.evm, interpreter, true);
    struct evm_result result = machine_run(
        &machine, &(struct program){.rules = EVM_OSAKA,
                                    .code = buffer_bytes(&code),
                                    .gas = PLENTY});
    machine_fini(&machine);
    buffer_free(&code);
    return result.why;
}

static void every_opcode_needs_its_operands_and_room(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        const struct instruction *is = &instructions_of(EVM_OSAKA)[opcode];
        if (is->kind == INSTRUCTION_UNDEFINED)
            continue;
        for (unsigned loop = 0; loop <= interpreter_best(); loop++) {
            if (is->taken > 0)
                assert_int_equal(
                    why_at_height((uint8_t)opcode, is->taken - 1u, loop),
                    EVM_STACK_UNDERFLOW);
            assert_int_not_equal(
                why_at_height((uint8_t)opcode, is->taken, loop),
                EVM_STACK_UNDERFLOW);
            unsigned full = 1024;
            bool overflows = is->left > is->taken;
            assert_int_equal(why_at_height((uint8_t)opcode, full, loop) ==
                                 EVM_STACK_OVERFLOW,
                             overflows);
        }
    }
}

static void opcodes_exist_from_their_fork_on(void **state)
{
    static const struct {
        uint8_t opcode;
        enum evm_rules since;
    } first[] = {
        {OP_DELEGATECALL, EVM_HOMESTEAD},
        {OP_REVERT, EVM_BYZANTIUM},
        {OP_RETURNDATASIZE, EVM_BYZANTIUM},
        {OP_RETURNDATACOPY, EVM_BYZANTIUM},
        {OP_STATICCALL, EVM_BYZANTIUM},
        {OP_SHL, EVM_CONSTANTINOPLE},
        {OP_SHR, EVM_CONSTANTINOPLE},
        {OP_SAR, EVM_CONSTANTINOPLE},
        {OP_EXTCODEHASH, EVM_CONSTANTINOPLE},
        {OP_CREATE2, EVM_CONSTANTINOPLE},
        {OP_CHAINID, EVM_ISTANBUL},
        {OP_SELFBALANCE, EVM_ISTANBUL},
        {OP_BASEFEE, EVM_LONDON},
        {OP_PUSH0, EVM_SHANGHAI},
        {OP_TLOAD, EVM_CANCUN},
        {OP_TSTORE, EVM_CANCUN},
        {OP_MCOPY, EVM_CANCUN},
        {OP_BLOBHASH, EVM_CANCUN},
        {OP_BLOBBASEFEE, EVM_CANCUN},
        {OP_CLZ, EVM_OSAKA},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        for (unsigned rules = 0; rules < EVM_RULES_COUNT; rules++) {
            uint8_t kind = instructions_of(rules)[first[i].opcode].kind;
            assert_int_equal(kind != INSTRUCTION_UNDEFINED,
                             rules >= first[i].since);
        }
    expect_exception(EVM_PRAGUE, "6001 1e 00", EVM_UNDEFINED_INSTRUCTION);
    expect_exception(EVM_PARIS, "5f 00", EVM_UNDEFINED_INSTRUCTION);
    expect_exception(EVM_OSAKA, "0c", EVM_UNDEFINED_INSTRUCTION);
    expect_exception(EVM_OSAKA, "fe", EVM_INVALID_INSTRUCTION);
}

static void code_ends_in_zeros(void **state)
{
    (void)state;
    expect_stop(EVM_FRONTIER, "", 0, "");
    expect_stop(EVM_OSAKA, "6001", 3, "");
    expect_stop(EVM_OSAKA, "61 ff", 3, "");
    /* JUMPI over a PUSH32 that is cut off */
    expect_stop(EVM_OSAKA, "6001 6005 57 5b 7f 01", 20, "");
}

static void jumps_lead_to_jumpdests_alone(void **state)
{
    (void)state;
    expect_stop(EVM_OSAKA, "6003 56 5b", 12, "");
    expect_exception(EVM_OSAKA, "6002 56 5b", EVM_BAD_JUMP);
    expect_exception(EVM_OSAKA, "6004 56 60 5b 00", EVM_BAD_JUMP);
    expect_exception(EVM_OSAKA, "6000 35 19 56 5b", EVM_BAD_JUMP);
    expect_exception(EVM_OSAKA, "68 010000000000000004 56 5b", EVM_BAD_JUMP);
    expect_exception(EVM_OSAKA, "6001 60ff 57", EVM_BAD_JUMP);
    expect_stop(EVM_OSAKA, "6000 60ff 57", 16, "");
    /* by a target that is computed: 3 + CALLDATALOAD(0) */
    expect_stop(EVM_OSAKA, "6000 35 6008 01 56 fe 5b", 21, "");
    /* a run of JUMPDESTs, entered in its middle: 3 of 5 are paid for */
    expect_stop(EVM_OSAKA, "6005 56 5b 5b 5b 5b 5b 00", 14, "");
}

/* for (i = 5; i != 0; i--) sum += i; */
static void loops_carry_their_variables(void **state)
{
    (void)state;
    expect_stop(EVM_OSAKA,
                "6000 6005 5b 80 91 01 90 6001 90 03 80 6004 57 50"
                "6000 52 6020 6000 f3",
                -1,
                "00000000000000000000000000000000"
                "0000000000000000000000000000000f");
    /* two variables that change places: 3 times, so 1 2 ends as 2 1 */
    expect_stop(EVM_OSAKA,
                "6001 6002 6003 5b 91 90 91 90 6001 90 03 80 6006 57 50"
                "6000 52 6020 52 6040 6000 f3",
                -1, NULL);
}

static void memory_grows_by_words_and_is_paid_for(void **state)
{
    (void)state;
    expect_stop(EVM_OSAKA, "6000 51 00", 9, "");
    expect_stop(EVM_OSAKA, "6001 51 00", 12, "");
    expect_stop(EVM_OSAKA, "6001 601f 53 00", 12, "");
    expect_stop(EVM_OSAKA, "6001 6020 53 00", 15, "");
    /* 1024 bytes: 32 words, 96 + 2 gas */
    expect_stop(EVM_OSAKA, "6001 6103e0 52 59 00", 109, "");
    /* no length, no growth, wherever the offset is */
    expect_stop(EVM_OSAKA, "6000 600019 20 00", 39, "");
    expect_exception(EVM_OSAKA, "6000 19 51", EVM_OUT_OF_GAS);
    expect_exception(EVM_OSAKA, "6001 63ffffffff 52", EVM_OUT_OF_GAS);
    expect_exception(EVM_OSAKA, "67fffffffffffffff0 51", EVM_OUT_OF_GAS);
    expect_stop(EVM_OSAKA, "6000 51 6080 51 59 6000 52 6020 6000 f3", -1,
                "00000000000000000000000000000000"
                "000000000000000000000000000000a0");
}

static void copies_read_zeros_beyond_their_source(void **state)
{
    (void)state;
    /* CODECOPY(0, 0, 32) */
    expect_stop(EVM_OSAKA, "6020 6000 6000 39 6020 6000 f3", -1,
                "60206000600039602060 00f3 00000000000000000000"
                "00000000000000000000");
    /* CALLDATACOPY from far beyond */
    expect_stop(EVM_OSAKA, "6020 6000 19 6000 37 6020 6000 f3", -1,
                "00000000000000000000000000000000"
                "00000000000000000000000000000000");
    expect_exception(EVM_OSAKA, "6001 6000 6000 3e", EVM_RETURNDATA_BOUNDS);
    expect_stop(EVM_OSAKA, "6000 6000 6000 3e", 12, "");
    /* MCOPY that overlaps itself: bytes 0..31 of code to 1..32 */
    expect_stop(EVM_OSAKA, "6003 6000 6000 39 6003 6000 6001 5e 6004 6000 f3",
                -1, "60 600360");
}

static void sstore_needs_more_than_the_stipend(void **state)
{
    (void)state;
    struct program program = {
        .rules = EVM_ISTANBUL, .code = hexed("6001 6000 55"), .gas = 2306};
    for (unsigned i = 0; i <= interpreter_best(); i++) {
        struct machine machine;
        machine_init(&machine);
        interpreter_choose(machine.evm, i, true);
        struct evm_result result = machine_run(&machine, &program);
        assert_int_equal(result.why, EVM_OUT_OF_GAS);
        machine_fini(&machine);
    }
    expect_exception(EVM_OSAKA, "6001 6000 6001 6000 55 0c",
                     EVM_UNDEFINED_INSTRUCTION);
}

static void static_frames_change_nothing(void **state)
{
    static const char *const codes[] = {
        "6001 6000 55", "6001 6000 5d",
        "6000 6000 a0", "6000 6000 6000 f0",
        "6000 ff",      "6000 6000 6000 6000 6001 6000 6000 f1",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        expect(&(struct program){.rules = EVM_OSAKA,
                                 .code = hexed(codes[i]),
                                 .gas = PLENTY,
                                 .is_static = true},
               &(struct expected){EVM_EXCEPTION, EVM_STATIC_VIOLATION, PLENTY,
                                  ""});
}

static void gas_says_what_is_left_after_itself(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= interpreter_best(); i++) {
        struct machine machine;
        machine_init(&machine);
        interpreter_choose(machine.evm, i, true);
        const struct program program = {
            .rules = EVM_OSAKA,
            .code = hexed("6001 50 5a 6000 52 6020 6000 f3"),
            .gas = 1000};
        struct evm_result result = machine_run(&machine, &program);
        assert_int_equal(load_be64(result.output.at + 24), 1000 - 3 - 2 - 2);
        machine_fini(&machine);
    }
}

static void revert_gives_back_gas_and_undoes(void **state)
{
    (void)state;
    expect(&(struct program){.rules = EVM_OSAKA,
                             .code = hexed("6001 6000 5d 6001 6000 fd"),
                             .gas = PLENTY},
           &(struct expected){EVM_REVERTED, EVM_NONE, 115, "00"});
}

static void block_hashes_go_back_256_blocks(void **state)
{
    (void)state;
    /* block 1000: BLOCKHASH(1000) and (743) are zero, (744) and (999) not */
    expect_stop(EVM_OSAKA, "6103e8 40 6102e7 40 17 6000 52 6020 6000 f3", -1,
                "00000000000000000000000000000000"
                "00000000000000000000000000000000");
    expect_stop(EVM_OSAKA, "6103e7 40 15 6102e8 40 15 17 6000 52 6020 6000 f3",
                -1,
                "00000000000000000000000000000000"
                "00000000000000000000000000000000");
}

/* An item for each of the 16 that DUP and SWAP reach, in one block and with
 * a jump between: what is moved about must come out in the code's order. */
static void shuffled_items_end_where_the_code_has_them(void **state)
{
    (void)state;
    struct buffer code = {0};
    for (unsigned i = 0; i < 17; i++) {
        assemble_push(&code, u256_from(100 + i));
        assemble(&code, OP_CALLDATALOAD);
        assemble_push(&code, u256_from(i + 1));
        assemble(&code, OP_ADD);
    }
    for (uint8_t opcode = OP_SWAP1; opcode <= OP_SWAP16; opcode++)
        assemble(&code, opcode);
    assemble_push(&code, u256_from(code.len + 3));
    assemble(&code, OP_JUMP);
    assemble(&code, OP_JUMPDEST);
    for (unsigned i = 0; i < 17; i++) {
        assemble_push(&code, u256_from(i));
        assemble(&code, OP_MSTORE8);
    }
    static const uint8_t end[] = {OP_PUSH1, 17, OP_PUSH1, 0, OP_RETURN};
    buffer_put(&code, end, sizeof end);
    /* The jump's target is below 256, or the PUSH above would be longer. */
    assert_true(code.len < 256);
    expect(&(struct program){.rules = EVM_OSAKA,
                             .code = buffer_bytes(&code),
                             .gas = PLENTY},
           &(struct expected){EVM_STOPPED, EVM_NONE, -1,
                              "0111100f0e0d0c0b0a0908070605040302"});
    buffer_free(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_is_that_of_integers_modulo_2_256),
        cmocka_unit_test(every_opcode_needs_its_operands_and_room),
        cmocka_unit_test(opcodes_exist_from_their_fork_on),
        cmocka_unit_test(code_ends_in_zeros),
        cmocka_unit_test(jumps_lead_to_jumpdests_alone),
        cmocka_unit_test(loops_carry_their_variables),
        cmocka_unit_test(memory_grows_by_words_and_is_paid_for),
        cmocka_unit_test(copies_read_zeros_beyond_their_source),
        cmocka_unit_test(sstore_needs_more_than_the_stipend),
        cmocka_unit_test(static_frames_change_nothing),
        cmocka_unit_test(gas_says_what_is_left_after_itself),
        cmocka_unit_test(revert_gives_back_gas_and_undoes),
        cmocka_unit_test(block_hashes_go_back_256_blocks),
        cmocka_unit_test(shuffled_items_end_where_the_code_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
