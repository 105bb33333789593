#include "state/disk_trie.h"

#include <string.h>

#include "base/assert.h"

#define DEPTH_MAX 64
#define KEY_BYTES_MAX (8 + 1 + DEPTH_MAX)
#define CHILD_BYTES_MAX (4 + 1 + 33)
#define RECORD_BYTES_MAX (CHILD_BYTES_MAX + 2 + 16 * CHILD_BYTES_MAX)

/* Buckets are hashed together until so many leaves are waiting. */
#define WAITING_LEAVES_MAX 4096

/* A large subtree while it is worked on. */
struct branch {
    struct branch *next; /* of its depth, an even one, in the order of paths */
    uint8_t depth;
    uint8_t path[DEPTH_MAX];
    bool is_node; /* it has several children */
    uint32_t leaves[16];
    struct node *node;        /* its references, whether it is one or not */
    struct branch *below[16]; /* large children that are worked on, too */
    /* Of even depth, whose children have records: */
    bytes tails[16];  /* what their records say of their own children */
    uint16_t touched; /* whose records are to be written */
};

struct update {
    const struct disk_trie *trie;
    struct store_cursor *cursor; /* of the table */
    struct arena upper_arena, lower_arena;
    struct nodes upper, lower; /* of records; of buckets */
    size_t waiting;            /* leaves in lower */
    struct branch *first[DEPTH_MAX / 2], **end[DEPTH_MAX / 2];
    VEC(struct node_leaf) bucket;
    bool is_dry;
    struct arena *proof_arena;
    node_list upper_proof, lower_proof;
};

struct changes {
    const struct leaf_change *at;
    size_t count;
};

static loft_err damaged(const char *why)
{
    return err_say(LOFT_ERR_CORRUPT, "the trie table is damaged: %s", why);
}

/* Records. */

static bool is_large(uint32_t leaves)
{
    return leaves > BUCKET_LEAVES_MAX;
}

/* What the keys of a subtree's children begin with. */
static bytes child_prefix(uint8_t room[KEY_BYTES_MAX], uint64_t id,
                          const struct branch *branch)
{
    store_be64(room, id);
    room[8] = (uint8_t)(branch->depth + 1);
    memcpy(room + 9, branch->path, branch->depth);
    return bytes_of(room, 9u + branch->depth);
}

static bytes child_key(uint8_t room[KEY_BYTES_MAX], uint64_t id,
                       const struct branch *branch, unsigned i)
{
    bytes prefix = child_prefix(room, id, branch);
    room[prefix.len] = (uint8_t)i;
    return bytes_of(room, prefix.len + 1);
}

/* Nearly all references are those of hashes. */
static inline void copy_ref(uint8_t *to, const uint8_t *from, size_t len)
{
    if (LIKELY(len == 33))
        memcpy(to, from, 33);
    else
        memcpy(to, from, len);
}

static bool take_child(struct branch *branch, unsigned i, bytes *rest)
{
    struct node_ref *ref = &branch->node->refs[i];
    if (rest->len < 5 || rest->at[4] > 33 || rest->len - 5 < rest->at[4])
        return false;
    branch->leaves[i] = load_be32(rest->at);
    ref->len = rest->at[4];
    copy_ref(ref->at, rest->at + 5, ref->len);
    size_t len = 5u + ref->len;
    *rest = bytes_of(rest->at + len, rest->len - len);
    return branch->leaves[i] > 0;
}

/* The children of a subtree of odd depth, from the record that tells of it. */
static loft_err take_children(struct branch *branch, bytes tail)
{
    if (tail.len < 2)
        return damaged("a record is cut short");
    unsigned mask = load_be16(tail.at);
    bytes rest = bytes_of(tail.at + 2, tail.len - 2);
    for (unsigned i = 0; i < 16; i++)
        if (mask >> i & 1 && !take_child(branch, i, &rest))
            return damaged("a record is cut short");
    return rest.len ? damaged("a record is too long") : LOFT_OK;
}

/* A child of a subtree of even depth. */
static loft_err take_record(struct branch *branch, unsigned i, bytes record)
{
    if (i > 15 || !take_child(branch, i, &record))
        return damaged("a record is cut short");
    branch->tails[i] = record;
    return is_large(branch->leaves[i]) == (record.len > 0)
               ? LOFT_OK
               : damaged("a record has children, or none, against its count");
}

