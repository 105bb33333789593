#include "rpc/tx_tracer.h"

void tx_tracer_overflow(struct tx_tracer *tracer)
{
    tracer->failure = "the trace is too large: ask for less of it";
}

bytes tx_tracer_keep(struct tx_tracer *tracer, bytes from)
{
    if (tracer->failure || !from.len)
        return BYTES_EMPTY;
    if (from.len > TRACE_KEPT_BYTES_MAX ||
        tracer->traced.arena->held + from.len > TRACE_KEPT_BYTES_MAX) {
        tx_tracer_overflow(tracer);
        return BYTES_EMPTY;
    }
    return arena_copy(tracer->traced.arena, from);
}
