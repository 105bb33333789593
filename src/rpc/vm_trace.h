#pragma once
/* Every instruction with what it has done, frame within frame: "vmTrace" of
 * the trace_ methods.
 *
 * Source    OpenEthereum's JSON-RPC documentation, module trace.
 * Lifetime  what is collected lives in the tracer's arena.
 */
#include "rpc/tx_tracer.h"

struct vm_frame;

struct vm_trace {
    struct tx_tracer *tracer; /* whose hooks call these functions */
    struct vm_frame *root, *open;
};

void vm_trace_enter(struct vm_trace *trace, const struct evm_message *message);
void vm_trace_step(struct vm_trace *trace, const struct evm_step *step);
void vm_trace_fault(struct vm_trace *trace);
void vm_trace_leave(struct vm_trace *trace, const struct evm_result *result);

/* An object; null where nothing ran. */
void vm_trace_put(struct json_writer *out, const struct vm_trace *trace);
