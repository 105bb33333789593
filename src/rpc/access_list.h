#pragma once
/* The accounts and slots that a transaction touches, as an access list that
 * names them in advance (EIP-2930).
 *
 * Left out are the accounts that are warm anyway: sender, receiver,
 * precompiles and the signers of authorizations, unless slots of theirs are
 * touched. Naming a slot changes gas, and may so change what is touched: the
 * transaction is run until the list stays as it is.
 *
 * Source  geth, eth_createAccessList.
 */
#include "rpc/simulation.h"

/* Leaves the list in simulation->tx, in the call's arena, and the run with it
 * in *execution. */
bool access_list_find(struct simulation *simulation,
                      struct execution *execution, uint64_t gas);
