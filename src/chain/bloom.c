#include <string.h>

#include "base/attributes.h"
#include "chain/block.h"
#include "crypto/keccak.h"

/* Yellow Paper 4.3.1: the low 11 bits of the hash's first three pairs of bytes
 * are the numbers of the bits that an item sets, counted from the end. */
enum { PAIRS = 3, BITS = 8 * sizeof(bloom) };

struct bits {
    uint16_t at[PAIRS];
};

static struct bits bits_of(const hash32 *hash)
{
    struct bits bits;
    for (unsigned pair = 0; pair < PAIRS; pair++)
        bits.at[pair] = load_be16(hash->at + 2 * pair) % BITS;
    return bits;
}

static void set_bits(bloom *into, const struct bits *bits)
{
    for (unsigned pair = 0; pair < PAIRS; pair++) {
        unsigned bit = bits->at[pair];
        into->at[sizeof into->at - 1 - bit / 8] |= (uint8_t)(1 << bit % 8);
    }
}

void bloom_add(bloom *into, bytes item)
{
    hash32 hash = keccak256(item);
    struct bits bits = bits_of(&hash);
    set_bits(into, &bits);
}

/* The logs of a block name few contracts, events and owners, again and again:
 * an item's bits are remembered in the place that its last bytes pick, and
 * the items that are not there are hashed side by side. */
enum { BATCH = 64, PLACE_BITS = 8 };

struct known {
    uint8_t len; /* 0: nothing is known here */
    uint8_t item[32];
    struct bits bits;
};

struct work {
    bloom *all, *into[BATCH];
    bytes items[BATCH];
    size_t waiting;
    struct known known[1 << PLACE_BITS];
};

static struct known *place_of(struct work *work, bytes item)
{
    uint64_t end = load_le64(item.at + item.len - 8);
    return &work->known[end * 0x9e3779b97f4a7c15 >> (64 - PLACE_BITS)];
}

static void set_both(struct work *work, bloom *into, const struct bits *bits)
{
    set_bits(into, bits);
    set_bits(work->all, bits);
}

static void flush(struct work *work)
{
    hash32 hashes[BATCH];
    keccak256_many(hashes, work->items, work->waiting);
    for (size_t i = 0; i < work->waiting; i++) {
        bytes item = work->items[i];
        struct known *known = place_of(work, item);
        known->len = (uint8_t)item.len;
        memcpy(known->item, item.at, item.len);
        known->bits = bits_of(&hashes[i]);
        set_both(work, work->into[i], &known->bits);
    }
    work->waiting = 0;
}

/* An address or a topic. */
static void add(struct work *work, bloom *into, bytes item)
{
    const struct known *known = place_of(work, item);
    if (known->len == item.len && memcmp(known->item, item.at, item.len) == 0) {
        set_both(work, into, &known->bits);
        return;
    }
    work->into[work->waiting] = into;
    work->items[work->waiting++] = item;
    if (work->waiting == BATCH)
        flush(work);
}

static void add_log(struct work *work, bloom *into, const struct log_entry *log)
{
    add(work, into, bytes_address(&log->emitter));
    for (size_t i = 0; i < log->topic_count; i++)
        add(work, into, bytes_hash(&log->topics[i]));
}

void bloom_add_receipts(bloom *all, struct receipt *receipts, size_t count)
{
    struct work work;
    work.all = all;
    work.waiting = 0;
    for (size_t i = 0; i < ARRAY_LEN(work.known); i++)
        work.known[i].len = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < receipts[i].log_count; j++)
            add_log(&work, &receipts[i].logs_bloom, &receipts[i].logs[j]);
    flush(&work);
}

bool bloom_may_hold(const bloom *in, bytes item)
{
    hash32 hash = keccak256(item);
    struct bits bits = bits_of(&hash);
    for (unsigned pair = 0; pair < PAIRS; pair++) {
        unsigned bit = bits.at[pair];
        if (!(in->at[sizeof in->at - 1 - bit / 8] & 1 << bit % 8))
            return false;
    }
    return true;
}
