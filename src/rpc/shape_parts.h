#pragma once
/* What the shapes of blocks, transactions and receipts are made of. */
#include "codec/json_writer.h"
#include "rpc/block_ref.h"

/* Who sent a stored transaction with this hash. False: the call has failed. */
bool shape_sender(struct rpc_call *call, address *sender,
                  const struct block *block, size_t index, const hash32 *hash);

/* A member of an object. */

static inline void put_quantity(struct json_writer *out, const char *key,
                                uint64_t value)
{
    json_key(out, key);
    json_put_quantity(out, value);
}

static inline void put_wei(struct json_writer *out, const char *key, u256 value)
{
    json_key(out, key);
    json_put_quantity_u256(out, value);
}

static inline void put_hash(struct json_writer *out, const char *key,
                            const hash32 *value)
{
    json_key(out, key);
    json_put_hash(out, value);
}

static inline void put_address(struct json_writer *out, const char *key,
                               const address *value)
{
    json_key(out, key);
    json_put_address(out, value);
}

static inline void put_data(struct json_writer *out, const char *key,
                            bytes value)
{
    json_key(out, key);
    json_put_data(out, value);
}

static inline void put_null(struct json_writer *out, const char *key)
{
    json_key(out, key);
    json_put_null(out);
}
