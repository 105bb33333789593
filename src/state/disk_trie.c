#include "state/disk_trie.h"

#include <string.h>

#include "base/assert.h"

#define DEPTH_MAX 64
#define RECORD_BYTES_MAX (2 + 16 * (4 + 1 + 33))

/* Buckets are hashed together until so many leaves are waiting. */
#define WAITING_LEAVES_MAX 4096

/* A record while it is worked on. */
struct branch {
    struct branch *next; /* in the order of paths */
    uint8_t depth;
    uint8_t path[DEPTH_MAX];
    bool is_node; /* it has several children */
    uint32_t leaves[16];
    struct node *node; /* its references, whether it is one or not */
};

struct update {
    const struct disk_trie *trie;
    struct arena upper_arena, lower_arena;
    struct nodes upper, lower; /* of records; of buckets */
    size_t waiting;            /* leaves in lower */
    struct branch *first, **end;
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

static bytes record_key(uint8_t room[8 + DEPTH_MAX], uint64_t id,
                        const uint8_t *path, unsigned depth)
{
    store_be64(room, id);
    if (depth)
        memcpy(room + 8, path, depth);
    return bytes_of(room, 8 + depth);
}

/* Nearly all references are those of hashes. */
static inline void copy_ref(uint8_t *to, const uint8_t *from, size_t len)
{
    if (LIKELY(len == 33))
        memcpy(to, from, 33);
    else
        memcpy(to, from, len);
}

static bool take_child(uint32_t *leaves, struct node_ref *ref, bytes *rest)
{
    if (rest->len < 5 || rest->at[4] > 33 || rest->len - 5 < rest->at[4])
        return false;
    *leaves = load_be32(rest->at);
    ref->len = rest->at[4];
    copy_ref(ref->at, rest->at + 5, ref->len);
    size_t len = 5u + ref->len;
    *rest = bytes_of(rest->at + len, rest->len - len);
    return *leaves > 0;
}

/* All of leaves; those refs that there are. */
static loft_err parse_record(uint32_t leaves[16], struct node_ref refs[16],
                             bytes record)
{
    if (record.len < 2)
        return damaged("a record is cut short");
    unsigned mask = load_be16(record.at);
    bytes rest = bytes_of(record.at + 2, record.len - 2);
    for (unsigned i = 0; i < 16; i++) {
        leaves[i] = 0;
        if (mask >> i & 1 && !take_child(&leaves[i], &refs[i], &rest))
            return damaged("a record is cut short");
    }
    return rest.len ? damaged("a record is too long") : LOFT_OK;
}

static struct branch *new_branch(struct update *update, const uint8_t *path,
                                 unsigned depth)
{
    ASSERT(depth < DEPTH_MAX);
    struct branch *branch = ARENA_NEW(&update->upper_arena, struct branch);
    branch->depth = (uint8_t)depth;
    if (depth)
        memcpy(branch->path, path, depth);
    branch->node = nodes_new_branch(&update->upper);
    *update->end = branch;
    update->end = &branch->next;
    return branch;
}

/* LOFT_ERR_NOT_FOUND: there is none. */
static loft_err read_branch(struct update *update, struct branch **out,
                            const uint8_t *path, unsigned depth)
{
    uint8_t room[8 + DEPTH_MAX];
    bytes record;
    if (depth >= DEPTH_MAX)
        return damaged("a path is too long");
    TRY(store_get(update->trie->txn, &record, STORE_TRIE,
                  record_key(room, update->trie->id, path, depth)));
    *out = new_branch(update, path, depth);
    return parse_record((*out)->leaves, (*out)->node->refs, record);
}

static bytes write_record(uint8_t room[RECORD_BYTES_MAX],
                          const struct branch *branch)
{
    uint8_t *at = room + 2;
    unsigned mask = 0;
    for (unsigned i = 0; i < 16; i++) {
        if (branch->leaves[i] == 0)
            continue;
        mask |= 1u << i;
        const struct node_ref none = {0};
        const struct node_ref *ref = branch->is_node ? &branch->node->refs[i]
                                                     : &none;
        store_be32(at, branch->leaves[i]);
        at[4] = ref->len;
        copy_ref(at + 5, ref->at, ref->len);
        at += 5 + ref->len;
    }
    store_be16(room, (uint16_t)mask);
    return bytes_of(room, (size_t)(at - room));
}

static loft_err write_branches(struct update *update)
{
    struct store_cursor *cursor;
    uint8_t key[8 + DEPTH_MAX], room[RECORD_BYTES_MAX];
    if (update->is_dry || !update->first)
        return LOFT_OK;
    TRY(store_cursor_open(&cursor, update->trie->txn, STORE_TRIE));
    loft_err err = LOFT_OK;
    for (const struct branch *branch = update->first; branch && err == LOFT_OK;
         branch = branch->next)
        err = store_cursor_put(
            cursor,
            record_key(key, update->trie->id, branch->path, branch->depth),
            write_record(room, branch));
    store_cursor_close(cursor);
    return err;
}

/* Removes the records of a subtree that has become a bucket. */
static loft_err remove_branches(struct update *update, uint8_t *path,
                                unsigned depth)
{
    uint8_t room[8 + DEPTH_MAX];
    struct node_ref refs[16];
    uint32_t leaves[16];
    bytes record;
    if (depth >= DEPTH_MAX)
        return damaged("a path is too long");
    bytes key = record_key(room, update->trie->id, path, depth);
    loft_err err = store_get(update->trie->txn, &record, STORE_TRIE, key);
    if (err == LOFT_ERR_NOT_FOUND)
        return damaged("a record is missing");
    TRY(err);
    TRY(parse_record(leaves, refs, record));
    if (!update->is_dry)
        TRY(store_delete(update->trie->txn, STORE_TRIE, key));
    for (unsigned i = 0; i < 16; i++) {
        if (leaves[i] <= BUCKET_LEAVES_MAX)
            continue;
        path[depth] = (uint8_t)i;
        TRY(remove_branches(update, path, depth + 1));
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

static loft_err create(struct update *update, const uint8_t *path,
                       unsigned depth, struct place place)
{
    if (depth >= DEPTH_MAX)
        return damaged("there are leaves with one key");
    struct branch *branch = new_branch(update, path, depth);
    uint8_t below[DEPTH_MAX];
    memcpy(below, path, depth);
    TRY(count_leaves(update, branch->leaves, path, depth));
    place_node(update, branch, place);
    for (unsigned i = 0; i < 16; i++) {
        below[depth] = (uint8_t)i;
        struct place child = place_child(branch, place, i);
        if (branch->leaves[i] > BUCKET_LEAVES_MAX)
            TRY(create(update, below, depth + 1, child));
        else if (branch->leaves[i])
            TRY(do_bucket(update, child.out, below, depth + 1,
                          branch->leaves[i]));
    }
    return LOFT_OK;
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

static loft_err descend(struct update *update, const uint8_t *path,
                        unsigned depth, struct place place,
                        struct changes changes);

static loft_err do_child(struct update *update, struct branch *branch,
                         unsigned i, uint32_t had, struct place place,
                         struct changes changes)
{
    uint8_t path[DEPTH_MAX + 1];
    uint32_t has = branch->leaves[i];
    unsigned depth = branch->depth + 1u;
    memcpy(path, branch->path, branch->depth);
    path[branch->depth] = (uint8_t)i;
    struct place child = place_child(branch, place, i);
    bool is_known = branch->is_node && branch->node->refs[i].len > 0;
    if (changes.count == 0 && (has == 0 || is_known))
        return LOFT_OK;
    child.out->len = 0;
    if (has > BUCKET_LEAVES_MAX)
        return had > BUCKET_LEAVES_MAX
                   ? descend(update, path, depth, child, changes)
                   : create(update, path, depth, child);
    if (had > BUCKET_LEAVES_MAX)
        TRY(remove_branches(update, path, depth));
    if (has == 0)
        return LOFT_OK;
    return do_bucket(update, child.out, path, depth, has);
}

/* A subtree that has a record and keeps it. */
static loft_err descend(struct update *update, const uint8_t *path,
                        unsigned depth, struct place place,
                        struct changes changes)
{
    struct branch *branch;
    loft_err err = read_branch(update, &branch, path, depth);
    if (err == LOFT_ERR_NOT_FOUND)
        return damaged("a record is missing");
    TRY(err);
    uint32_t had[16];
    struct changes parts[16];
    memcpy(had, branch->leaves, sizeof had);
    for (unsigned i = 0; i < 16; i++) {
        parts[i] = take_changes(&changes, depth, i);
        TRY(add_deltas(&branch->leaves[i], parts[i]));
    }
    place_node(update, branch, place);
    for (unsigned i = 0; i < 16; i++)
        TRY(do_child(update, branch, i, had[i], place, parts[i]));
    return LOFT_OK;
}

/* The number of leaves in the whole trie, where its root has a record. */
static loft_err count_all(struct update *update, int64_t *total)
{
    uint8_t room[8 + DEPTH_MAX];
    struct node_ref refs[16];
    uint32_t leaves[16];
    bytes record;
    *total = -1;
    loft_err err = store_get(update->trie->txn, &record, STORE_TRIE,
                             record_key(room, update->trie->id, NULL, 0));
    if (err == LOFT_ERR_NOT_FOUND)
        return LOFT_OK;
    TRY(err);
    TRY(parse_record(leaves, refs, record));
    *total = 0;
    for (unsigned i = 0; i < 16; i++)
        *total += leaves[i];
    return LOFT_OK;
}

static loft_err update_all(struct update *update, struct node_ref *root,
                           struct changes changes)
{
    int64_t had;
    uint8_t path[DEPTH_MAX];
    struct place place = {root, 0};
    TRY(count_all(update, &had));
    int64_t has = had;
    for (size_t i = 0; i < changes.count; i++)
        has += changes.at[i].delta;
    if (had > BUCKET_LEAVES_MAX && has > BUCKET_LEAVES_MAX)
        return descend(update, path, 0, place, changes);
    if (had > BUCKET_LEAVES_MAX)
        TRY(remove_branches(update, path, 0));
    TRY(read_bucket(update, path, 0, BUCKET_LEAVES_MAX + 1));
    if (update->bucket.len > BUCKET_LEAVES_MAX)
        return create(update, path, 0, place);
    build_bucket(update, root, 0);
    return LOFT_OK;
}

static void update_init(struct update *update, const struct disk_trie *trie)
{
    *update = (struct update){.trie = trie};
    update->end = &update->first;
    arena_init(&update->upper_arena);
    arena_init(&update->lower_arena);
    nodes_init(&update->upper, &update->upper_arena);
    nodes_init(&update->lower, &update->lower_arena);
}

static void update_fini(struct update *update)
{
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
    TRY(update_all(update, &ref, (struct changes){changes, count}));
    hash_waiting(update);
    nodes_hash(&update->upper);
    *root = node_root(&ref);
    return write_branches(update);
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
