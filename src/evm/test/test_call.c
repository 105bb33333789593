#include "evm/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/creation.h"
#include "evm/gas.h"
#include "evm/precompile.h"
#include "evm/test/program.h"

#define PLENTY 10000000

/* Where a test puts a second contract: PUSH1 finds it. */
static const address other = {{[19] = 0x77}};

static struct machine machine;

static int set_up(void **state)
{
    (void)state;
    machine_init(&machine);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    machine_fini(&machine);
    return 0;
}

static struct evm_result run(enum evm_rules rules, const char *code,
                             int64_t gas)
{
    return machine_run(
        &machine,
        &(struct program){.rules = rules, .code = hexed(code), .gas = gas});
}

static uint64_t returned(const struct evm_result *result)
{
    assert_int_equal(result->status, EVM_STOPPED);
    assert_int_equal(result->output.len, 32);
    return load_be64(result->output.at + 24);
}

static void set_other(const char *code)
{
    memory_host_set_code(&machine.host, &other, hexed(code));
}

static uint64_t balance_of(const address *who)
{
    return memory_host_account(&machine.host, who)->balance.limb[0];
}

static void give(const address *who, uint64_t wei)
{
    memory_host_account(&machine.host, who)->balance = u256_from(wei);
}

/* CALL(gas, 0x77, value, 0, 0, 0, 32), then return what it answered. */
#define CALL_OTHER(value) "6020 6000 6000 6000 60" value " 6077 5a f1"
#define RETURN_TOP " 6000 52 6020 6000 f3"
#define RETURN_WORD " 50 6020 6000 f3"

static void a_call_moves_value_and_answers(void **state)
{
    (void)state;
    set_other("34 6000 52 6020 6000 f3");
    give(&PROGRAM_SELF, 100);
    struct evm_result result = run(EVM_OSAKA, CALL_OTHER("07") RETURN_WORD,
                                   PLENTY);
    assert_int_equal(returned(&result), 7);
    assert_int_equal(balance_of(&PROGRAM_SELF), 93);
    assert_int_equal(balance_of(&other), 7);
}

static void a_call_that_cannot_pay_costs_no_gas_given_along(void **state)
{
    (void)state;
    set_other("fe");
    struct evm_result result = run(EVM_OSAKA, CALL_OTHER("07") RETURN_TOP,
                                   PLENTY);
    assert_int_equal(returned(&result), 0);
    /* seven pushes' worth, cold account, value, less the stipend; then the
     * answer's three pushes, its store, and two words' memory */
    int64_t used = PLENTY - result.gas_left;
    assert_int_equal(used, 6 * 3 + 2 + 2600 + 9000 - 2300 + 3 * 3 + 3 + 3);
}

static void a_failed_call_is_undone_and_its_gas_gone(void **state)
{
    (void)state;
    set_other("6001 6000 55 fe");
    give(&PROGRAM_SELF, 100);
    struct evm_result result = run(EVM_OSAKA, CALL_OTHER("07") RETURN_TOP,
                                   PLENTY);
    assert_int_equal(returned(&result), 0);
    assert_int_equal(balance_of(&PROGRAM_SELF), 100);
    u256 key = U256_ZERO;
    assert_true(u256_is_zero(memory_host_slot(&machine.host, &other, &key)));
    /* EIP-150: one 64th was kept back */
    assert_in_range(result.gas_left, (PLENTY - 20000) / 64, PLENTY / 64);
}

static void a_reverted_call_answers_and_keeps_its_gas(void **state)
{
    (void)state;
    set_other("602a 6000 52 6020 6000 fd");
    struct evm_result result = run(
        EVM_OSAKA, CALL_OTHER("00") " 3d 6020 51 01 6000 51 01" RETURN_TOP,
        PLENTY);
    /* success (0, below) is dropped; 32 bytes of return data; 42 in memory */
    assert_int_equal(returned(&result), 32 + 42);
    assert_true(result.gas_left > PLENTY - 5000);
}

static void refunds_of_what_is_undone_do_not_count(void **state)
{
    (void)state;
    u256 key = U256_ZERO, one = U256_ONE;
    memory_host_set_slot(&machine.host, &other, &key, &one);
    set_other("6000 6000 55 00");
    struct evm_result result = run(EVM_OSAKA, CALL_OTHER("00") " 00", PLENTY);
    assert_int_equal(result.gas_refund, 4800);
    memory_host_set_slot(&machine.host, &other, &key, &one);
    set_other("6000 6000 55 6000 6000 fd");
    result = run(EVM_OSAKA, CALL_OTHER("00") " 00", PLENTY);
    assert_int_equal(result.gas_refund, 0);
}

