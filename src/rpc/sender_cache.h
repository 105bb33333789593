#pragma once
/* Who sent the transactions that were asked about lately: finding that out
 * from the signature costs more than all the rest of a receipt.
 *
 * A fixed array: the transaction's hash says where, and a newer one takes the
 * place of an older one.
 *
 * Threads  one at a time.
 */
#include <stdbool.h>

#include "base/bytes.h"

#define SENDER_CACHE_LEN 2048 /* a power of two; 52 bytes each */

struct sender_cache {
    struct {
        hash32 hash;
        address sender;
    } at[SENDER_CACHE_LEN];
};

/* False: it is not here. */
bool sender_cache_get(const struct sender_cache *cache, address *sender,
                      const hash32 *hash);
void sender_cache_put(struct sender_cache *cache, const hash32 *hash,
                      const address *sender);
