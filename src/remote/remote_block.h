#pragma once
/* Blocks of a remote chain. A header is taken when its fields have the hash
 * that the node says: what is built on the hash is then built on the fields.
 *
 * Errors  as remote/remote.h; LOFT_ERR_NOT_FOUND: the node has no such block;
 *         LOFT_ERR_REFUSED: the fields have another hash, which may also mean
 *         a fork that is not known here.
 */
#include <stdint.h>

#include "chain/block.h"
#include "remote/remote.h"

#define REMOTE_NEWEST UINT64_MAX

/* extra_data lives in the arena. */
MUST_USE loft_err remote_header(struct remote *remote, struct arena *arena,
                                struct header *out, hash32 *hash,
                                uint64_t number);

MUST_USE loft_err remote_chain_id(struct remote *remote, uint64_t *out);

/* A block object of JSON-RPC. A pure function. */
MUST_USE loft_err remote_read_header(struct arena *arena, struct header *out,
                                     hash32 *hash, const struct json *block);
