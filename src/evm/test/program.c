#include "evm/test/program.h"

#include <ctype.h>

#include "base/assert.h"

const address PROGRAM_SELF = {{[0] = 0x5e, [19] = 0x1f}};
const address PROGRAM_CALLER = {{[0] = 0xca, [19] = 0x11}};

void machine_init(struct machine *machine)
{
    *machine = (struct machine){
        .evm = evm_new(),
        .environment =
            {
                .number = 1000,
                .timestamp = 1700000000,
                .gas_limit = 30000000,
                .base_fee = {{7}},
                .blob_base_fee = {{3}},
                .chain_id = {{1337}},
                .gas_price = {{9}},
                .origin = PROGRAM_CALLER,
                .coinbase = {{[0] = 0xc0}},
                .prev_randao = {{[31] = 0x44}},
            },
    };
    memory_host_init(&machine->host);
    memory_host_account(&machine->host, &PROGRAM_CALLER)->balance = u256_from(
        UINT64_C(1) << 60);
}

void machine_fini(struct machine *machine)
{
    evm_free(machine->evm);
    memory_host_fini(&machine->host);
}

struct evm_result machine_run(struct machine *machine,
                              const struct program *program)
{
    memory_host_set_code(&machine->host, &PROGRAM_SELF, program->code);
    machine->host.destroys_old = program->rules < EVM_CANCUN;
    const struct evm_run run = {
        .host = &machine->host.host,
        .environment = &machine->environment,
        .rules = program->rules,
        .tracer = program->tracer,
        .stop = program->stop,
        .is_trial = program->is_trial,
        .relocations = program->relocations,
        .relocation_count = program->relocation_count,
    };
    const struct evm_message message = {
        .kind = EVM_CALL,
        .is_static = program->is_static,
        .gas = program->gas,
        .caller = PROGRAM_CALLER,
        .target = PROGRAM_SELF,
        .code_of = PROGRAM_SELF,
        .value = program->value,
        .input = program->input,
    };
    return evm_execute(machine->evm, &run, &message);
}

static uint8_t digit_value(char digit)
{
    ASSERT(isxdigit((unsigned char)digit));
    return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

bytes hexed(const char *digits)
{
    static uint8_t buffers[8][8192];
    static unsigned next;
    uint8_t *out = buffers[next++ % 8];
    size_t len = 0;
    for (; *digits; digits++) {
        if (*digits == ' ')
            continue;
        ASSERT(len < sizeof buffers[0]);
        out[len++] = (uint8_t)(digit_value(digits[0]) << 4 |
                               digit_value(digits[1]));
        digits++;
    }
    return bytes_of(out, len);
}
