#pragma once
/* The commands of `loft`: `loft <noun> <verb>`, one table in loft.c.
 *
 * Exit status is the same everywhere: enum command_exit.
 */
#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum command_exit {
    EXIT_OK = 0,
    EXIT_REFUSED = 1, /* done, and the answer is no; or a failure */
    EXIT_NO_NODE = 2, /* the node cannot be reached */
    EXIT_WRONG_USAGE = 3,
    EXIT_TIMED_OUT = 4,
};

struct command {
    const char *name;    /* "statetest", or "tx decode" */
    const char *usage;   /* what follows the name */
    const char *summary; /* one line */
    const char *help;    /* more lines, may be NULL */
    /* The arguments after the name; argv[argc] is NULL. */
    int (*run)(const struct command *self, int argc, char **argv);
};

/* Writes what is wrong and how the command is used; EXIT_WRONG_USAGE. */
int command_misused(const struct command *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the last sentence of base/err.h; EXIT_REFUSED. */
int command_failed(const char *what);

/* Reads flags off the front of argv: each is "--name" (value NULL: a switch
 * that is set to "") or "--name VALUE" or "--name=VALUE". What is left, the
 * operands, is moved to the front and counted in *argc. False: something that
 * the table does not name; said on stderr. */
struct command_flag {
    const char *name; /* with its dashes */
    bool is_switch;
    const char **value;
};
bool command_flags(const struct command *self, int *argc, char **argv,
                   const struct command_flag *flags, unsigned count);

/* The bytes of an operand: hexadecimal digits as they are, "@FILE" or "-" for
 * what a file or standard input holds: text if it is hexadecimal, else raw. At
 * most COMMAND_INPUT_BYTES_MAX. */
#define COMMAND_INPUT_BYTES_MAX (64u << 20)
MUST_USE loft_err command_read_bytes(struct arena *arena, bytes *out,
                                     const char *operand);
/* The contents of a file, or of standard input for "-". */
MUST_USE loft_err command_read_file(struct arena *arena, bytes *out,
                                    const char *path);
