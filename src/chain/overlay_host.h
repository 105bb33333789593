#pragma once
/* The EVM's host over an overlay: how blocks and eth_call let code see and
 * change accounts.
 */
#include "chain/executor.h"
#include "evm/host.h"
#include "state/overlay.h"

struct overlay_host {
    struct evm_host host; /* first: the EVM is given this */
    struct overlay *overlay;
    const struct block_context *context;
    enum evm_rules rules;
};

/* Both are borrowed and outlive the host. */
void overlay_host_init(struct overlay_host *host, struct overlay *overlay,
                       const struct block_context *context);

struct overlay_rules overlay_rules_of(enum evm_rules rules);
