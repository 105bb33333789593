#pragma once
/* What a call may pretend: accounts and a block other than those that are.
 *
 * Source  execution-apis, StateOverride and BlockOverrides; geth.
 * Errors  LOFT_ERR_FORMAT names the account and the field. A precompile
 *         cannot be moved.
 */
#include "chain/executor.h"
#include "codec/json.h"
#include "state/overlay.h"

/* Sets accounts as if a transaction before had. NULL changes nothing. */
MUST_USE loft_err overrides_apply_state(struct arena *arena,
                                        struct overlay *overlay,
                                        const struct json *accounts);

MUST_USE loft_err overrides_apply_block(struct block_context *context,
                                        const struct json *fields);
