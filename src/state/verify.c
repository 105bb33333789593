/* Checking proofs: hostile bytes against a trusted root. */
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "state/nodes.h"
#include "state/trie.h"

/* A walk down the trie: the key's nibbles up to `at` are matched. */
struct walk {
    bytes key;
    size_t at, end; /* in nibbles */
    bytes value;    /* once `ended`: empty where the key is not there */
    bool ended;
    bool is_inline; /* the next node lies in this one: */
    bytes child;    /* its RLP, or its hash */
};

static loft_err refuse(const char *why)
{
    return err_say(LOFT_ERR_REFUSED, "the proof does not hold: %s", why);
}

static loft_err end(struct walk *walk, bytes value)
{
    walk->ended = true;
    walk->value = value;
    return LOFT_OK;
}

static loft_err follow(struct walk *walk, bytes *rest)
{
    bytes raw = *rest, payload;
    bool is_list;
    TRY(rlp_read_item(&payload, &is_list, rest));
    raw.len -= rest->len;
    if (!is_list && payload.len == 0)
        return end(walk, BYTES_EMPTY);
    walk->is_inline = is_list;
    walk->child = is_list ? raw : payload;
    if (is_list ? raw.len >= 32 : payload.len != 32)
        return refuse("a reference is neither a hash nor a short node");
    return LOFT_OK;
}

/* Of a hex-prefix path: its nibble number `at`, after flag and parity. */
static unsigned path_nibble(bytes path, size_t at)
{
    size_t shift = path.at[0] & 0x10 ? 1 : 2;
    return key_nibble(path.at, (unsigned)(at + shift));
}

static loft_err step_path(struct walk *walk, bytes items)
{
    bytes path, value;
    TRY(rlp_read_bytes(&path, &items));
    if (path.len == 0 || path.at[0] > 0x3f ||
        (!(path.at[0] & 0x10) && path.at[0] & 0x0f))
        return refuse("a path is not in hex-prefix form");
    bool is_leaf = path.at[0] & 0x20;
    size_t len = path.len * 2 - (path.at[0] & 0x10 ? 1 : 2);
    if (!is_leaf && len == 0)
        return refuse("an extension goes nowhere");
    bool fits = len <= walk->end - walk->at;
    for (size_t i = 0; fits && i < len; i++)
        fits = path_nibble(path, i) ==
               key_nibble(walk->key.at, (unsigned)(walk->at + i));
    if (!fits)
        return end(walk, BYTES_EMPTY);
    walk->at += len;
    if (!is_leaf) {
        TRY(follow(walk, &items));
        return walk->ended ? refuse("an extension goes nowhere") : LOFT_OK;
    }
    TRY(rlp_read_bytes(&value, &items));
    if (value.len == 0)
        return refuse("a leaf is empty");
    return end(walk, walk->at == walk->end ? value : BYTES_EMPTY);
}

static loft_err step_branch(struct walk *walk, bytes items)
{
    bytes skipped, value;
    size_t which = walk->at == walk->end
                       ? 16
                       : key_nibble(walk->key.at, (unsigned)walk->at++);
    for (size_t i = 0; i < which; i++)
        TRY(rlp_read_raw(&skipped, &items));
    if (which < 16)
        return follow(walk, &items);
    TRY(rlp_read_bytes(&value, &items));
    return end(walk, value);
}

static loft_err step(struct walk *walk, bytes node)
{
    bytes items;
    size_t count;
    TRY(rlp_read_list(&items, &node));
    TRY(rlp_read_end(node));
    TRY(rlp_count(&count, items));
    if (count == 2)
        return step_path(walk, items);
    if (count == 17)
        return step_branch(walk, items);
    return refuse("a node has neither 2 nor 17 items");
}

static loft_err walk_down(struct walk *walk, size_t *used, const bytes *nodes,
                          size_t count)
{
    while (!walk->ended) {
        bytes node = walk->child;
        if (!walk->is_inline) {
            if (*used == count)
                return refuse("a node is missing");
            node = nodes[(*used)++];
            hash32 hash = keccak256(node);
            if (!bytes_equal(bytes_hash(&hash), walk->child))
                return refuse("a node's hash is another");
        }
        TRY(step(walk, node));
    }
    return LOFT_OK;
}

loft_err trie_verify(bytes *value, const hash32 *root, bytes key,
                     const bytes *nodes, size_t count)
{
    struct walk walk = {
        .key = key, .end = key.len * 2, .child = bytes_hash(root)};
    size_t used = 0;
    *value = BYTES_EMPTY;
    if (key.len > TRIE_KEY_BYTES_MAX)
        return err_say(LOFT_ERR_REFUSED, "a key of %zu bytes", key.len);
    if (hash32_equal(root, &KECCAK_EMPTY_TRIE))
        walk.ended = true;
    loft_err err = walk_down(&walk, &used, nodes, count);
    if (err != LOFT_OK)
        return err == LOFT_ERR_REFUSED ? err
                                       : err_in(LOFT_ERR_REFUSED, "proof");
    if (used != count)
        return refuse("there are nodes beyond the key's");
    *value = walk.value;
    return LOFT_OK;
}
