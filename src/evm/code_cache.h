#pragma once
/* Analysed code, kept by its hash and rules; the least recently used go when
 * CODE_CACHE_BYTES_MAX is passed.
 *
 * Lifetime  code from code_cache_take() is good until code_cache_release().
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/map.h"
#include "evm/rules.h"

#define CODE_CACHE_BYTES_MAX (16u << 20)

struct code {
    struct code *newer, *older;
    uint32_t users; /* frames that run it */
    int64_t heat;   /* gas spent on it before it was translated */
    size_t size;    /* bytes of memory */
    struct code_key {
        hash32 hash;
        uint32_t rules;
    } key;
    struct translation *translation; /* NULL: not yet */
    uint8_t *jumpdests;              /* NULL: not yet */
};

struct code_cache {
    struct map by_key; /* code_key -> struct code * */
    struct code *newest, *oldest;
    size_t size;
};

void code_cache_init(struct code_cache *cache);
void code_cache_fini(struct code_cache *cache);

struct code *code_cache_take(struct code_cache *cache, const hash32 *hash,
                             enum evm_rules rules);
void code_cache_release(struct code_cache *cache, struct code *code);

/* Tells the cache that the code has got `more` bytes bigger. */
void code_cache_grown(struct code_cache *cache, struct code *code, size_t more);