static void a_delegatecall_keeps_caller_value_and_storage(void **state)
{
    (void)state;
    set_other("33 34 01 6000 55 00");
    struct evm_result result = machine_run(
        &machine, &(struct program){.rules = EVM_OSAKA,
                                    .code = hexed("6000 6000 6000 6000 6077"
                                                  "5a f4" RETURN_TOP),
                                    .gas = PLENTY,
                                    .value = u256_from(5)});
    assert_int_equal(returned(&result), 1);
    u256 key = U256_ZERO;
    u256 expected = u256_add(u256_from_address(&PROGRAM_CALLER), u256_from(5));
    assert_true(u256_equal(memory_host_slot(&machine.host, &PROGRAM_SELF, &key),
                           expected));
}

static void a_staticcall_forbids_changes_all_the_way_down(void **state)
{
    (void)state;
    static const address deepest = {{[19] = 0x78}};
    memory_host_set_code(&machine.host, &deepest, hexed("6001 6000 55 00"));
    set_other("6020 6000 6000 6000 6000 6078 5a f1" RETURN_TOP);
    struct evm_result result = run(
        EVM_OSAKA, "6020 6000 6000 6000 6077 5a fa" RETURN_WORD, PLENTY);
    assert_int_equal(returned(&result), 0);
}

static void before_eip_150_a_call_takes_what_it_is_asked_for(void **state)
{
    (void)state;
    set_other("00");
    const char *asks = "6000 6000 6000 6000 6000 6077 620186a0 f1 00";
    assert_int_equal(run(EVM_HOMESTEAD, asks, 100000).why, EVM_OUT_OF_GAS);
    assert_int_equal(run(EVM_TANGERINE, asks, 100000).status, EVM_STOPPED);
}

static void a_new_account_costs_25000(void **state)
{
    (void)state;
    give(&PROGRAM_SELF, 100);
    const char *pays = "6000 6000 6000 6000 6001 6099 6000 f1 00";
    const char *pays_not = "6000 6000 6000 6000 6000 6099 6000 f1 00";
    int64_t base = PLENTY - run(EVM_OSAKA, pays_not, PLENTY).gas_left;
    assert_int_equal(base, 7 * 3 + 2600);
    memory_host_settle(&machine.host);
    assert_int_equal(PLENTY - run(EVM_OSAKA, pays, PLENTY).gas_left,
                     base + 25000 + 9000 - 2300);
    /* before EIP-161, existence is what counts, not value */
    const char *again = "6000 6000 6000 6000 6000 609a 6000 f1 00";
    assert_int_equal(PLENTY - run(EVM_TANGERINE, again, PLENTY).gas_left,
                     7 * 3 + 700 + 25000);
}

/* CREATE(0, 0, len) of the bytes that the code ends with. */
static const char *creator(const char *init_code, unsigned len)
{
    static char code[8192];
    snprintf(code, sizeof code, "61%04x 6011 6000 39 61%04x 6000 6000 f0 00 %s",
             len, len, init_code);
    return code;
}

static address address_of(const address *caller, uint64_t nonce)
{
    const struct evm_message message = {.kind = EVM_CREATE, .caller = *caller};
    return creation_address(&message, nonce);
}

static address created_first(void)
{
    return address_of(&PROGRAM_SELF, 1);
}

static void a_creation_leaves_the_code_that_it_returns(void **state)
{
    (void)state;
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    run(EVM_OSAKA, creator("60fe 6000 53 6001 6000 f3", 10), PLENTY);
    address at = created_first();
    struct memory_account *made = memory_host_account(&machine.host, &at);
    assert_int_equal(made->code.len, 1);
    assert_int_equal(made->code.at[0], 0xfe);
    assert_int_equal(made->nonce, 1);
    assert_int_equal(memory_host_account(&machine.host, &PROGRAM_SELF)->nonce,
                     2);
}

