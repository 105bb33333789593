#pragma once
/* The first block and the state it begins with.
 *
 * Source   geth's genesis.json: config, alloc and the header's fields. A fork
 *          in it that is not known here is an error, for its rules would not
 *          be kept; other keys that are not known are ignored.
 * Limits   GENESIS_ACCOUNTS_MAX, and those of JSON_FROM_FILE.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "chain/block.h"
#include "chain/forks.h"
#include "codec/json_writer.h"
#include "state/overlay.h"

struct json;

#define GENESIS_ACCOUNTS_MAX (1u << 20)

struct genesis_slot {
    u256 key, value;
};

struct genesis_account {
    address who;
    uint64_t nonce;
    u256 balance;
    bytes code;
    const struct genesis_slot *slots;
    size_t slot_count;
};

struct genesis {
    struct chain_config config;
    struct header header; /* all but the state root */
    const struct genesis_account *accounts;
    size_t account_count;
};

/* Reads genesis.json. LOFT_ERR_FORMAT names the key. */
MUST_USE loft_err genesis_read(struct arena *arena, struct genesis *out,
                               bytes json);

/* Reads its "config" alone. */
MUST_USE loft_err genesis_read_config(struct chain_config *out,
                                      const struct json *config);
/* The same the other way: an object, as geth shows it. */
void genesis_write_config(struct json_writer *out,
                          const struct chain_config *config);

/* Sets the accounts in an overlay over nothing, as a transaction of its
 * own. */
void genesis_apply(struct overlay *overlay, const struct genesis *genesis);