/* LOFT_ERR_NOT_FOUND: it has no children. */
static loft_err read_children(struct update *update, struct branch *branch)
{
    uint8_t room[KEY_BYTES_MAX];
    bytes prefix = child_prefix(room, update->trie->id, branch), key, record;
    bool any = false;
    loft_err err = store_seek(update->cursor, &key, &record, prefix);
    while (err == LOFT_OK && key.len == prefix.len + 1 &&
           memcmp(key.at, prefix.at, prefix.len) == 0) {
        any = true;
        TRY(take_record(branch, key.at[prefix.len], record));
        err = store_next(update->cursor, &key, &record);
    }
    if (err != LOFT_OK && err != LOFT_ERR_NOT_FOUND)
        return err;
    return any ? LOFT_OK : LOFT_ERR_NOT_FOUND;
}

static void child_path(uint8_t path[DEPTH_MAX], const struct branch *above,
                       unsigned i)
{
    memcpy(path, above->path, above->depth);
    path[above->depth] = (uint8_t)i;
}

/* Child i of the branch above; NULL: the root. */
static struct branch *new_branch(struct update *update, struct branch *above,
                                 unsigned i)
{
    struct branch *branch = ARENA_NEW(&update->upper_arena, struct branch);
    branch->node = nodes_new_branch(&update->upper);
    if (above) {
        ASSERT(above->depth + 1 < DEPTH_MAX);
        branch->depth = (uint8_t)(above->depth + 1);
        child_path(branch->path, above, i);
        above->below[i] = branch;
    }
    if (branch->depth % 2 == 0) {
        *update->end[branch->depth / 2] = branch;
        update->end[branch->depth / 2] = &branch->next;
    }
    return branch;
}

/* The large child i of a branch, as the table has it. */
static loft_err read_child(struct update *update, struct branch **out,
                           struct branch *above, unsigned i)
{
    if (above->depth + 1 >= DEPTH_MAX)
        return damaged("a path is too long");
    *out = new_branch(update, above, i);
    if ((*out)->depth % 2)
        return take_children(*out, above->tails[i]);
    loft_err err = read_children(update, *out);
    return err == LOFT_ERR_NOT_FOUND ? damaged("a record is missing") : err;
}

static uint8_t *put_child(uint8_t *at, const struct branch *branch, unsigned i)
{
    const struct node_ref none = {0};
    const struct node_ref *ref = branch->is_node ? &branch->node->refs[i]
                                                 : &none;
    store_be32(at, branch->leaves[i]);
    at[4] = ref->len;
    copy_ref(at + 5, ref->at, ref->len);
    return at + 5 + ref->len;
}

static uint8_t *put_children(uint8_t *at, const struct branch *branch)
{
    uint8_t *mask_at = at;
    unsigned mask = 0;
    at += 2;
    for (unsigned i = 0; i < 16; i++) {
        if (branch->leaves[i] == 0)
            continue;
        mask |= 1u << i;
        at = put_child(at, branch, i);
    }
    store_be16(mask_at, (uint16_t)mask);
    return at;
}

static loft_err write_child(struct update *update, const struct branch *branch,
                            unsigned i)
{
    uint8_t key_room[KEY_BYTES_MAX], room[RECORD_BYTES_MAX];
    bytes key = child_key(key_room, update->trie->id, branch, i);
    if (branch->leaves[i] == 0)
        return store_delete(update->trie->txn, STORE_TRIE, key);
    uint8_t *end = put_child(room, branch, i);
    if (is_large(branch->leaves[i]))
        end = put_children(end, branch->below[i]);
    return store_cursor_put(update->cursor, key,
                            bytes_of(room, (size_t)(end - room)));
}

static loft_err write_children(struct update *update,
                               const struct branch *branch)
{
    for (unsigned i = 0; i < 16; i++)
        if (branch->touched >> i & 1)
            TRY(write_child(update, branch, i));
    return LOFT_OK;
}

/* In the order of their keys, so that the pages of a table that is made anew
 * are full. */
static loft_err write_records(struct update *update)
{
    if (update->is_dry)
        return LOFT_OK;
    for (size_t i = 0; i < DEPTH_MAX / 2; i++)
        for (const struct branch *branch = update->first[i]; branch;
             branch = branch->next)
            TRY(write_children(update, branch));
    return LOFT_OK;
}