static void code_must_not_begin_with_ef_from_london_on(void **state)
{
    (void)state;
    const char *code = creator("60ef 6000 53 6001 6000 f3", 10);
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    address at = created_first();
    run(EVM_LONDON, code, PLENTY);
    assert_int_equal(memory_host_account(&machine.host, &at)->code.len, 0);
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    run(EVM_BERLIN, code, PLENTY);
    assert_int_equal(memory_host_account(&machine.host, &at)->code.len, 1);
}

static void code_has_at_most_24576_bytes(void **state)
{
    (void)state;
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    address at = created_first();
    run(EVM_OSAKA, creator("616001 6000 f3", 6), PLENTY);
    assert_int_equal(memory_host_account(&machine.host, &at)->code.len, 0);
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    run(EVM_OSAKA, creator("616000 6000 f3", 6), PLENTY);
    assert_int_equal(memory_host_account(&machine.host, &at)->code.len,
                     EVM_CODE_BYTES_MAX);
}

static void initcode_has_at_most_49152_bytes_from_shanghai_on(void **state)
{
    (void)state;
    const char *create = "61c001 6000 6000 f0 00";
    assert_int_equal(run(EVM_SHANGHAI, create, PLENTY).why,
                     EVM_INITCODE_TOO_LARGE);
    assert_int_equal(run(EVM_PARIS, create, PLENTY).status, EVM_STOPPED);
    assert_int_equal(run(EVM_SHANGHAI, "61c000 6000 6000 f0 00", PLENTY).status,
                     EVM_STOPPED);
}

/* EIP-2: too little gas for the code's bytes fails a creation; before, it
 * left a contract without code. */
static void frontier_leaves_a_contract_without_code(void **state)
{
    (void)state;
    const char *code = creator("611000 6000 f3", 6);
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    address at = created_first();
    struct evm_result result = run(EVM_HOMESTEAD, code, 300000);
    assert_false(memory_host_account(&machine.host, &at)->exists);
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    result = run(EVM_FRONTIER, code, 300000);
    assert_int_equal(result.status, EVM_STOPPED);
    assert_true(memory_host_account(&machine.host, &at)->exists);
    assert_int_equal(memory_host_account(&machine.host, &at)->code.len, 0);
}

static void a_creation_does_not_replace_what_is_there(void **state)
{
    (void)state;
    address at = created_first();
    u256 key = U256_ONE;
    memory_host_set_slot(&machine.host, &at, &key, &key); /* EIP-7610 */
    memory_host_account(&machine.host, &PROGRAM_SELF)->nonce = 1;
    struct evm_result result = run(
        EVM_OSAKA, creator("60fe 6000 53 6001 6000 f3", 10), PLENTY);
    assert_int_equal(memory_host_account(&machine.host, &at)->code.len, 0);
    assert_in_range(result.gas_left, 0, PLENTY / 64); /* the rest is gone */
    assert_int_equal(memory_host_account(&machine.host, &PROGRAM_SELF)->nonce,
                     2);
}

static void a_message_from_outside_creates_by_the_nonce_before(void **state)
{
    (void)state;
    memory_host_account(&machine.host, &PROGRAM_CALLER)->nonce = 6;
    const struct evm_run setting = {.host = &machine.host.host,
                                    .environment = &machine.environment,
                                    .rules = EVM_OSAKA};
    const struct evm_message message = {
        .kind = EVM_CREATE,
        .gas = PLENTY,
        .caller = PROGRAM_CALLER,
        .value = u256_from(3),
        .input = hexed("60fe 6000 53 6001 6000 f3")};
    struct evm_result result = evm_execute(machine.evm, &setting, &message);
    address expected = address_of(&PROGRAM_CALLER, 5);
    assert_int_equal(result.status, EVM_STOPPED);
    assert_true(address_equal(&result.created, &expected));
    assert_int_equal(balance_of(&expected), 3);
    assert_int_equal(result.output.len, 1);
    assert_int_equal(memory_host_account(&machine.host, &PROGRAM_CALLER)->nonce,
                     6);
}

static void set_delegation(const address *from, const address *to)
{
    uint8_t code[23] = {0xef, 0x01, 0x00};
    memcpy(code + 3, to->at, sizeof to->at);
    memory_host_set_code(&machine.host, from, bytes_of(code, sizeof code));
}

