#include "evm/code_cache.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

void code_cache_init(struct code_cache *cache)
{
    *cache = (struct code_cache){0};
    map_init(&cache->by_key, sizeof(struct code_key), sizeof(struct code *));
}

static void unlink_code(struct code_cache *cache, struct code *code)
{
    *(code->newer ? &code->newer->older : &cache->newest) = code->older;
    *(code->older ? &code->older->newer : &cache->oldest) = code->newer;
}

static void link_newest(struct code_cache *cache, struct code *code)
{
    code->newer = NULL;
    code->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = code;
    cache->newest = code;
}

static void drop(struct code_cache *cache, struct code *code)
{
    unlink_code(cache, code);
    map_remove(&cache->by_key, &code->key);
    cache->size -= code->size;
    free(code->translation);
    free(code->jumpdests);
    free(code);
}

static void trim(struct code_cache *cache)
{
    struct code *next = cache->oldest;
    while (next && cache->size > CODE_CACHE_BYTES_MAX) {
        struct code *code = next;
        next = code->newer;
        if (code->users == 0)
            drop(cache, code);
    }
}

void code_cache_fini(struct code_cache *cache)
{
    while (cache->oldest)
        drop(cache, cache->oldest);
    map_fini(&cache->by_key);
}

struct code *code_cache_take(struct code_cache *cache, const hash32 *hash,
                             enum evm_rules rules)
{
    struct code_key key = {*hash, rules};
    struct code **found = map_get(&cache->by_key, &key);
    struct code *code = found ? *found : NULL;
    if (code) {
        if (code != cache->newest) {
            unlink_code(cache, code);
            link_newest(cache, code);
        }
    } else {
        code = MEMORY_NEW(struct code);
        code->key = key;
        *(struct code **)map_put(&cache->by_key, &key, NULL) = code;
        link_newest(cache, code);
        code_cache_grown(cache, code, sizeof *code);
    }
    code->users++;
    return code;
}

void code_cache_release(struct code_cache *cache, struct code *code)
{
    ASSERT(code->users > 0);
    code->users--;
    trim(cache);
}

void code_cache_grown(struct code_cache *cache, struct code *code, size_t more)
{
    code->size += more;
    cache->size += more;
}
