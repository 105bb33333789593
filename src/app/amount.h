#pragma once
/* Amounts of ether as people write them: "1.5ether", "20gwei", "1000" wei.
 *
 * Units    wei in memory; 10^9 wei are a gwei, 10^18 an ether.
 * Errors   LOFT_ERR_USAGE, naming the text.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/u256.h"

/* A decimal number, with a fraction where a unit follows it, which may stand
 * apart: "0.1 ether". Without a unit it is wei, which may be hexadecimal. */
MUST_USE loft_err amount_read(u256 *wei, const char *text);

/* "1.5 ether", "20 gwei", "7 wei": exact, in the largest of these units in
 * which it is no fraction smaller than a thousandth. */
const char *amount_text(struct arena *arena, u256 wei);

/* The number of ether alone, exact: "1.5". */
const char *amount_ether(struct arena *arena, u256 wei);
