#pragma once
/* What a block must be like to follow its parent, before anything in it is
 * executed. Pure functions; the sentence of a refusal is err_sentence()'s.
 *
 * Source  Yellow Paper 4.4.4; EIP-1559, 3675, 4844, 4895, 7685, 7934; the
 *         proof of work itself is not looked at.
 */
#include "chain/executor.h"

#define GAS_LIMIT_MIN 5000
#define GAS_LIMIT_MAX INT64_MAX
#define EXTRA_DATA_BYTES_MAX 32
#define BLOCK_BYTES_MAX (8u << 20) /* EIP-7934, from Osaka on */

/* A header after its parent's. `fork` is the header's own. */
enum block_verdict header_validate(const struct chain_config *config,
                                   enum chain_fork fork,
                                   const struct header *header,
                                   const struct header *parent);

/* A block's body against its header: roots, and what the fork allows. */
enum block_verdict body_validate(enum chain_fork fork,
                                 const struct block *block);

/* What executing the block has brought forth against its header, all but the
 * state root. */
enum block_verdict outcome_validate(enum chain_fork fork,
                                    const struct header *header,
                                    const struct block_outcome *outcome);

/* The fields that a header of this fork has. */
enum header_fields fork_header_fields(enum chain_fork fork);
