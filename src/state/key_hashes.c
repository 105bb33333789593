#include "state/key_hashes.h"

#include "crypto/keccak.h"

#define PLACES_LOG2 7

struct place {
    uint8_t key[32];
    hash32 hash;
    bool is_set;
};

/* By kind: an address is no slot of the same bytes. */
static _Thread_local struct place accounts[1 << PLACES_LOG2];
static _Thread_local struct place slots[1 << PLACES_LOG2];

/* Addresses and hashed slots differ anywhere, plain slots in their last
 * bytes. */
static size_t place_of(bytes key)
{
    uint64_t last = load_be64(key.at + key.len - 8);
    return last * 0x9e3779b97f4a7c15 >> (64 - PLACES_LOG2);
}

static hash32 find(struct place *places, bytes key)
{
    struct place *place = &places[place_of(key)];
    if (!place->is_set || memcmp(place->key, key.at, key.len) != 0) {
        memcpy(place->key, key.at, key.len);
        place->hash = keccak256(key);
        place->is_set = true;
    }
    return place->hash;
}

hash32 key_hash_of_account(const address *who)
{
    return find(accounts, bytes_address(who));
}

hash32 key_hash_of_slot(const u256 *slot)
{
    hash32 key = u256_to_hash(*slot);
    return find(slots, bytes_hash(&key));
}