static void a_delegation_is_followed_once_and_paid_for(void **state)
{
    (void)state;
    static const address deepest = {{[19] = 0x78}};
    memory_host_set_code(&machine.host, &deepest, hexed("30" RETURN_TOP));
    set_delegation(&other, &deepest);
    struct evm_result result = run(EVM_PRAGUE, CALL_OTHER("00") RETURN_WORD,
                                   PLENTY);
    assert_int_equal(returned(&result), 0x77); /* in the delegator's name */
    int64_t with = PLENTY - result.gas_left;
    memory_host_settle(&machine.host);
    set_other("30" RETURN_TOP);
    int64_t without =
        PLENTY - run(EVM_PRAGUE, CALL_OTHER("00") RETURN_WORD, PLENTY).gas_left;
    assert_int_equal(with - without, 2600);

    set_delegation(&deepest, &PROGRAM_CALLER); /* a chain is not followed */
    set_delegation(&other, &deepest);
    memory_host_settle(&machine.host);
    result = run(EVM_PRAGUE, CALL_OTHER("00") RETURN_TOP, PLENTY);
    assert_int_equal(returned(&result), 0);
    /* EXTCODESIZE sees the delegation itself */
    result = run(EVM_PRAGUE, "6077 3b" RETURN_TOP, PLENTY);
    assert_int_equal(returned(&result), 23);
}

static void a_delegation_to_a_precompile_runs_nothing(void **state)
{
    (void)state;
    static const address identity = {{[19] = 4}};
    set_delegation(&other, &identity);
    struct evm_result result = run(
        EVM_PRAGUE, "6000 6000 6020 6000 6000 6077 5a f1 3d" RETURN_TOP,
        PLENTY);
    assert_int_equal(returned(&result), 0);
}

static void a_failing_host_gives_no_verdict(void **state)
{
    (void)state;
    machine.host.host.failed = true;
    struct evm_result result = run(EVM_OSAKA, "00", PLENTY);
    assert_int_equal(result.status, EVM_HOST_FAILED);
}

/* Counts down from a number that only endless gas reaches the end of. */
static void a_run_ends_early_when_told_to(void **state)
{
    (void)state;
    static const char *const endless[] = {
        "5b 6000 54 50 6000 56",             /* reads a slot */
        "5b 6001 6000 55 6000 56",           /* writes one */
        "5b 6077 31 50 6000 56",             /* looks at an account */
        "5b 6020 6000 20 50 6000 56",        /* hashes */
        "5b " CALL_OTHER("00") "50 6000 56", /* calls */
    };
    const atomic_bool stop = true;
    set_other("00");
    for (size_t i = 0; i < ARRAY_LEN(endless); i++) {
        struct program program = {.rules = EVM_OSAKA,
                                  .code = hexed(endless[i]),
                                  .gas = INT64_MAX / 2,
                                  .stop = &stop};
        struct evm_result result = machine_run(&machine, &program);
        assert_int_equal(result.status, EVM_HOST_FAILED);
    }
}

static void a_run_that_nobody_ends_is_whole(void **state)
{
    (void)state;
    const atomic_bool stop = false;
    struct program program = {.rules = EVM_OSAKA,
                              .code = hexed("6007" RETURN_TOP),
                              .gas = PLENTY,
                              .stop = &stop};
    struct evm_result result = machine_run(&machine, &program);
    assert_int_equal(returned(&result), 7);
}

static enum evm_status status_of_trial(const char *code)
{
    struct program program = {.rules = EVM_OSAKA,
                              .code = hexed(code),
                              .gas = 100000,
                              .is_trial = true};
    return machine_run(&machine, &program).status;
}

static void a_trial_tells_nothing_of_code_that_looks_at_gas(void **state)
{
    (void)state;
    set_other("00");
    assert_int_equal(status_of_trial("6007" RETURN_TOP), EVM_STOPPED);
    assert_int_equal(status_of_trial("6000 6000 fd"), EVM_REVERTED);
    assert_int_equal(
        status_of_trial("6000 6000 6000 6000 6000 6077 612710 f1" RETURN_TOP),
        EVM_STOPPED);
    assert_int_equal(status_of_trial(CALL_OTHER("00") RETURN_TOP),
                     EVM_HOST_FAILED);
    assert_int_equal(status_of_trial("5a 00"), EVM_HOST_FAILED);
    /* All gas that may be given on. */
    assert_int_equal(status_of_trial("6000 6000 6000 6000 6000 6077 630fffffff"
                                     "f1 00"),
                     EVM_HOST_FAILED);
    assert_int_equal(status_of_trial("6000 6000 6000 f0 00"), EVM_HOST_FAILED);
    /* The next run is one like any other. */
    struct evm_result result = run(EVM_OSAKA, "5a" RETURN_TOP, PLENTY);
    assert_int_equal(result.status, EVM_STOPPED);
}