/* A subtree is large no more: nothing is stored below it. */
static loft_err remove_below(struct update *update, struct branch *branch)
{
    struct branch *child;
    for (unsigned i = 0; i < 16; i++) {
        if (branch->leaves[i] == 0)
            continue;
        if (is_large(branch->leaves[i])) {
            TRY(read_child(update, &child, branch, i));
            TRY(remove_below(update, child));
        }
        branch->leaves[i] = 0;
        branch->touched |= (uint16_t)(1u << i);
    }
    return LOFT_OK;
}

/* Leaves. */

/* The least key below a path. */
static void path_key(uint8_t key[32], const uint8_t *path, unsigned depth)
{
    memset(key, 0, 32);
    for (unsigned i = 0; i < depth; i++)
        key[i / 2] |= (uint8_t)(i & 1 ? path[i] : path[i] << 4);
}

static bool is_below(bytes key, const uint8_t *low, unsigned depth)
{
    return key_common(key, bytes_of(low, 32)) >= depth;
}

static void hash_waiting(struct update *update)
{
    nodes_hash(&update->lower);
    if (update->lower.watched.len)
        nodes_proof(&update->lower, &update->lower_proof, update->proof_arena);
    arena_reset(&update->lower_arena);
    update->waiting = 0;
}

/* Reads the leaves below a path, at most `most`, into update->bucket. */
static loft_err read_bucket(struct update *update, const uint8_t *path,
                            unsigned depth, size_t most)
{
    uint8_t low[32];
    struct node_leaf leaf;
    struct leaf_source *leaves = update->trie->leaves;
    path_key(low, path, depth);
    update->bucket.len = 0;
    loft_err err = leaves->seek(leaves->context, &leaf, &update->lower_arena,
                                bytes_of(low, 32));
    while (err == LOFT_OK && is_below(leaf.key, low, depth)) {
        VEC_PUSH(&update->bucket, leaf);
        if (update->bucket.len == most)
            break;
        err = leaves->next(leaves->context, &leaf, &update->lower_arena);
    }
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static void build_bucket(struct update *update, struct node_ref *out,
                         unsigned depth)
{
    nodes_build(&update->lower, out, update->bucket.at, update->bucket.len,
                depth);
    update->waiting += update->bucket.len;
}

static loft_err do_bucket(struct update *update, struct node_ref *out,
                          const uint8_t *path, unsigned depth, uint32_t count)
{
    if (update->waiting > WAITING_LEAVES_MAX)
        hash_waiting(update);
    TRY(read_bucket(update, path, depth, BUCKET_LEAVES_MAX + 1));
    if (update->bucket.len != count)
        return damaged("it does not count the leaves as they are");
    build_bucket(update, out, depth);
    return LOFT_OK;
}

static loft_err count_leaves(struct update *update, uint32_t counts[16],
                             const uint8_t *path, unsigned depth)
{
    uint8_t low[32];
    struct node_leaf leaf;
    struct leaf_source *leaves = update->trie->leaves;
    struct arena_mark mark = arena_mark(&update->lower_arena);
    path_key(low, path, depth);
    loft_err err = leaves->seek(leaves->context, &leaf, &update->lower_arena,
                                bytes_of(low, 32));
    while (err == LOFT_OK && is_below(leaf.key, low, depth)) {
        if (++counts[key_nibble(leaf.key.at, depth)] == UINT32_MAX)
            return err_say(LOFT_ERR_LIMIT, "a trie of 2^32 leaves");
        arena_rewind(&update->lower_arena, mark);
        err = leaves->next(leaves->context, &leaf, &update->lower_arena);
    }
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

/* Subtrees. */

/* Where a subtree's reference goes, and the depth at which its node begins:
 * above the subtree itself where the path to it has no branches. */
struct place {
    struct node_ref *out;
    unsigned depth;
};

static unsigned count_children(const struct branch *branch)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 16; i++)
        count += branch->leaves[i] > 0;
    return count;
}

