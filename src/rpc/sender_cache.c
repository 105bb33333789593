#include "rpc/sender_cache.h"

static size_t place_of(const hash32 *hash)
{
    return load_le64(hash->at) % SENDER_CACHE_LEN;
}

bool sender_cache_get(const struct sender_cache *cache, address *sender,
                      const hash32 *hash)
{
    size_t at = place_of(hash);
    if (!hash32_equal(&cache->at[at].hash, hash))
        return false;
    *sender = cache->at[at].sender;
    return !hash32_is_zero(hash); /* an empty place has that name */
}

void sender_cache_put(struct sender_cache *cache, const hash32 *hash,
                      const address *sender)
{
    size_t at = place_of(hash);
    cache->at[at].hash = *hash;
    cache->at[at].sender = *sender;
}
