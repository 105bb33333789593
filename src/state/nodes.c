#include "state/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/keccak.h"

#define BATCH 64

void nodes_init(struct nodes *nodes, struct arena *arena)
{
    *nodes = (struct nodes){.arena = arena};
}

void nodes_fini(struct nodes *nodes)
{
    buffer_free(&nodes->scratch);
    VEC_FREE(&nodes->watched);
}

void nodes_watch(struct nodes *nodes, bytes key)
{
    nodes->watched_key = key;
    nodes->watched.len = 0;
}

unsigned key_common(bytes a, bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len, at = 0;
    while (at + 8 <= len && load_be64(a.at + at) == load_be64(b.at + at))
        at += 8;
    while (at < len && a.at[at] == b.at[at])
        at++;
    unsigned nibbles = (unsigned)at * 2;
    return at < len && a.at[at] >> 4 == b.at[at] >> 4 ? nibbles + 1 : nibbles;
}

static struct node *new_node(struct nodes *nodes, enum node_kind kind)
{
    static const size_t REFS[] = {
        [NODE_LEAF] = 0, [NODE_EXTENSION] = 1, [NODE_BRANCH] = 16};
    size_t size = sizeof(struct node) + REFS[kind] * sizeof(struct node_ref);
    struct node *node = arena_zalloc(nodes->arena, size);
    node->kind = kind;
    node->refs = (struct node_ref *)(node + 1);
    return node;
}

static void place(struct nodes *nodes, struct node *node, struct node_ref *out,
                  bytes key, unsigned depth)
{
    struct node **list = node->kind == NODE_LEAF ? &nodes->leaves
                                                 : &nodes->levels[depth];
    ASSERT(depth <= NODE_DEPTH_MAX);
    node->out = out;
    node->key = key;
    node->depth = (uint16_t)depth;
    node->next = *list;
    *list = node;
    if (nodes->deepest < depth)
        nodes->deepest = depth;
    if (nodes->watched_key.len && key_common(key, nodes->watched_key) >= depth)
        VEC_PUSH(&nodes->watched, node);
}

static void add_leaf(struct nodes *nodes, struct node_ref *out,
                     const struct node_leaf *leaf, unsigned depth)
{
    struct node *node = new_node(nodes, NODE_LEAF);
    node->path_len = (uint16_t)(leaf->key.len * 2 - depth);
    node->value = leaf->value;
    place(nodes, node, out, leaf->key, depth);
}

struct node *nodes_new_branch(struct nodes *nodes)
{
    return new_node(nodes, NODE_BRANCH);
}

void nodes_add_branch(struct nodes *nodes, struct node *branch,
                      struct node_ref *out, bytes key, unsigned depth)
{
    place(nodes, branch, out, key, depth);
}

struct node *nodes_add_extension(struct nodes *nodes, struct node_ref *out,
                                 bytes key, unsigned depth, unsigned path_len)
{
    struct node *node = new_node(nodes, NODE_EXTENSION);
    node->path_len = (uint16_t)path_len;
    place(nodes, node, out, key, depth);
    return node;
}

void nodes_build(struct nodes *nodes, struct node_ref *out,
                 const struct node_leaf *leaves, size_t count, unsigned depth)
{
    out->len = 0;
    if (count == 0)
        return;
    if (count == 1) {
        add_leaf(nodes, out, leaves, depth);
        return;
    }
    bytes key = leaves[0].key;
    unsigned fork = key_common(key, leaves[count - 1].key);
    if (fork > depth)
        out = nodes_add_extension(nodes, out, key, depth, fork - depth)->refs;
    struct node *branch = nodes_new_branch(nodes);
    nodes_add_branch(nodes, branch, out, key, fork);
    size_t from = 0;
    if (key.len * 2 == fork) /* the others go on where this one ends */
        branch->value = leaves[from++].value;
    while (from < count) {
        unsigned nibble = key_nibble(leaves[from].key.at, fork);
        size_t to = from + 1;
        while (to < count && key_nibble(leaves[to].key.at, fork) == nibble)
            to++;
        nodes_build(nodes, &branch->refs[nibble], leaves + from, to - from,
                    fork + 1);
        from = to;
    }
}

/* RLP: lengths of headers first, so that nothing is moved. */

static size_t header_len(size_t payload)
{
    if (payload < 56)
        return 1;
    return 1 + (71 - (size_t)__builtin_clzll(payload)) / 8;
}

static uint8_t *put_header(uint8_t *at, size_t payload, uint8_t base)
{
    if (payload < 56) {
        *at++ = (uint8_t)(base + payload);
        return at;
    }
    size_t len = header_len(payload) - 1;
    *at++ = (uint8_t)(base + 55 + len);
    for (size_t i = len; i-- > 0;)
        *at++ = (uint8_t)(payload >> (8 * i));
    return at;
}

static bool is_own_rlp(bytes text)
{
    return text.len == 1 && text.at[0] < 0x80;
}

static size_t string_len(bytes text)
{
    return is_own_rlp(text) ? 1 : header_len(text.len) + text.len;
}

static uint8_t *put_string(uint8_t *at, bytes text)
{
    if (!is_own_rlp(text))
        at = put_header(at, text.len, 0x80);
    if (text.len)
        memcpy(at, text.at, text.len);
    return at + text.len;
}