static void selfdestruct_refunds_until_london(void **state)
{
    (void)state;
    give(&PROGRAM_SELF, 9);
    struct evm_result result = run(EVM_BERLIN, "6077 ff", PLENTY);
    assert_int_equal(result.gas_refund, 24000);
    assert_int_equal(PLENTY - result.gas_left, 3 + 5000 + 2600 + 25000);
    assert_int_equal(balance_of(&other), 9);
    memory_host_settle(&machine.host);
    result = run(EVM_LONDON, "6077 ff", PLENTY);
    assert_int_equal(result.gas_refund, 0);
    assert_int_equal(PLENTY - result.gas_left, 3 + 5000 + 2600);
    assert_true(memory_host_account(&machine.host, &PROGRAM_SELF)->destroyed);
    memory_host_settle(&machine.host);
    run(EVM_CANCUN, "6077 ff", PLENTY); /* EIP-6780 */
    assert_false(memory_host_account(&machine.host, &PROGRAM_SELF)->destroyed);
}

/* Asks the identity at 0x04 and at 0x77 for a word, and adds what they
 * copied. */
static const char ask_both[] = "6001 6000 52"
                               "6020 6020 6020 6000 6000 6004 5a f1 50"
                               "6020 6040 6020 6000 6000 6077 5a f1 50"
                               "6040 51 6001 1b 6020 51 01 6000 52"
                               "6020 6000 f3";

static uint64_t ask_with(const struct evm_relocation *relocations, size_t count)
{
    struct evm_result result = machine_run(
        &machine, &(struct program){.rules = EVM_OSAKA,
                                    .code = hexed(ask_both),
                                    .gas = PLENTY,
                                    .relocations = relocations,
                                    .relocation_count = count});
    return returned(&result);
}

static void precompiles_can_be_moved_and_taken_away(void **state)
{
    (void)state;
    const address identity = {{[19] = 4}}, sha = {{[19] = 2}};
    const struct evm_relocation moved[] = {{identity, true, other},
                                           {sha, true, identity}};
    const struct evm_relocation gone = {.from = identity};
    assert_int_equal(ask_with(NULL, 0), 1);
    assert_int_equal(ask_with(moved, 1), 2);
    assert_int_equal(ask_with(&gone, 1), 0);
    assert_true(ask_with(moved, 2) > 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_call_moves_value_and_answers),
        TEST(precompiles_can_be_moved_and_taken_away),
        TEST(a_call_that_cannot_pay_costs_no_gas_given_along),
        TEST(a_failed_call_is_undone_and_its_gas_gone),
        TEST(a_reverted_call_answers_and_keeps_its_gas),
        TEST(refunds_of_what_is_undone_do_not_count),
        TEST(a_delegatecall_keeps_caller_value_and_storage),
        TEST(a_staticcall_forbids_changes_all_the_way_down),
        TEST(before_eip_150_a_call_takes_what_it_is_asked_for),
        TEST(a_new_account_costs_25000),
        TEST(a_creation_leaves_the_code_that_it_returns),
        TEST(code_must_not_begin_with_ef_from_london_on),
        TEST(code_has_at_most_24576_bytes),
        TEST(initcode_has_at_most_49152_bytes_from_shanghai_on),
        TEST(frontier_leaves_a_contract_without_code),
        TEST(a_creation_does_not_replace_what_is_there),
        TEST(a_message_from_outside_creates_by_the_nonce_before),
        TEST(a_delegation_is_followed_once_and_paid_for),
        TEST(a_delegation_to_a_precompile_runs_nothing),
        TEST(a_failing_host_gives_no_verdict),
        TEST(a_run_ends_early_when_told_to),
        TEST(a_run_that_nobody_ends_is_whole),
        TEST(a_trial_tells_nothing_of_code_that_looks_at_gas),
        TEST(selfdestruct_refunds_until_london),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
