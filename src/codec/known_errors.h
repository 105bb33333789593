#pragma once
/* Custom errors that many contracts share, by name and with their arguments:
 * those of tokens (ERC-6093) and of OpenZeppelin's access, proxies, governance
 * and utilities.
 *
 * Source  ERC-6093; OpenZeppelin Contracts 5.
 * Trust   the output is the contract's: any bytes, and of any contract: that
 *         the selector is known does not say whose code it was.
 */
#include "base/arena.h"
#include "base/bytes.h"

/* "ERC20InsufficientBalance(sender: 0x…, balance: 0, needed: 5)", in the arena;
 * NULL: none of them, or its arguments cannot be read. */
const char *known_error_text(struct arena *arena, bytes output);
