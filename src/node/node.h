#pragma once
/* The daemon: opens what the options name, serves until it is told to stop,
 * and closes in order.
 *
 * Errors  LOFT_ERR_USAGE: an option cannot be meant so; LOFT_ERR_BUSY: the
 *         data or the port are in use; others as they come from below.
 */
#include "base/err.h"
#include "node/options.h"

/* Returns after SIGINT or SIGTERM. */
MUST_USE loft_err node_run(const struct options *options);

/* Opens the data, imports what --import names, and closes. *head is then the
 * newest block's number. */
MUST_USE loft_err node_import(const struct options *options, uint64_t *head);

/* Opens the data, writes blocks (export_blocks()), and closes. */
MUST_USE loft_err node_export(const struct options *options, FILE *to,
                              uint64_t first, uint64_t last);
