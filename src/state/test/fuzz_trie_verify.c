/* Proofs from anywhere: root and key first, then nodes, each after a length of
 * two bytes. What is accepted must hash to the root. */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "crypto/keccak.h"
#include "state/trie.h"

enum { NODES_MAX = 80 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool take(bytes *out, bytes *rest, size_t len)
{
    if (rest->len < len)
        return false;
    *out = bytes_of(rest->at, len);
    *rest = bytes_of(rest->at + len, rest->len - len);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    bytes rest = bytes_of(data, len), key, head, nodes[NODES_MAX], value;
    size_t count = 0;
    if (!take(&head, &rest, 1) || !take(&key, &rest, head.at[0] % 70))
        return 0;
    while (count < NODES_MAX && take(&head, &rest, 2) &&
           take(&nodes[count], &rest, load_be16(head.at)))
        count++;
    /* The first node's own hash as the root lets the walk begin. */
    hash32 root = count ? keccak256(nodes[0]) : KECCAK_EMPTY_TRIE;
    loft_err err = trie_verify(&value, &root, key, nodes, count);
    ASSERT(err == LOFT_OK || (err == LOFT_ERR_REFUSED && value.len == 0));
    root.at[7] ^= 1;
    ASSERT(trie_verify(&value, &root, key, nodes, count) == LOFT_ERR_REFUSED);
    return 0;
}
