#pragma once
/* Where a contract comes to lie.
 *
 * Source   Yellow Paper section 7; EIP-1014 for CREATE2; EIP-684 and EIP-7610
 *          for collisions.
 */
#include "evm/evm.h"

/* `message` is a creation; nonce is its caller's, before it. */
address creation_address(const struct evm_message *message, uint64_t nonce);

/* Whether something is at the address that a creation must not replace. */
bool creation_collides(struct evm_host *host, const address *who);
