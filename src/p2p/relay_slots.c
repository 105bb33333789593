#include "p2p/relay_slots.h"

#include "base/assert.h"
#include "p2p/multiaddr.h"

/* As other relays have them: enough to agree on a direct connection, or for
 * now and then a message, not to carry all that two peers say. */
const struct relay_limits RELAY_LIMITS = {
    .reservations_max = 128,
    .reservations_per_ip_max = 8,
    .reservation_s = 3600,
    .circuits_max = 256,
    .circuits_per_peer_max = 16,
    .circuit_s = 120,
    .circuit_bytes_max = (uint64_t)128 << 10,
};

#define IP6_GROUP_BYTES 7

bool relay_group_of(struct relay_group *out, bytes addr)
{
    struct multiaddr_part part;
    *out = (struct relay_group){{0}};
    if (multiaddr_next(&part, &addr) != LOFT_OK)
        return false;
    if (part.code != MULTIADDR_IP4 && part.code != MULTIADDR_IP6)
        return false;
    size_t len = part.code == MULTIADDR_IP4 ? 4 : IP6_GROUP_BYTES;
    out->at[0] = part.code == MULTIADDR_IP4;
    memcpy(out->at + 1, part.value.at, len);
    return true;
}

void relay_slots_init(struct relay_slots *slots,
                      const struct relay_limits *limits)
{
    *slots = (struct relay_slots){.limits = limits};
    map_init(&slots->circuits, sizeof(struct peer_id), sizeof(unsigned));
}

void relay_slots_fini(struct relay_slots *slots)
{
    ASSERT(slots->circuit_count == 0);
    VEC_FREE(&slots->slots);
    map_fini(&slots->circuits);
}

static struct relay_slot *find(const struct relay_slots *slots,
                               const struct peer_id *peer)
{
    VEC_FOR_EACH (slot, &slots->slots)
        if (peer_id_equal(&slot->peer, peer))
            return slot;
    return NULL;
}

static unsigned count_group(const struct relay_slots *slots,
                            const struct relay_group *group)
{
    unsigned count = 0;
    VEC_FOR_EACH (slot, &slots->slots)
        count += memcmp(&slot->group, group, sizeof *group) == 0;
    return count;
}

static void drop(struct relay_slots *slots, struct relay_slot *slot)
{
    *slot = slots->slots.at[--slots->slots.len];
}

void relay_slots_release(struct relay_slots *slots, const struct peer_id *peer)
{
    struct relay_slot *slot = find(slots, peer);
    if (slot)
        drop(slots, slot);
}

bool relay_slots_expire(struct relay_slots *slots, uint64_t now_s,
                        struct peer_id *out)
{
    VEC_FOR_EACH (slot, &slots->slots) {
        if (slot->expire_s > now_s)
            continue;
        *out = slot->peer;
        drop(slots, slot);
        return true;
    }
    return false;
}

bool relay_slots_reserve(struct relay_slots *slots, const struct peer_id *peer,
                         const struct relay_group *group, uint64_t now_s,
                         uint64_t *expire_s)
{
    const struct relay_limits *limits = slots->limits;
    struct relay_slot *slot = find(slots, peer);
    if (!slot) {
        if (slots->slots.len >= limits->reservations_max ||
            count_group(slots, group) >= limits->reservations_per_ip_max)
            return false;
        VEC_PUSH(&slots->slots, ((struct relay_slot){*peer, *group, 0}));
        slot = &slots->slots.at[slots->slots.len - 1];
    }
    slot->expire_s = *expire_s = now_s + limits->reservation_s;
    return true;
}

bool relay_slots_has(const struct relay_slots *slots,
                     const struct peer_id *peer, uint64_t now_s)
{
    const struct relay_slot *slot = find(slots, peer);
    return slot && slot->expire_s > now_s;
}

/* The same bytes for the same peer, also behind the id's end. */
static struct peer_id key_of(const struct peer_id *peer)
{
    struct peer_id key;
    memset(&key, 0, sizeof key);
    memcpy(key.at, peer->at, peer->len);
    key.len = peer->len;
    return key;
}

static unsigned circuits_of(const struct relay_slots *slots,
                            const struct peer_id *peer)
{
    const struct peer_id key = key_of(peer);
    const unsigned *count = map_get(&slots->circuits, &key);
    return count ? *count : 0;
}

static void change_circuits(struct relay_slots *slots,
                            const struct peer_id *peer, int by)
{
    const struct peer_id key = key_of(peer);
    unsigned *count = map_put(&slots->circuits, &key, NULL);
    *count += (unsigned)by;
    if (*count == 0)
        map_remove(&slots->circuits, &key);
}

bool relay_slots_begin_circuit(struct relay_slots *slots,
                               const struct peer_id *from,
                               const struct peer_id *to)
{
    const struct relay_limits *limits = slots->limits;
    if (slots->circuit_count >= limits->circuits_max ||
        circuits_of(slots, from) >= limits->circuits_per_peer_max ||
        circuits_of(slots, to) >= limits->circuits_per_peer_max)
        return false;
    slots->circuit_count++;
    change_circuits(slots, from, 1);
    change_circuits(slots, to, 1);
    return true;
}

void relay_slots_end_circuit(struct relay_slots *slots,
                             const struct peer_id *from,
                             const struct peer_id *to)
{
    ASSERT(slots->circuit_count > 0);
    slots->circuit_count--;
    change_circuits(slots, from, -1);
    change_circuits(slots, to, -1);
}
