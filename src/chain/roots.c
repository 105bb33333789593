#include "chain/block.h"
#include "state/trie.h"

/* The root of a list whose items are written one after another. */
static hash32 list_root(void (*put)(struct buffer *, const void *list,
                                    size_t index),
                        const void *list, size_t count)
{
    struct buffer encoded = {0};
    VEC(size_t) ends = {0};
    VEC(bytes) values = {0};
    for (size_t i = 0; i < count; i++) {
        put(&encoded, list, i);
        VEC_PUSH(&ends, encoded.len);
    }
    for (size_t i = 0, begin = 0; i < count; begin = ends.at[i++])
        VEC_PUSH(&values, bytes_of(encoded.at + begin, ends.at[i] - begin));
    hash32 root = trie_root_of_list(values.at, count);
    VEC_FREE(&values);
    VEC_FREE(&ends);
    buffer_free(&encoded);
    return root;
}

static void put_withdrawal(struct buffer *out, const void *list, size_t index)
{
    withdrawal_encode(out, (const struct withdrawal *)list + index);
}

static void put_receipt(struct buffer *out, const void *list, size_t index)
{
    receipt_encode(out, (const struct receipt *)list + index);
}

hash32 block_transactions_root(const struct block *block)
{
    return trie_root_of_list(block->raw_transactions, block->transaction_count);
}

hash32 block_withdrawals_root(const struct block *block)
{
    return list_root(put_withdrawal, block->withdrawals,
                     block->withdrawal_count);
}

hash32 receipts_root(const struct receipt *receipts, size_t count)
{
    return list_root(put_receipt, receipts, count);
}
