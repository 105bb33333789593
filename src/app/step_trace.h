#pragma once
/* Writes a run as one JSON object a line, before each instruction.
 *
 * Source   EIP-3155.
 */
#include <stdio.h>

#include "evm/tracer.h"

struct step_trace {
    struct evm_tracer tracer; /* give this to the run */
    FILE *out;
    uint64_t steps;
};

void step_trace_init(struct step_trace *trace, FILE *out);
