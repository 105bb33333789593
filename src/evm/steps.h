#pragma once
/* Tells a tracer about the instructions of a frame: what stands before each
 * and what it will cost. */
#include "evm/frame.h"

/* Before the instruction at frame->pc, with frame->sp and gas as it finds
 * them. */
void steps_tell(struct frame *frame);

/* That instruction has failed with frame->why. */
void steps_tell_fault(struct frame *frame, int64_t gas_before);