/* Hex-prefix: a nibble with the kind and the parity, then the path. */
static bytes pack_path(uint8_t out[NODE_DEPTH_MAX / 2 + 1],
                       const struct node *node)
{
    unsigned from = node->depth, len = node->path_len;
    unsigned flag = node->kind == NODE_LEAF ? 2 : 0;
    const uint8_t *key = node->key.at;
    out[0] = (uint8_t)(flag << 4);
    if (len & 1)
        out[0] = (uint8_t)((flag | 1) << 4 | key_nibble(key, from++));
    if (from & 1)
        for (unsigned i = 0; i < len / 2; i++, from += 2)
            out[1 + i] = (uint8_t)(key_nibble(key, from) << 4 |
                                   key_nibble(key, from + 1));
    else if (len / 2)
        memcpy(out + 1, key + from / 2, len / 2);
    return bytes_of(out, 1 + len / 2);
}

static void write_leaf(struct buffer *out, const struct node *node)
{
    uint8_t room[NODE_DEPTH_MAX / 2 + 1];
    bytes path = pack_path(room, node);
    size_t payload = string_len(path) + string_len(node->value);
    uint8_t *at = buffer_extend(out, header_len(payload) + payload);
    at = put_header(at, payload, 0xc0);
    at = put_string(at, path);
    put_string(at, node->value);
}

static void write_extension(struct buffer *out, const struct node *node)
{
    uint8_t room[NODE_DEPTH_MAX / 2 + 1];
    bytes path = pack_path(room, node);
    size_t payload = string_len(path) + node->refs[0].len;
    uint8_t *at = buffer_extend(out, header_len(payload) + payload);
    at = put_header(at, payload, 0xc0);
    at = put_string(at, path);
    memcpy(at, node->refs[0].at, node->refs[0].len);
}

static void write_branch(struct buffer *out, const struct node *node)
{
    size_t payload = string_len(node->value);
    for (int i = 0; i < 16; i++)
        payload += node->refs[i].len ? node->refs[i].len : 1;
    uint8_t *at = buffer_extend(out, header_len(payload) + payload);
    at = put_header(at, payload, 0xc0);
    for (int i = 0; i < 16; i++) {
        const struct node_ref *ref = &node->refs[i];
        if (LIKELY(ref->len == sizeof ref->at))
            memcpy(at, ref->at, sizeof ref->at), at += sizeof ref->at;
        else if (ref->len == 0)
            *at++ = 0x80;
        else
            memcpy(at, ref->at, ref->len), at += ref->len;
    }
    put_string(at, node->value);
}

void node_write(struct buffer *out, const struct node *node)
{
    static void (*const WRITE[])(struct buffer *, const struct node *) = {
        [NODE_LEAF] = write_leaf,
        [NODE_EXTENSION] = write_extension,
        [NODE_BRANCH] = write_branch,
    };
    WRITE[node->kind](out, node);
}

static void set_ref_hash(struct node_ref *ref, const hash32 *hash)
{
    ref->len = 33;
    ref->at[0] = 0xa0;
    memcpy(ref->at + 1, hash->at, sizeof hash->at);
}

/* Settles up to BATCH nodes of a list and returns the rest of it. */
static struct node *hash_some(struct nodes *nodes, struct node *from)
{
    struct node_ref *outs[BATCH];
    size_t ends[BATCH];
    bytes inputs[BATCH];
    hash32 hashes[BATCH];
    size_t count = 0, start = 0;
    nodes->scratch.len = 0;
    for (; from && count < BATCH; from = from->next) {
        start = nodes->scratch.len;
        node_write(&nodes->scratch, from);
        size_t len = nodes->scratch.len - start;
        if (len < 32) {
            from->out->len = (uint8_t)len;
            memcpy(from->out->at, nodes->scratch.at + start, len);
            nodes->scratch.len = start;
            continue;
        }
        outs[count] = from->out;
        ends[count++] = nodes->scratch.len;
    }
    if (count == 0)
        return from;
    start = 0;
    for (size_t i = 0; i < count; start = ends[i++])
        inputs[i] = bytes_of(nodes->scratch.at + start, ends[i] - start);
    keccak256_many(hashes, inputs, count);
    for (size_t i = 0; i < count; i++)
        set_ref_hash(outs[i], &hashes[i]);
    return from;
}

void nodes_hash(struct nodes *nodes)
{
    /* Leaves wait for nobody: all of them go first, whatever their depth. */
    for (struct node *at = nodes->leaves; at;)
        at = hash_some(nodes, at);
    nodes->leaves = NULL;
    for (unsigned depth = nodes->deepest + 1; depth-- > 0;) {
        for (struct node *at = nodes->levels[depth]; at;)
            at = hash_some(nodes, at);
        nodes->levels[depth] = NULL;
    }
    nodes->deepest = 0;
}

static int compare_depths(const void *a, const void *b)
{
    const struct node *const *left = a, *const *right = b;
    return (int)(*left)->depth - (int)(*right)->depth;
}

void nodes_proof(struct nodes *nodes, node_list *proof, struct arena *arena)
{
    size_t len = nodes->watched.len;
    if (len)
        qsort(nodes->watched.at, len, sizeof *nodes->watched.at,
              compare_depths);
    for (size_t i = 0; i < len; i++) {
        const struct node *node = nodes->watched.at[i];
        nodes->scratch.len = 0;
        node_write(&nodes->scratch, node);
        if (node->depth == 0 || nodes->scratch.len >= 32)
            VEC_PUSH(proof, arena_copy(arena, buffer_bytes(&nodes->scratch)));
    }
    nodes->watched.len = 0;
}

hash32 node_root(const struct node_ref *ref)
{
    hash32 root;
    if (ref->len == 0)
        return KECCAK_EMPTY_TRIE;
    if (ref->len < 33)
        return keccak256(bytes_of(ref->at, ref->len));
    memcpy(root.at, ref->at + 1, sizeof root.at);
    return root;
}