/* Adds the node for a branch whose children are counted. */
static void place_node(struct update *update, struct branch *branch,
                       struct place place)
{
    unsigned depth = branch->depth;
    branch->is_node = count_children(branch) > 1;
    if (!branch->is_node)
        return;
    uint8_t *low = arena_alloc(&update->upper_arena, 32);
    path_key(low, branch->path, depth);
    bytes key = bytes_of(low, 32);
    if (place.depth < depth)
        place.out = nodes_add_extension(&update->upper, place.out, key,
                                        place.depth, depth - place.depth)
                        ->refs;
    nodes_add_branch(&update->upper, branch->node, place.out, key, depth);
}

static struct place place_child(const struct branch *branch, struct place place,
                                unsigned i)
{
    if (!branch->is_node)
        return place;
    return (struct place){&branch->node->refs[i], branch->depth + 1u};
}

static loft_err create_child(struct update *update, struct branch *above,
                             unsigned i, struct place place);

/* A branch that has become large, from its leaves. */
static loft_err create(struct update *update, struct branch *branch,
                       struct place place)
{
    uint8_t path[DEPTH_MAX];
    unsigned depth = branch->depth;
    TRY(count_leaves(update, branch->leaves, branch->path, depth));
    place_node(update, branch, place);
    for (unsigned i = 0; i < 16; i++) {
        struct place child = place_child(branch, place, i);
        if (branch->leaves[i] == 0)
            continue;
        branch->touched |= (uint16_t)(1u << i);
        if (is_large(branch->leaves[i])) {
            TRY(create_child(update, branch, i, child));
            continue;
        }
        child_path(path, branch, i);
        TRY(do_bucket(update, child.out, path, depth + 1, branch->leaves[i]));
    }
    return LOFT_OK;
}

static loft_err create_child(struct update *update, struct branch *above,
                             unsigned i, struct place place)
{
    if (above->depth + 1 >= DEPTH_MAX)
        return damaged("there are leaves with one key");
    return create(update, new_branch(update, above, i), place);
}

/* The changes that go on with nibble i; `all` loses them from its front. */
static struct changes take_changes(struct changes *all, unsigned depth,
                                   unsigned i)
{
    struct changes some = {all->at, 0};
    while (some.count < all->count &&
           key_nibble(some.at[some.count].key, depth) == i)
        some.count++;
    all->at += some.count;
    all->count -= some.count;
    return some;
}

static loft_err add_deltas(uint32_t *leaves, struct changes changes)
{
    int64_t sum = *leaves;
    for (size_t i = 0; i < changes.count; i++)
        sum += changes.at[i].delta;
    if (sum < 0 || sum > UINT32_MAX)
        return damaged("it does not count the leaves as they were");
    *leaves = (uint32_t)sum;
    return LOFT_OK;
}

static loft_err descend(struct update *update, struct branch *branch,
                        struct place place, struct changes changes);

/* A child that was large, if `had` says so, and has so many leaves now. */
static loft_err renew_child(struct update *update, struct branch *branch,
                            unsigned i, uint32_t had, struct place place,
                            struct changes changes)
{
    uint8_t path[DEPTH_MAX];
    uint32_t has = branch->leaves[i];
    struct branch *child;
    if (is_large(has) && !is_large(had))
        return create_child(update, branch, i, place);
    if (is_large(had))
        TRY(read_child(update, &child, branch, i));
    if (is_large(has))
        return descend(update, child, place, changes);
    if (is_large(had))
        TRY(remove_below(update, child));
    if (has == 0)
        return LOFT_OK;
    child_path(path, branch, i);
    return do_bucket(update, place.out, path, branch->depth + 1u, has);
}

static loft_err do_child(struct update *update, struct branch *branch,
                         unsigned i, uint32_t had, struct place place,
                         struct changes changes)
{
    struct place child = place_child(branch, place, i);
    bool is_known = branch->is_node && branch->node->refs[i].len > 0;
    if (changes.count == 0 && (branch->leaves[i] == 0 || is_known))
        return LOFT_OK;
    branch->touched |= (uint16_t)(1u << i);
    child.out->len = 0;
    return renew_child(update, branch, i, had, child, changes);
}

