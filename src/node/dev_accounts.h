#pragma once
/* The accounts that a development chain funds: those that wallets derive from
 * a mnemonic.
 *
 * Source  BIP-39, BIP-32; BIP-44 for the path, as anvil and Hardhat have it.
 * Errors  LOFT_ERR_USAGE names the option.
 */
#include "node/signer.h"

/* Adds `count` accounts: path, which ends in "/", and their index. */
MUST_USE loft_err dev_accounts_derive(struct signer *signer,
                                      const char *mnemonic, const char *path,
                                      uint64_t count);
