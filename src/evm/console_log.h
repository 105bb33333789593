#pragma once
/* console.log for contracts: calls to an address without code, whose input is
 * a line of text for whoever develops.
 *
 *     struct console_log *console = console_log_new(print, context);
 *     run.tracer = console_log_tracer(console);
 *
 * The signatures are log() with up to four of uint256, string, bool and
 * address in any order, and with one of int256, bytes and bytes1 to bytes32;
 * "uint" for "uint256" as older libraries spell it. A first argument that is a
 * string may hold %s, %d, %i, %f, %x, %o, %O, %j, %c and %%.
 *
 * Source   Hardhat's console.sol, forge-std's console2.sol; Node.js
 *          util.format() for how the arguments become a line.
 * Threads  one a struct console_log.
 * Trust    the input is a contract's: any bytes, and so is the text.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/vec.h"
#include "evm/tracer.h"

/* Of a line; what is longer is cut. */
#define CONSOLE_LOG_BYTES_MAX 16384

extern const address CONSOLE_ADDRESS;

struct console_log;

/* `line` may be NULL; its text is good during the call. */
struct console_log *console_log_new(void (*line)(void *context, bytes text),
                                    void *context);
void console_log_free(struct console_log *console); /* NULL is fine */

/* Tells of every call to CONSOLE_ADDRESS, those of reverted frames too. Code
 * runs as fast as without it. */
struct evm_tracer *console_log_tracer(struct console_log *console);

/* Appends the line that a call's input stands for. False: it is none of the
 * signatures, or its arguments do not fit; nothing is appended. */
MUST_USE bool console_log_decode(struct console_log *console,
                                 struct buffer *out, bytes input);
