#pragma once
/* The hash that is signed for typed data (EIP-712).
 *
 * Given is what wallets are given: an object with types, primaryType, domain
 * and message. Members that their type does not name are not part of the hash.
 *
 * Source   EIP-712; where it is silent, as eth_signTypedData_v4 does: lists of
 *          lists, and a struct that is null or not there hashes as zero. A
 *          primaryType of EIP712Domain signs the domain alone.
 * Limits   below, since types may refer to one another in any number of ways;
 *          else those that the JSON was read with.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "codec/json.h"

#define TYPED_DATA_TYPES_MAX 256
#define TYPED_DATA_TYPE_TEXT_MAX 65536 /* a type and all it refers to */

MUST_USE loft_err typed_data_digest(hash32 *out, struct arena *arena,
                                    const struct json *data);
