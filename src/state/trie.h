#pragma once
/* Merkle-Patricia tries in memory: roots of what is given whole, and proofs.
 * The trie that lives on disk beside the flat tables is state/state.h.
 *
 * Source   Yellow Paper, appendix D.
 * Limits   keys of at most TRIE_KEY_BYTES_MAX bytes.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define TRIE_KEY_BYTES_MAX 64

struct trie_pair {
    bytes key, value; /* a value is not empty */
};

/* The root of pairs sorted by key, keys distinct. */
hash32 trie_root(const struct trie_pair *pairs, size_t count);

/* The root over rlp(0), rlp(1), … as keys: transactions, receipts,
 * withdrawals. */
hash32 trie_root_of_list(const bytes *values, size_t count);

/* Checks a proof: the nodes from the root down to the key, and no others.
 * *value is empty where the proof shows that the key is not there, and points
 * into the proof. LOFT_ERR_REFUSED: the nodes prove neither. A pure function.
 */
MUST_USE loft_err trie_verify(bytes *value, const hash32 *root, bytes key,
                              const bytes *nodes, size_t count);
