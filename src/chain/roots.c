#include "base/assert.h"
#include "chain/block.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "state/trie.h"

const hash32 *block_transaction_hashes(struct arena *arena,
                                       const struct block *block)
{
    size_t count = block->transaction_count;
    hash32 *hashes = ARENA_ARRAY(arena, hash32, count);
    keccak256_many(hashes, block->raw_transactions, count);
    return hashes;
}

hash32 block_transactions_root(const struct block *block)
{
    return trie_root_of_list(block->raw_transactions, block->transaction_count);
}

hash32 block_withdrawals_root(const struct block *block)
{
    struct buffer encoded = {0};
    VEC(bytes) values = {0};
    bytes value;
    for (size_t i = 0; i < block->withdrawal_count; i++)
        withdrawal_encode(&encoded, &block->withdrawals[i]);
    for (bytes rest = buffer_bytes(&encoded); rest.len;) {
        ASSERT(rlp_read_raw(&value, &rest) == LOFT_OK);
        VEC_PUSH(&values, value);
    }
    hash32 root = trie_root_of_list(values.at, values.len);
    VEC_FREE(&values);
    buffer_free(&encoded);
    return root;
}
