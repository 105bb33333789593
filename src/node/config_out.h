#pragma once
/* A file for scripts that start the node: its accounts, their keys, and what a
 * block costs. JSON, as anvil writes it.
 *
 * Trust  the keys are those of a development chain: --mnemonic makes them.
 */
#include "base/err.h"
#include "chain/chain.h"
#include "node/options.h"
#include "node/signer.h"

/* To the file of --config-out, which its owner alone may read. */
MUST_USE loft_err config_out_write(const struct options *options,
                                   const struct signer *signer,
                                   struct chain *chain);
