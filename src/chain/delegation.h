#pragma once
/* Code delegations that a transaction brings along: accounts lend themselves
 * the code of another.
 *
 * Source  EIP-7702.
 */
#include "chain/transaction.h"
#include "state/overlay.h"

/* Carries out the authorizations that are valid, in order, and passes over
 * the others. Returns the gas to refund for accounts that existed before. */
uint64_t apply_authorizations(struct overlay *overlay, uint64_t chain_id,
                              const struct transaction *tx);

/* The account that signed. False: no valid signature. */
bool authorization_signer(address *signer,
                          const struct authorization *authorization);
