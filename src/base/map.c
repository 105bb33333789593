/* Open addressing with linear probing over 8-byte slots. A slot keeps half of
 * its entry's hash, the half that says where it belongs: a probe touches an
 * entry only when it is almost certainly the one, and slots move without a
 * look at their entries. Removal shifts the run back, so that there are no
 * tombstones. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/u256.h"

static uint64_t seed[2];

/* Once, before main(): maps may be made on any thread. */
__attribute__((constructor)) static void draw_seed(void)
{
    ASSERT(getrandom(seed, sizeof seed, 0) == sizeof seed);
    seed[0] |= 1;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const uint8_t *key, size_t len)
{
    uint64_t h = seed[0] ^ len;
    for (; len >= 16; key += 16, len -= 16)
        h = mix(h ^ load_le64(key),
                load_le64(key + 8) ^ seed[1] ^ 0xa0761d6478bd642f);
    for (; len >= 8; key += 8, len -= 8)
        h = mix(h ^ load_le64(key), seed[1] ^ 0x9e3779b97f4a7c15);
    if (len) {
        uint8_t tail[8] = {0};
        memcpy(tail, key, len);
        h = mix(h ^ load_le64(tail), seed[1] ^ 0xc2b2ae3d27d4eb4f);
    }
    return mix(h, seed[0] ^ 0xd6e8feb86659fd93);
}

static uint64_t slot_of(uint64_t hash, uint32_t index)
{
    return (hash & 0xffffffff00000000) | (index + 1);
}

static uint32_t index_of(uint64_t slot)
{
    return (uint32_t)slot - 1;
}

/* Where a slot, or one for that hash, belongs. */
static uint32_t home_of(const struct map *map, uint64_t slot)
{
    return (uint32_t)(slot >> 32) & map->mask;
}

void map_init(struct map *map, size_t key_len, size_t value_len)
{
    ASSERT(key_len > 0 && key_len < 4096 && value_len < 1 << 20);
    *map = (struct map){
        .key_len = (uint32_t)key_len,
        .value_len = (uint32_t)((value_len + 7) & ~(size_t)7),
    };
    map->entry_len = (uint32_t)((map->value_len + key_len + 7) & ~(size_t)7);
}

void map_fini(struct map *map)
{
    free(map->entries);
    free(map->slots);
    map_init(map, map->key_len, map->value_len);
}

void map_clear(struct map *map)
{
    if (map->len)
        memset(map->slots, 0, ((size_t)map->mask + 1) * sizeof *map->slots);
    map->len = 0;
}

/* The slot that holds key, or the empty one where it would go. */
static uint32_t find(const struct map *map, const void *key, uint64_t hash)
{
    uint32_t at = home_of(map, hash);
    for (;; at = (at + 1) & map->mask) {
        uint64_t slot = map->slots[at];
        if (slot == 0)
            return at;
        if ((slot ^ hash) >> 32 == 0 &&
            memcmp(map_key_at(map, index_of(slot)), key, map->key_len) == 0)
            return at;
    }
}

void *map_get(const struct map *map, const void *key)
{
    if (map->len == 0)
        return NULL;
    uint64_t slot = map->slots[find(map, key, hash_of(key, map->key_len))];
    return slot ? map_value_at(map, index_of(slot)) : NULL;
}

static void rebuild_slots(struct map *map, uint32_t slots)
{
    uint64_t *old = map->slots;
    uint32_t count = old ? map->mask + 1 : 0;
    map->slots = memory_zalloc(slots * sizeof *map->slots);
    map->mask = slots - 1;
    for (uint32_t i = 0; i < count; i++) {
        if (!old[i])
            continue;
        uint32_t at = home_of(map, old[i]);
        while (map->slots[at])
            at = (at + 1) & map->mask;
        map->slots[at] = old[i];
    }
    free(old);
}

static void grow(struct map *map)
{
    ASSERT(map->cap < 1u << 30);
    map->cap = map->cap ? map->cap * 2 : 8;
    map->entries = memory_realloc(map->entries,
                                  (size_t)map->cap * map->entry_len);
    rebuild_slots(map, map->cap * 2);
}

void *map_put(struct map *map, const void *key, bool *is_new)
{
    if (map->len == map->cap)
        grow(map);
    uint64_t hash = hash_of(key, map->key_len);
    uint32_t at = find(map, key, hash);
    bool found = map->slots[at] != 0;
    if (is_new)
        *is_new = !found;
    if (found)
        return map_value_at(map, index_of(map->slots[at]));
    uint32_t index = map->len++;
    map->slots[at] = slot_of(hash, index);
    uint8_t *entry = map_value_at(map, index);
    memset(entry, 0, map->value_len);
    memcpy(entry + map->value_len, key, map->key_len);
    return entry;
}

static void empty_slot(struct map *map, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & map->mask; map->slots[at];
         at = (at + 1) & map->mask) {
        uint32_t home = home_of(map, map->slots[at]);
        /* An entry may fill the hole if its home is not behind it. */
        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = 0;
}

/* The slot of the newest entry. */
static uint32_t last_slot(const struct map *map)
{
    uint32_t last = map->len - 1;
    uint32_t at = home_of(map, hash_of(map_key_at(map, last), map->key_len));
    while (index_of(map->slots[at]) != last)
        at = (at + 1) & map->mask;
    return at;
}

bool map_remove(struct map *map, const void *key)
{
    if (map->len == 0)
        return false;
    uint32_t at = find(map, key, hash_of(key, map->key_len));
    if (!map->slots[at])
        return false;
    uint32_t index = index_of(map->slots[at]), last = map->len - 1;
    empty_slot(map, at);
    if (index != last) {
        uint32_t at_last = last_slot(map);
        memcpy(map_value_at(map, index), map_value_at(map, last),
               map->entry_len);
        map->slots[at_last] = slot_of(map->slots[at_last], index);
    }
    map->len--;
    return true;
}
