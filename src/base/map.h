#pragma once
/* A hash map from keys of one fixed size to values of one fixed size.
 *
 * Entries lie densely in the order of their insertion, so that iterating is
 * fast and the same on every run; an index of slots finds them by a seeded
 * hash, so that keys chosen by an attacker do not collide on purpose.
 *
 * Lifetime  pointers to keys and values are good until the next map_put() or
 *           map_remove() on the same map.
 * Threads   one thread at a time.
 * Limits    2^31 entries.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    uint32_t key_len, value_len, entry_len;
    uint32_t len;     /* entries in use: 0 .. len-1 */
    uint32_t cap;     /* entries that there is room for */
    uint32_t mask;    /* slots - 1; a power of two, 0 before the first put */
    uint8_t *entries; /* value, then key */
    uint64_t *slots;  /* hash's high half, then index + 1; 0 is empty */
};

void map_init(struct map *map, size_t key_len, size_t value_len);
void map_fini(struct map *map);

/* Empties the map and keeps its memory. */
void map_clear(struct map *map);

/* NULL where the key is not there. */
void *map_get(const struct map *map, const void *key);

/* The value of key, made (all zeros) where it was not there; *is_new may be
 * NULL. */
void *map_put(struct map *map, const void *key, bool *is_new);

/* The last entry takes the removed one's place. False: it was not there. */
bool map_remove(struct map *map, const void *key);

static inline void *map_value_at(const struct map *map, uint32_t index)
{
    return map->entries + (size_t)index * map->entry_len;
}

static inline const void *map_key_at(const struct map *map, uint32_t index)
{
    return map->entries + (size_t)index * map->entry_len + map->value_len;
}

#define MAP_FOR_EACH(index, map) \
    for (uint32_t index = 0; index < (map)->len; index++)