/* A subtree that was large and is so still. */
static loft_err descend(struct update *update, struct branch *branch,
                        struct place place, struct changes changes)
{
    uint32_t had[16];
    struct changes parts[16];
    memcpy(had, branch->leaves, sizeof had);
    for (unsigned i = 0; i < 16; i++) {
        parts[i] = take_changes(&changes, branch->depth, i);
        TRY(add_deltas(&branch->leaves[i], parts[i]));
    }
    place_node(update, branch, place);
    for (unsigned i = 0; i < 16; i++)
        TRY(do_child(update, branch, i, had[i], place, parts[i]));
    return LOFT_OK;
}

/* The number of leaves there are, given those before. */
static int64_t count_all(const struct branch *root, struct changes changes)
{
    int64_t total = 0;
    for (unsigned i = 0; i < 16; i++)
        total += root->leaves[i];
    for (size_t i = 0; i < changes.count; i++)
        total += changes.at[i].delta;
    return total;
}

static loft_err update_all(struct update *update, struct node_ref *out,
                           struct changes changes)
{
    struct branch *root = new_branch(update, NULL, 0);
    struct place place = {out, 0};
    loft_err err = read_children(update, root);
    if (err == LOFT_OK && count_all(root, changes) > BUCKET_LEAVES_MAX)
        return descend(update, root, place, changes);
    if (err == LOFT_OK)
        TRY(remove_below(update, root));
    else if (err != LOFT_ERR_NOT_FOUND)
        return err;
    TRY(read_bucket(update, root->path, 0, BUCKET_LEAVES_MAX + 1));
    if (update->bucket.len > BUCKET_LEAVES_MAX)
        return err == LOFT_OK
                   ? damaged("it does not count the leaves as they are")
                   : create(update, root, place);
    build_bucket(update, out, 0);
    return LOFT_OK;
}

static void update_init(struct update *update, const struct disk_trie *trie)
{
    *update = (struct update){.trie = trie};
    for (size_t i = 0; i < DEPTH_MAX / 2; i++)
        update->end[i] = &update->first[i];
    arena_init(&update->upper_arena);
    arena_init(&update->lower_arena);
    nodes_init(&update->upper, &update->upper_arena);
    nodes_init(&update->lower, &update->lower_arena);
}

static void update_fini(struct update *update)
{
    store_cursor_close(update->cursor);
    nodes_fini(&update->upper);
    nodes_fini(&update->lower);
    arena_fini(&update->upper_arena);
    arena_fini(&update->lower_arena);
    VEC_FREE(&update->bucket);
    VEC_FREE(&update->upper_proof);
    VEC_FREE(&update->lower_proof);
}

static loft_err run(struct update *update, hash32 *root,
                    const struct leaf_change *changes, size_t count)
{
    struct node_ref ref = {0};
    TRY(store_cursor_open(&update->cursor, update->trie->txn, STORE_TRIE));
    TRY(update_all(update, &ref, (struct changes){changes, count}));
    hash_waiting(update);
    nodes_hash(&update->upper);
    *root = node_root(&ref);
    return write_records(update);
}

loft_err disk_trie_update(const struct disk_trie *trie, hash32 *root,
                          const struct leaf_change *changes, size_t count)
{
    struct update update;
    update_init(&update, trie);
    loft_err err = run(&update, root, changes, count);
    update_fini(&update);
    return err;
}

static struct disk_trie_proof join_proof(struct update *update)
{
    size_t upper = update->upper_proof.len, lower = update->lower_proof.len;
    bytes *nodes = ARENA_ARRAY(update->proof_arena, bytes, upper + lower);
    if (upper)
        memcpy(nodes, update->upper_proof.at, upper * sizeof *nodes);
    if (lower)
        memcpy(nodes + upper, update->lower_proof.at, lower * sizeof *nodes);
    return (struct disk_trie_proof){nodes, upper + lower};
}

loft_err disk_trie_prove(struct arena *arena, const struct disk_trie *trie,
                         hash32 *root, struct disk_trie_proof *proof, bytes key,
                         const struct leaf_change *changes, size_t count)
{
    struct update update;
    update_init(&update, trie);
    update.is_dry = true;
    update.proof_arena = arena;
    nodes_watch(&update.upper, key);
    nodes_watch(&update.lower, key);
    loft_err err = run(&update, root, changes, count);
    if (err == LOFT_OK) {
        nodes_proof(&update.upper, &update.upper_proof, arena);
        *proof = join_proof(&update);
    }
    update_fini(&update);
    return err;
}
