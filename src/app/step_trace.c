#include "app/step_trace.h"

#include <inttypes.h>

#include "base/hex.h"
#include "evm/evm.h"
#include "evm/instructions.h"

static void print_u256(FILE *out, u256 value)
{
    char text[HEX_QUANTITY_MAX];
    hex_quantity(text, value);
    fprintf(out, "\"%s\"", text);
}

/* EIP-3155: "stack: Array of all values on the stack", the top one last;
 * "depth" counts from 1. */
static void print_step(FILE *out, const struct evm_step *step, const char *why)
{
    const char *name = instruction_name(step->opcode);
    fprintf(out,
            "{\"pc\":%" PRIu64 ",\"op\":%u,\"gas\":\"0x%" PRIx64
            "\",\"gasCost\":\"0x%" PRIx64 "\",\"memSize\":%zu,\"stack\":[",
            step->pc, step->opcode, (uint64_t)step->gas,
            (uint64_t)step->gas_cost, step->memory.len);
    for (unsigned i = 0; i < step->stack_len; i++) {
        if (i)
            fputc(',', out);
        print_u256(out, step->stack[i]);
    }
    fprintf(out, "],\"depth\":%d,\"refund\":%" PRId64 ",\"opName\":\"%s\"",
            step->depth + 1, step->refund, name ? name : "UNDEFINED");
    if (why)
        fprintf(out, ",\"error\":\"%s\"", why);
    fprintf(out, "}\n");
}

static void on_step(struct evm_tracer *tracer, const struct evm_step *step)
{
    struct step_trace *trace = (struct step_trace *)tracer;
    trace->steps++;
    print_step(trace->out, step, NULL);
}

static void on_fault(struct evm_tracer *tracer, const struct evm_step *step,
                     enum evm_exception why)
{
    print_step(((struct step_trace *)tracer)->out, step,
               evm_exception_text(why));
}

void step_trace_init(struct step_trace *trace, FILE *out)
{
    *trace = (struct step_trace){
        .tracer = {.step = on_step, .fault = on_fault},
        .out = out,
    };
}
