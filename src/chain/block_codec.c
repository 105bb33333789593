#include "chain/block.h"
#include "chain/field.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"

/* [header, [transaction ..], [uncle ..], [withdrawal ..]], the last from
 * Shanghai on. The fewest bytes of a list's item in RLP: */
enum {
    TRANSACTION_LEAST = 10,
    UNCLE_LEAST = 490,
    WITHDRAWAL_LEAST = 25,
};

const hash32 EMPTY_UNCLES_HASH = {
    {0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
     0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
     0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};

/* A legacy transaction is a list; a string holds a typed one (EIP-2718). */
static loft_err read_transaction(struct arena *arena, struct transaction *out,
                                 bytes *raw, bytes *rest)
{
    bool is_list;
    bytes whole, payload, again = *rest;
    TRY(rlp_read_raw(&whole, rest));
    TRY(rlp_read_item(&payload, &is_list, &again));
    *raw = is_list ? whole : payload;
    TRY(transaction_decode(arena, out, *raw));
    if (!is_list && out->type == TX_LEGACY)
        return err_say(LOFT_ERR_FORMAT, "legacy transaction within a string");
    return LOFT_OK;
}

static loft_err read_transactions(struct arena *arena, struct block *out,
                                  bytes *rest)
{
    bytes items;
    TRY(field_list(&items, "transactions", rest));
    TRY(field_count(&out->transaction_count, TRANSACTION_LEAST, "transactions",
                    items));
    size_t count = out->transaction_count;
    out->transactions = ARENA_ARRAY(arena, struct transaction, count);
    out->raw_transactions = ARENA_ARRAY(arena, bytes, count);
    for (size_t i = 0; i < count; i++) {
        loft_err err = read_transaction(arena, &out->transactions[i],
                                        &out->raw_transactions[i], &items);
        if (err != LOFT_OK)
            return err_in(err, "transaction %zu", i);
    }
    return LOFT_OK;
}

static loft_err read_uncles(struct arena *arena, struct block *out, bytes *rest)
{
    bytes items;
    TRY(field_list(&items, "uncles", rest));
    TRY(field_count(&out->uncle_count, UNCLE_LEAST, "uncles", items));
    out->uncles = ARENA_ARRAY(arena, struct header, out->uncle_count);
    for (size_t i = 0; i < out->uncle_count; i++) {
        loft_err err = header_decode(&out->uncles[i], &items);
        if (err != LOFT_OK)
            return err_in(err, "uncle %zu", i);
    }
    return LOFT_OK;
}

static loft_err read_withdrawal(struct withdrawal *out, bytes *rest)
{
    bytes fields;
    TRY(field_list(&fields, "withdrawal", rest));
    TRY(field_u64(&out->index, "withdrawal's index", &fields));
    TRY(field_u64(&out->validator, "withdrawal's validator", &fields));
    TRY(field_exact(out->to.at, sizeof out->to.at, "withdrawal's address",
                    &fields));
    TRY(field_u64(&out->amount_gwei, "withdrawal's amount", &fields));
    return rlp_read_end(fields);
}

static loft_err read_withdrawals(struct arena *arena, struct block *out,
                                 bytes *rest)
{
    bytes items;
    TRY(field_list(&items, "withdrawals", rest));
    TRY(field_count(&out->withdrawal_count, WITHDRAWAL_LEAST, "withdrawals",
                    items));
    out->has_withdrawals = true;
    out->withdrawals = ARENA_ARRAY(arena, struct withdrawal,
                                   out->withdrawal_count);
    for (size_t i = 0; i < out->withdrawal_count; i++)
        TRY(read_withdrawal(&out->withdrawals[i], &items));
    return LOFT_OK;
}

static loft_err read_header(struct block *out, bytes *rest, const hash32 *hash)
{
    bytes before = *rest;
    TRY(header_decode(&out->header, rest));
    out->hash = hash ? *hash
                     : keccak256(bytes_of(before.at, before.len - rest->len));
    return LOFT_OK;
}

loft_err block_decode_known(struct arena *arena, struct block *out, bytes *rest,
                            const hash32 *hash)
{
    struct block block = {0};
    bytes after = *rest, items;
    TRY(field_list(&items, "block", &after));
    block.encoded_len = rest->len - after.len;
    TRY(read_header(&block, &items, hash));
    TRY(read_transactions(arena, &block, &items));
    TRY(read_uncles(arena, &block, &items));
    if (items.len)
        TRY(read_withdrawals(arena, &block, &items));
    TRY(rlp_read_end(items));
    *out = block;
    *rest = after;
    return LOFT_OK;
}

loft_err block_decode(struct arena *arena, struct block *out, bytes *rest)
{
    return block_decode_known(arena, out, rest, NULL);
}

static void put_transactions(struct buffer *out, const struct block *block)
{
    size_t opened = rlp_open(out);
    for (size_t i = 0; i < block->transaction_count; i++)
        if (block->transactions[i].type == TX_LEGACY)
            buffer_put_bytes(out, block->raw_transactions[i]);
        else
            rlp_put_bytes(out, block->raw_transactions[i]);
    rlp_close(out, opened);
}

static void put_uncles(struct buffer *out, const struct block *block)
{
    size_t opened = rlp_open(out);
    for (size_t i = 0; i < block->uncle_count; i++)
        header_encode(out, &block->uncles[i]);
    rlp_close(out, opened);
}

void withdrawal_encode(struct buffer *out, const struct withdrawal *one)
{
    size_t opened = rlp_open(out);
    rlp_put_u64(out, one->index);
    rlp_put_u64(out, one->validator);
    rlp_put_address(out, &one->to);
    rlp_put_u64(out, one->amount_gwei);
    rlp_close(out, opened);
}

static void put_withdrawals(struct buffer *out, const struct block *block)
{
    size_t opened = rlp_open(out);
    for (size_t i = 0; i < block->withdrawal_count; i++)
        withdrawal_encode(out, &block->withdrawals[i]);
    rlp_close(out, opened);
}

void block_encode(struct buffer *out, const struct block *block)
{
    size_t opened = rlp_open(out);
    header_encode(out, &block->header);
    put_transactions(out, block);
    put_uncles(out, block);
    if (block->has_withdrawals)
        put_withdrawals(out, block);
    rlp_close(out, opened);
}

hash32 block_uncles_hash(const struct block *block)
{
    struct buffer encoded = {0};
    put_uncles(&encoded, block);
    hash32 hash = keccak256(buffer_bytes(&encoded));
    buffer_free(&encoded);
    return hash;
}
