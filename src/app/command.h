#pragma once
/* The commands of `loft`: `loft <noun> <verb>`, one table (app/commands.h).
 *
 * A command says in its struct what it takes; from there come the reading of
 * the command line, --help, the manual page and the shells' completion. Exit
 * status is the same everywhere: enum command_exit.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/spelling.h"
#include "base/u256.h"

enum command_exit {
    EXIT_OK = 0,
    EXIT_REFUSED = 1, /* done, and the answer is no; or a failure */
    EXIT_NO_NODE = 2, /* the node cannot be reached */
    EXIT_WRONG_USAGE = 3,
    EXIT_TIMED_OUT = 4,
};

struct command_option {
    const char *name;     /* "--json" */
    const char *argument; /* "FILE"; NULL: a switch */
    const char *help;     /* what it does, in one line or some */
};

#define COMMAND_OPTIONS_MAX 24
#define COMMAND_VALUES_MAX 8 /* of one option */
#define COMMAND_ANY_NUMBER (-1)

struct command_line;

struct command {
    const char *name;     /* "statetest", or "tx decode" */
    const char *operands; /* "ADDRESS [BLOCK]", "" for none */
    int least, most;      /* how many; most may be COMMAND_ANY_NUMBER */
    const char *summary;  /* one line */
    const char *help;     /* paragraphs, may be NULL */
    const struct command_option *options; /* the last has no name; or NULL */
    unsigned timeout_seconds; /* for a node's answer; 0: the usual */
    int (*run)(const struct command_line *line);
};

/* What was typed after the command's name. */
struct command_line {
    const struct command *self;
    struct arena *arena; /* for as long as the command runs */
    int argc;            /* operands */
    char **argv;         /* argv[argc] is NULL */
    struct command_values {
        unsigned count;
        const char *at[COMMAND_VALUES_MAX];
    } values[COMMAND_OPTIONS_MAX]; /* of each of the command's options */
};

/* Reads what follows the name: "--name VALUE", "--name=VALUE", switches,
 * operands; "--" ends the options, and a number below zero is an operand.
 * False: not as the command has it; said on stderr. */
bool command_line_read(struct command_line *line, const struct command *self,
                       struct arena *arena, int argc, char **argv);

/* The value of one of the command's options, the last if it was given more
 * than once; NULL: it was not. A switch has "". */
const char *command_option(const struct command_line *line, const char *name);
/* All its values. */
const struct command_values *command_options(const struct command_line *line,
                                             const char *name);

/* A number, decimal or 0x and hexadecimal digits; as it was where the option
 * is not there. LOFT_ERR_USAGE: none, or not within bounds. */
MUST_USE loft_err command_number(const struct command_line *line,
                                 const char *name, uint64_t *value,
                                 uint64_t least, uint64_t most);
/* The same for an operand or any other text. */
MUST_USE loft_err command_read_number(u256 *out, const char *text);

/* How many words from the first on are options of the command, with their
 * values. */
int command_leading_options(const struct command *self, int argc, char **argv);

/* Puts "; is it --rpc-url?" into out where an option of the command is nearer
 * to what was written than all that the search has met. */
#define COMMAND_HINT_BYTES 96
void command_option_hint(char out[COMMAND_HINT_BYTES],
                         const struct command *self, bytes written,
                         struct spelling *spelling);

/* "account sign [options] ACCOUNT MESSAGE" */
void command_print_usage(FILE *to, const struct command *self);

/* Writes what is wrong and how the command is used; EXIT_WRONG_USAGE. */
int command_misused(const struct command *self, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Writes the last sentence of base/err.h. The status is EXIT_WRONG_USAGE for
 * LOFT_ERR_USAGE, else EXIT_REFUSED; EXIT_OK, without a word, for LOFT_OK. */
int command_status(const struct command *self, loft_err code);

/* The bytes of an operand: hexadecimal digits as they are, "@FILE" or "-" for
 * what a file or standard input holds: text if it is hexadecimal, else raw. At
 * most COMMAND_INPUT_BYTES_MAX. */
#define COMMAND_INPUT_BYTES_MAX (64u << 20)
MUST_USE loft_err command_read_bytes(struct arena *arena, bytes *out,
                                     const char *operand);
/* The contents of a file, or of standard input for "-". */
MUST_USE loft_err command_read_file(struct arena *arena, bytes *out,
                                    const char *path);
