#pragma once
/* The nodes of a Merkle-Patricia trie: built from sorted leaves, written in
 * RLP, and hashed level by level, many at a time.
 *
 * A node says where its reference goes: into the branch or extension above
 * it, or to the caller. So a tree of nodes needs no pointers downwards, and
 * a branch may mix children built here with references that were kept.
 *
 * Source    Yellow Paper, appendix D. A reference is what the node above
 *           holds: RLP of the node's hash, or the node itself when that is
 *           shorter than a hash.
 * Units     depths and path lengths in nibbles.
 * Lifetime  nodes live in the arena; keys and values are borrowed until
 *           nodes_hash() returns.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/vec.h"

#define NODE_DEPTH_MAX 128 /* keys of at most 64 bytes */

struct node_ref {
    uint8_t len; /* 0: there is no such child */
    uint8_t at[33];
};

struct node_leaf {
    bytes key, value;
};

enum node_kind { NODE_LEAF, NODE_EXTENSION, NODE_BRANCH };

/* A leaf, and the head of the other two. */
struct node {
    struct node *next; /* of its level */
    struct node_ref *out;
    bytes key;                /* of a leaf below it, whole */
    uint16_t depth, path_len; /* its own path: path_len nibbles from depth */
    enum node_kind kind;
    bytes value;
    struct node_ref *refs; /* extension 1, branch 16 */
};

struct nodes {
    struct arena *arena;
    bytes watched_key; /* empty: none */
    VEC(struct node *) watched;
    struct buffer scratch;
    struct node *leaves;
    struct node *levels[NODE_DEPTH_MAX + 1]; /* the others, by depth */
    unsigned deepest;
};

void nodes_init(struct nodes *nodes, struct arena *arena);
void nodes_fini(struct nodes *nodes);

/* Remembers those nodes added from now on that lie on the way to `key`, which
 * is borrowed; with 0 bytes, no longer. */
void nodes_watch(struct nodes *nodes, bytes key);

/* Appends the watched nodes in RLP, from the root down, without those that
 * lie inside the node above them, as parts of a proof; copies to `arena`. */
typedef VEC(bytes) node_list;
void nodes_proof(struct nodes *nodes, node_list *proof, struct arena *arena);

/* Adds the nodes over `leaves`, sorted by key, which share their first
 * `depth` nibbles. */
void nodes_build(struct nodes *nodes, struct node_ref *out,
                 const struct node_leaf *leaves, size_t count, unsigned depth);

/* A branch whose refs the caller fills in, or has other nodes fill in. It
 * counts from when it is added. */
struct node *nodes_new_branch(struct nodes *nodes);
void nodes_add_branch(struct nodes *nodes, struct node *branch,
                      struct node_ref *out, bytes key, unsigned depth);

/* Adds an extension; its reference is refs[0]. */
struct node *nodes_add_extension(struct nodes *nodes, struct node_ref *out,
                                 bytes key, unsigned depth, unsigned path_len);

/* Settles the references of all nodes added so far, and forgets the nodes. */
void nodes_hash(struct nodes *nodes);

/* The node in RLP, its refs being settled. */
void node_write(struct buffer *out, const struct node *node);

/* The hash by which a root is known, whatever its length. */
hash32 node_root(const struct node_ref *ref);

static inline unsigned key_nibble(const uint8_t *key, unsigned at)
{
    return at & 1 ? key[at / 2] & 15 : key[at / 2] >> 4;
}

/* The number of nibbles that two keys have in common from the start. */
unsigned key_common(bytes a, bytes b);
