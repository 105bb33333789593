#pragma once
/* Who has a reservation at a relay, and how many connections go through it:
 * the counting, without clock or stream.
 *
 * Source   libp2p/specs, relay/circuit-v2.md.
 * Units    Unix seconds.
 * Limits   struct relay_limits, all that one relay gives.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/map.h"
#include "base/vec.h"
#include "p2p/peer_id.h"

struct relay_limits {
    unsigned reservations_max;        /* one for each peer; */
    unsigned reservations_per_ip_max; /* of one IPv4 address or IPv6 /56 */
    unsigned reservation_s;
    unsigned circuits_max;
    unsigned circuits_per_peer_max; /* that it began, or that reach it */
    unsigned circuit_s;             /* 0: no bound, */
    uint64_t circuit_bytes_max;     /* each way; as here */
};

extern const struct relay_limits RELAY_LIMITS;

struct relay_group {
    uint8_t at[8]; /* an IPv4 address, or the first 56 bits of an IPv6 one */
};

/* Of a multiaddr; false: it begins with no IP address. */
bool relay_group_of(struct relay_group *out, bytes addr);

struct relay_slot {
    struct peer_id peer;
    struct relay_group group;
    uint64_t expire_s;
};

struct relay_slots {
    const struct relay_limits *limits;
    VEC(struct relay_slot) slots;
    struct map circuits; /* struct peer_id to unsigned: either end */
    unsigned circuit_count;
};

/* limits outlive it. */
void relay_slots_init(struct relay_slots *slots,
                      const struct relay_limits *limits);
void relay_slots_fini(struct relay_slots *slots);

/* Makes or renews a reservation. False: there are too many. */
bool relay_slots_reserve(struct relay_slots *slots, const struct peer_id *peer,
                         const struct relay_group *group, uint64_t now_s,
                         uint64_t *expire_s);
bool relay_slots_has(const struct relay_slots *slots,
                     const struct peer_id *peer, uint64_t now_s);
void relay_slots_release(struct relay_slots *slots, const struct peer_id *peer);

/* The next reservation that is over by now; false: there is none. */
bool relay_slots_expire(struct relay_slots *slots, uint64_t now_s,
                        struct peer_id *out);

/* False: too many with one of them, or in all. */
bool relay_slots_begin_circuit(struct relay_slots *slots,
                               const struct peer_id *from,
                               const struct peer_id *to);
void relay_slots_end_circuit(struct relay_slots *slots,
                             const struct peer_id *from,
                             const struct peer_id *to);
