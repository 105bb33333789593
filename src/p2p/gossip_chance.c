/* What the router draws from its seed: chance, and short names. */
#include "base/assert.h"
#include "base/u256.h"
#include "crypto/digest.h"
#include "p2p/gossip_state.h"

/* xoshiro256**: who is chosen is not to be foretold by who is chosen from, and
 * is the same again from the same seed. */
static uint64_t rotate(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

static uint64_t draw(uint64_t state[4])
{
    uint64_t result = rotate(state[1] * 5, 7) * 9, shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

unsigned gossip_chance(struct gossip_router *router, unsigned below)
{
    return (unsigned)((u128)draw(router->chance) * below >> 64);
}

void gossip_shuffle(struct gossip_router *router, unsigned *at, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        unsigned j = gossip_chance(router, (unsigned)i), swap = at[j];
        at[j] = at[i - 1];
        at[i - 1] = swap;
    }
}

/* Names of foreign topics and messages are kept short: a keyed hash, so that
 * nobody outside can make two of them alike. */
uint64_t gossip_name(const struct gossip_router *router, bytes of)
{
    uint8_t text[sizeof router->name_key + GOSSIP_TOPIC_BYTES_MAX];
    ASSERT(of.len <= GOSSIP_TOPIC_BYTES_MAX);
    memcpy(text, router->name_key, sizeof router->name_key);
    if (of.len > 0)
        memcpy(text + sizeof router->name_key, of.at, of.len);
    hash32 hash = sha256(bytes_of(text, sizeof router->name_key + of.len));
    return load_be64(hash.at);
}

void gossip_init_chance(struct gossip_router *router, const uint8_t seed[32])
{
    uint8_t text[33];
    memcpy(text, seed, 32);
    text[32] = 'c';
    hash32 hash = sha256(bytes_of(text, sizeof text));
    for (size_t i = 0; i < 4; i++)
        router->chance[i] = load_be64(hash.at + 8 * i);
    text[32] = 'n';
    hash = sha256(bytes_of(text, sizeof text));
    memcpy(router->name_key, hash.at, sizeof router->name_key);
}
