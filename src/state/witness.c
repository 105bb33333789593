#include "state/witness.h"

#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "state/nodes.h"
#include "state/view.h"

#define PATH_NIBBLES 64

struct gathering {
    struct map *nodes;
    struct arena *arena;
    struct state_view *view;
    uint64_t id;  /* of the trie */
    hash32 *gone; /* the keys that go, sorted */
    size_t gone_count;
};

void witness_init(struct map *nodes)
{
    map_init(nodes, sizeof(hash32), sizeof(bytes));
}

static loft_err add_way(struct gathering *g, struct state_proof *proof,
                        const hash32 *key)
{
    TRY(state_prove_hash(g->arena, g->view, g->id, proof, key));
    for (size_t i = 0; i < proof->count; i++) {
        hash32 hash = keccak256(proof->nodes[i]);
        *(bytes *)map_put(g->nodes, &hash, NULL) = proof->nodes[i];
    }
    return LOFT_OK;
}

/* The first key below a branch's child. */
static hash32 first_below(const hash32 *key, unsigned depth, unsigned nibble)
{
    hash32 out = {0};
    memcpy(out.at, key->at, (depth + 1) / 2);
    if (depth % 2)
        out.at[depth / 2] = (uint8_t)((out.at[depth / 2] & 0xf0) | nibble);
    else
        out.at[depth / 2] = (uint8_t)(nibble << 4);
    return out;
}

/* Whether a key that goes is below the child that begins with `first`, whose
 * path has `len` nibbles. */
static bool any_goes(const struct gathering *g, const hash32 *first,
                     unsigned len)
{
    size_t low = 0, high = g->gone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(g->gone[middle].at, first->at, sizeof first->at) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->gone_count &&
           key_common(bytes_hash(&g->gone[low]), bytes_hash(first)) >= len;
}

/* A branch at `depth`, on the way to a key that goes: where all children but
 * one may go, that one takes the branch's place. *next is the child on the
 * way. */
static loft_err look_at_branch(struct gathering *g, bytes *next, bytes items,
                               const hash32 *key, unsigned depth)
{
    struct state_proof unused;
    hash32 last = {0};
    unsigned stays = 0;
    for (unsigned nibble = 0; nibble < 16; nibble++) {
        bytes child;
        hash32 first = first_below(key, depth, nibble);
        TRY(rlp_read_raw(&child, &items));
        if (nibble == key_nibble(key->at, depth))
            *next = child;
        if (child.len == 1 || any_goes(g, &first, depth + 1))
            continue;
        stays++;
        last = first;
    }
    return stays == 1 ? add_way(g, &unused, &last) : LOFT_OK;
}

/* One node; *next is its child on the way, empty at the end. */
static loft_err look_at_node(struct gathering *g, bytes *next, bytes node,
                             const hash32 *key, unsigned *depth)
{
    bytes items, path;
    size_t count;
    *next = BYTES_EMPTY;
    TRY(rlp_read_list(&items, &node));
    TRY(rlp_count(&count, items));
    if (count == 17) {
        TRY(look_at_branch(g, next, items, key, *depth));
        ++*depth;
        return LOFT_OK;
    }
    TRY(rlp_read_bytes(&path, &items));
    if (path.len == 0 || path.at[0] & 0x20)
        return LOFT_OK; /* a leaf */
    *depth += (unsigned)(2 * path.len - (path.at[0] & 0x10 ? 1 : 2));
    return rlp_read_raw(next, &items);
}

/* Along the way to a key that goes; nodes shorter than a hash lie in their
 * parents. */
static loft_err add_neighbours(struct gathering *g,
                               const struct state_proof *proof,
                               const hash32 *key)
{
    unsigned depth = 0;
    bytes node = proof->count ? proof->nodes[0] : BYTES_EMPTY, next;
    for (size_t i = 1; node.len && depth < PATH_NIBBLES;) {
        TRY(look_at_node(g, &next, node, key, &depth));
        bool is_hash = next.len == 33;
        if (is_hash)
            next = i < proof->count ? proof->nodes[i++] : BYTES_EMPTY;
        node = next.len > 1 ? next : BYTES_EMPTY;
    }
    return LOFT_OK;
}

static loft_err gather(struct gathering *g, const struct witness_key *keys,
                       size_t count)
{
    g->gone = ARENA_ARRAY(g->arena, hash32, count);
    for (size_t i = 0; i < count; i++)
        if (keys[i].is_gone)
            g->gone[g->gone_count++] = keys[i].hash;
    for (size_t i = 0; i < count; i++) {
        struct state_proof proof;
        TRY(add_way(g, &proof, &keys[i].hash));
        if (keys[i].is_gone)
            TRY(add_neighbours(g, &proof, &keys[i].hash));
    }
    return LOFT_OK;
}

loft_err witness_add(struct map *nodes, struct arena *arena,
                     struct state_view *view, const address *who,
                     const struct witness_key *keys, size_t count)
{
    struct gathering g = {.nodes = nodes, .arena = arena, .view = view};
    if (who) {
        struct account_record record;
        bytes raw;
        hash32 hash = keccak256(bytes_address(who));
        TRY(view_account(view, &record, &raw, &hash));
        if (record.storage_id == 0)
            return LOFT_OK; /* the empty trie has no nodes */
        g.id = record.storage_id;
    }
    return gather(&g, keys, count);
}
