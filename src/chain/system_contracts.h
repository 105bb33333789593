#pragma once
/* The system contracts that a chain needs from Cancun and Prague on, as
 * accounts for its genesis: without those of the last two no block of Prague
 * is valid.
 *
 * Source  the code that EIP-4788, 2935, 7002 and 7251 print.
 */
#include "chain/genesis.h"

enum system_contract {
    SYSTEM_BEACON_ROOTS,        /* EIP-4788 */
    SYSTEM_BLOCK_HASHES,        /* EIP-2935 */
    SYSTEM_WITHDRAWAL_QUEUE,    /* EIP-7002 */
    SYSTEM_CONSOLIDATION_QUEUE, /* EIP-7251 */
    SYSTEM_CONTRACT_COUNT
};

extern const struct genesis_account SYSTEM_CONTRACTS[SYSTEM_CONTRACT_COUNT];
