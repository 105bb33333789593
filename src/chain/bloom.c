#include "base/attributes.h"
#include "chain/block.h"
#include "crypto/keccak.h"

/* Yellow Paper 4.3.1: the low 11 bits of the hash's first three pairs of bytes
 * are the numbers of the bits that an item sets, counted from the end. */
enum { PAIRS = 3, BITS = 8 * sizeof(bloom) };

static unsigned bit_of(const hash32 *hash, unsigned pair)
{
    return load_be16(hash->at + 2 * pair) % BITS;
}

static void add_hash(bloom *into, const hash32 *hash)
{
    for (unsigned pair = 0; pair < PAIRS; pair++) {
        unsigned bit = bit_of(hash, pair);
        into->at[sizeof into->at - 1 - bit / 8] |= (uint8_t)(1 << bit % 8);
    }
}

void bloom_add(bloom *into, bytes item)
{
    hash32 hash = keccak256(item);
    add_hash(into, &hash);
}

/* Items are hashed side by side. */
struct batch {
    bloom *into;
    size_t count;
    bytes items[64];
};

static void batch_flush(struct batch *batch)
{
    hash32 hashes[ARRAY_LEN(batch->items)];
    keccak256_many(hashes, batch->items, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        add_hash(batch->into, &hashes[i]);
    batch->count = 0;
}

static void batch_add(struct batch *batch, bytes item)
{
    batch->items[batch->count++] = item;
    if (batch->count == ARRAY_LEN(batch->items))
        batch_flush(batch);
}

void bloom_add_logs(bloom *into, const struct log_entry *logs, size_t count)
{
    struct batch batch;
    batch.into = into;
    batch.count = 0;
    for (size_t i = 0; i < count; i++) {
        batch_add(&batch, bytes_address(&logs[i].emitter));
        for (size_t j = 0; j < logs[i].topic_count; j++)
            batch_add(&batch, bytes_hash(&logs[i].topics[j]));
    }
    batch_flush(&batch);
}

void bloom_merge(bloom *into, const bloom *from)
{
    for (size_t i = 0; i < sizeof into->at; i++)
        into->at[i] |= from->at[i];
}

bool bloom_may_hold(const bloom *in, bytes item)
{
    hash32 hash = keccak256(item);
    for (unsigned pair = 0; pair < PAIRS; pair++) {
        unsigned bit = bit_of(&hash, pair);
        if (!(in->at[sizeof in->at - 1 - bit / 8] & 1 << bit % 8))
            return false;
    }
    return true;
}
