#pragma once
/* The loops that run a frame.
 *
 * The exact loop takes the code byte by byte, checks everything before each
 * instruction and can be watched by a tracer. It serves init code, code that
 * has not run much yet, and whatever a translated block cannot finish.
 */
#include "evm/frame.h"

enum loop_exit interpreter_exact(struct frame *frame);
