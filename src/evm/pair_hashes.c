#include "evm/pair_hashes.h"

#include "crypto/keccak.h"

/* Keys differ in their last bytes, slots in their last ones too. */
static struct pair_hash *place_of(struct pair_hashes *hashes,
                                  const uint8_t *pair)
{
    uint64_t key = load_be64(pair + 24) ^ load_be64(pair + 12);
    uint64_t slot = load_be64(pair + 56);
    uint64_t mixed = (key + slot) * 0x9e3779b97f4a7c15;
    return &hashes->at[(mixed >> 32) % PAIR_HASHES];
}

hash32 pair_hashes_find(struct pair_hashes *hashes, const uint8_t *pair)
{
    struct pair_hash *place = place_of(hashes, pair);
    if (!place->is_set || memcmp(place->pair, pair, PAIR_BYTES) != 0) {
        memcpy(place->pair, pair, PAIR_BYTES);
        place->hash = keccak256(bytes_of(pair, PAIR_BYTES));
        place->is_set = true;
    }
    return place->hash;
}
