/* Places at a relay: who gets one, and what it is told. */
#include "p2p/multiaddr.h"
#include "p2p/relay_parts.h"

#define RESERVED_TAG "relay"
#define RESERVED_VALUE 20
#define ADDRS_BYTES_MAX 2048 /* of all in one reservation */

void relay_drop_expired(struct relay *relay)
{
    struct peer_id peer;
    while (relay_slots_expire(&relay->slots, relay_now_s(relay), &peer))
        peer_host_tag(relay->host, &peer, RESERVED_TAG, 0);
}

static bool is_public(bytes addr)
{
    struct multiaddr_part part;
    if (multiaddr_next(&part, &addr) != LOFT_OK)
        return false;
    const uint8_t *ip = part.value.at;
    if (part.code == MULTIADDR_IP6)
        return (ip[0] & 0xe0) == 0x20; /* 2000::/3 */
    if (part.code != MULTIADDR_IP4)
        return true; /* a name */
    return ip[0] != 0 && ip[0] != 127 && ip[0] != 10 &&
           !(ip[0] == 172 && (ip[1] & 0xf0) == 16) &&
           !(ip[0] == 192 && ip[1] == 168) && !(ip[0] == 169 && ip[1] == 254) &&
           !(ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

struct addr_list {
    struct buffer text; /* all of them */
    bytes at[RELAY_ADDRS_MAX];
    size_t ends[RELAY_ADDRS_MAX], count;
};

static void add_addr(struct addr_list *list, bytes addr,
                     const struct peer_id *relay)
{
    if (list->count == RELAY_ADDRS_MAX ||
        list->text.len + addr.len > ADDRS_BYTES_MAX ||
        multiaddr_is_relayed(addr))
        return;
    buffer_put_bytes(&list->text, addr);
    multiaddr_put_peer(&list->text, relay);
    list->ends[list->count++] = list->text.len;
}

/* "all the public relay addrs, including the peer ID of the relay node but not
 * the trailing p2p-circuit part"; where there are none, the others. */
static void list_addrs(struct addr_list *list, const struct peer_host *host)
{
    for (int public = 1; public >= 0 && list->count == 0; public --) {
        bytes addr;
        for (size_t i = 0; peer_host_addr(host, i, &addr); i++)
            if (!public || is_public(addr))
                add_addr(list, addr, peer_host_id(host));
    }
    for (size_t i = 0, from = 0; i < list->count; from = list->ends[i++])
        list->at[i] = bytes_of(list->text.at + from, list->ends[i] - from);
}

static void put_grant(const struct relay *relay, struct buffer *out,
                      const struct peer_id *peer, uint64_t expire_s)
{
    struct addr_list addrs = {0};
    struct buffer voucher = {0};
    list_addrs(&addrs, relay->host);
    relay_voucher_seal(&voucher, peer_host_key(relay->host), peer, expire_s);
    relay_hop_put(out, &(struct relay_message){
                           .type = RELAY_STATUS,
                           .has_reservation = true,
                           .has_limit = relay_is_limited(relay),
                           .reservation = {expire_s, addrs.at, addrs.count,
                                           buffer_bytes(&voucher)},
                           .limit = relay_limit_of(relay),
                           .status = RELAY_OK,
                       });
    buffer_free(&addrs.text);
    buffer_free(&voucher);
}

enum relay_status relay_grant(struct relay *relay, struct buffer *out,
                              const struct peer_id *peer)
{
    struct peer_info info;
    struct relay_group group;
    uint64_t expire_s;
    relay_drop_expired(relay);
    if (!peer_host_info(relay->host, peer, &info) ||
        multiaddr_is_relayed(info.remote_addr))
        return RELAY_PERMISSION_DENIED;
    relay_group_of(&group, info.remote_addr);
    if (!relay_slots_reserve(&relay->slots, peer, &group, relay_now_s(relay),
                             &expire_s))
        return RELAY_RESERVATION_REFUSED;
    peer_host_tag(relay->host, peer, RESERVED_TAG, RESERVED_VALUE);
    put_grant(relay, out, peer, expire_s);
    return RELAY_OK;
}
