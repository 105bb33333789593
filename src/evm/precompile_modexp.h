#pragma once
/* Precompile 0x05: what modular exponentiation costs, and its input's form.
 *
 * Source   EIP-198, 2565 (Berlin), 7823 and 7883 (Osaka).
 */
#include "base/vec.h"
#include "evm/rules.h"

/* UINT64_MAX: more than any gas, or lengths that EIP-7823 forbids. */
uint64_t modexp_price(enum evm_rules rules, bytes input);

/* To be run once modexp_price() is paid for, which bounds the lengths. */
bool modexp_run(bytes input, struct buffer *output);
