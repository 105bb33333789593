#include "state/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/keccak.h"
#include "state/nodes.h"

_Static_assert(TRIE_KEY_BYTES_MAX * 2 == NODE_DEPTH_MAX, "keys fit in nodes");

static hash32 root_of(struct arena *arena, const struct node_leaf *leaves,
                      size_t count)
{
    struct nodes nodes;
    struct node_ref ref;
    nodes_init(&nodes, arena);
    nodes_build(&nodes, &ref, leaves, count, 0);
    nodes_hash(&nodes);
    nodes_fini(&nodes);
    return node_root(&ref);
}

hash32 trie_root(const struct trie_pair *pairs, size_t count)
{
    struct arena arena;
    arena_init(&arena);
    struct node_leaf *leaves = ARENA_ARRAY(&arena, struct node_leaf, count);
    for (size_t i = 0; i < count; i++) {
        ASSERT(pairs[i].key.len <= TRIE_KEY_BYTES_MAX);
        ASSERT(pairs[i].value.len > 0);
        ASSERT(i == 0 || bytes_compare(pairs[i - 1].key, pairs[i].key) < 0);
        leaves[i] = (struct node_leaf){pairs[i].key, pairs[i].value};
    }
    hash32 root = root_of(&arena, leaves, count);
    arena_fini(&arena);
    return root;
}

/* rlp(index), at most five bytes. */
static bytes put_index(uint8_t at[5], size_t index)
{
    ASSERT(index <= UINT32_MAX);
    if (index > 0 && index < 0x80) {
        at[0] = (uint8_t)index;
        return bytes_of(at, 1);
    }
    size_t len = 0;
    for (size_t rest = index; rest; rest >>= 8)
        len++;
    at[0] = (uint8_t)(0x80 + len);
    for (size_t i = 0; i < len; i++)
        at[1 + i] = (uint8_t)(index >> (8 * (len - 1 - i)));
    return bytes_of(at, 1 + len);
}

hash32 trie_root_of_list(const bytes *values, size_t count)
{
    struct arena arena;
    arena_init(&arena);
    struct node_leaf *leaves = ARENA_ARRAY(&arena, struct node_leaf, count);
    uint8_t *keys = ARENA_ARRAY(&arena, uint8_t, count * 5);
    for (size_t i = 0; i < count; i++) {
        /* In the keys' order 0, being 0x80, lies between 127 and 128. */
        size_t index = i < 127 && i + 1 < count ? i + 1 : i <= 127 ? 0 : i;
        leaves[i] = (struct node_leaf){put_index(keys + 5 * i, index),
                                       values[index]};
    }
    hash32 root = root_of(&arena, leaves, count);
    arena_fini(&arena);
    return root;
}
