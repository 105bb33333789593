#include "p2p/relay_address.h"

#include "p2p/multiaddr.h"

static loft_err read_target(struct relay_address *out, bytes rest)
{
    struct multiaddr_part part;
    if (rest.len == 0)
        return LOFT_OK;
    TRY(multiaddr_next(&part, &rest));
    if (part.code != MULTIADDR_P2P || rest.len > 0)
        return err_say(LOFT_ERR_USAGE, "an address that goes on after the "
                                       "peer behind a relay");
    out->has_target = true;
    return peer_id_read(&out->target, part.value);
}

loft_err relay_address_read(struct relay_address *out, bytes addr)
{
    struct multiaddr_part part = {0}, before = {0};
    bytes rest = addr;
    *out = (struct relay_address){0};
    while (rest.len > 0) {
        size_t at = addr.len - rest.len;
        before = part;
        TRY(multiaddr_next(&part, &rest));
        if (part.code == MULTIADDR_P2P_CIRCUIT)
            break;
        if (part.code == MULTIADDR_P2P)
            out->addr = bytes_of(addr.at, at);
    }
    if (part.code != MULTIADDR_P2P_CIRCUIT || before.code != MULTIADDR_P2P)
        return err_say(LOFT_ERR_USAGE, "an address through a relay that is not "
                                       "named by \"/p2p/\" before "
                                       "\"/p2p-circuit\"");
    TRY(peer_id_read(&out->via, before.value));
    return read_target(out, rest);
}
