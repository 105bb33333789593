#pragma once
/* Two Yamux sessions, joined, act on commands and are compared with what each
 * stream must do: what was sent arrives, in order, exactly once; an end comes
 * after the last byte; no side ever breaks the other's rules. */
#include "base/bytes.h"

/* Two bytes a command. Stops the program where the model is broken. */
void yamux_model_run(bytes commands);
