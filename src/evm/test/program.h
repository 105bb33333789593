#pragma once
/* Runs a few bytes of code in a fresh world and keeps what came of it: what
 * most tests of the EVM do. */
#include "evm/evm.h"
#include "evm/test/memory_host.h"

struct program {
    enum evm_rules rules;
    bytes code, input;
    int64_t gas;
    u256 value;
    bool is_static;
    struct evm_tracer *tracer;
    const atomic_bool *stop;
    bool is_trial;
    const struct evm_relocation *relocations;
    size_t relocation_count;
};

/* The addresses that program_run() uses: the code is at `self`. */
extern const address PROGRAM_SELF, PROGRAM_CALLER;

struct machine {
    struct evm *evm;
    struct memory_host host;
    struct evm_environment environment;
};

void machine_init(struct machine *machine);
void machine_fini(struct machine *machine);

/* The output is good until the next run. What the run changed stays. */
struct evm_result machine_run(struct machine *machine,
                              const struct program *program);

/* Bytes from hexadecimal digits with any spaces, in a buffer that the next
 * eight calls leave alone. */
bytes hexed(const char *digits);
