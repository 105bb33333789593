#include "app/commands.h"

const struct command *const commands[] = {
#define X(name) &command_##name,
    LOFT_COMMANDS(X)
#undef X
};

const size_t command_count = ARRAY_LEN(commands);
