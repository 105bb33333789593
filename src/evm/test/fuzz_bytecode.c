/* Runs bytecode in every loop, and wants the same of all: status, gas,
 * refunds, output and what the world is afterwards.
 *
 * Input: rules, gas (2 bytes), flags, then code; a byte 0x0c, which no rules
 * define, ends one contract's code and begins the next one's. */
#include <stdint.h>

#include "base/assert.h"
#include "crypto/keccak.h"
#include "evm/interpreter.h"
#include "evm/test/memory_host.h"

#define CONTRACTS 3

struct outcome {
    enum evm_status status;
    int64_t gas_left, gas_refund;
    hash32 world, output;
};

struct input {
    enum evm_rules rules;
    int64_t gas;
    bool is_static;
    bytes codes[CONTRACTS];
    bytes data;
};

static address contract_address(unsigned i)
{
    return (address){{[0] = 0xc0, [19] = (uint8_t)(i + 1)}};
}

static struct input read_input(const uint8_t *data, size_t len)
{
    struct input input = {
        .rules = data[0] % EVM_RULES_COUNT,
        .gas = (int64_t)load_be16(data + 1) * (data[3] & 1 ? 1 : 40),
        .is_static = data[3] & 2,
        .data = bytes_of(data, len < 64 ? len : 64),
    };
    size_t at = 4;
    for (unsigned i = 0; i < CONTRACTS; i++) {
        size_t end = at;
        while (end < len && data[end] != 0x0c)
            end++;
        if (i + 1 == CONTRACTS)
            end = len;
        input.codes[i] = bytes_of(data + at, end - at);
        at = end < len ? end + 1 : len;
    }
    return input;
}

/* Addresses small enough for a PUSH1 lead to the contracts as well. */
static void make_world(struct memory_host *host, const struct input *input)
{
    memory_host_init(host);
    host->destroys_old = input->rules < EVM_CANCUN;
    for (unsigned i = 0; i < CONTRACTS; i++) {
        address far = contract_address(i),
                near = {{[19] = (uint8_t)(0x20 + i)}};
        memory_host_set_code(host, &far, input->codes[i]);
        memory_host_set_code(host, &near, input->codes[i]);
        memory_host_account(host, &far)->balance = u256_from(1000);
    }
    u256 key = U256_ONE, value = u256_from(77);
    address first = contract_address(0);
    memory_host_set_slot(host, &first, &key, &value);
}

static const struct evm_environment environment = {
    .number = 300,
    .timestamp = 1700000000,
    .gas_limit = 30000000,
    .base_fee = {{7}},
    .blob_base_fee = {{1}},
    .chain_id = {{1}},
};

static struct outcome run(struct evm *evm, const struct input *input)
{
    struct memory_host host;
    make_world(&host, input);
    const struct evm_run run = {
        .host = &host.host, .environment = &environment, .rules = input->rules};
    const struct evm_message message = {
        .kind = EVM_CALL,
        .is_static = input->is_static,
        .gas = input->gas,
        .caller = {{[0] = 0xaa}},
        .target = contract_address(0),
        .code_of = contract_address(0),
        .input = input->data,
    };
    struct evm_result result = evm_execute(evm, &run, &message);
    struct outcome outcome = {
        .status = result.status,
        .gas_left = result.gas_left,
        .gas_refund = result.gas_refund,
        .output = keccak256(result.output),
    };
    /* What failed is undone but for the slots that were looked at, and a
     * block that fails early looks at fewer. */
    if (result.status == EVM_STOPPED)
        outcome.world = memory_host_digest(&host);
    memory_host_fini(&host);
    return outcome;
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
    ASSERT(a->status == b->status);
    ASSERT(a->gas_left == b->gas_left);
    ASSERT(a->gas_refund == b->gas_refund);
    ASSERT(hash32_equal(&a->output, &b->output));
    ASSERT(hash32_equal(&a->world, &b->world));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct evm *machines[INTERPRETER_COUNT];
    if (len < 5 || len > 4096)
        return 0;
    for (unsigned i = 0; i <= interpreter_best(); i++)
        if (!machines[i]) {
            machines[i] = evm_new();
            interpreter_choose(machines[i], i, true);
        }
    struct input input = read_input(data, len);
    struct outcome exact = run(machines[INTERPRETER_EXACT], &input);
    for (unsigned i = INTERPRETER_EXACT + 1; i <= interpreter_best(); i++) {
        struct outcome other = run(machines[i], &input);
        expect_same(&exact, &other);
    }
    return 0;
}
