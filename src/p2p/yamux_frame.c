#include "p2p/yamux_frame.h"

#include <stdbool.h>

#define VERSION 0
#define FLAGS (YAMUX_SYN | YAMUX_ACK | YAMUX_FIN | YAMUX_RST)

static bool flags_fit(const struct yamux_header *header)
{
    uint16_t opening = header->flags & (YAMUX_SYN | YAMUX_ACK);
    switch (header->type) {
    case YAMUX_DATA:
    case YAMUX_WINDOW:
        return !(header->flags & ~FLAGS) && opening != (YAMUX_SYN | YAMUX_ACK);
    case YAMUX_PING:
        return header->flags == YAMUX_SYN || header->flags == YAMUX_ACK;
    case YAMUX_GO_AWAY:
        return header->flags == 0;
    }
    return false;
}

loft_err yamux_header_read(struct yamux_header *out,
                           const uint8_t from[YAMUX_HEADER_BYTES])
{
    if (from[0] != VERSION)
        return err_say(LOFT_ERR_FORMAT, "yamux: version %u", from[0]);
    if (from[1] > YAMUX_GO_AWAY)
        return err_say(LOFT_ERR_FORMAT, "yamux: a frame of type %u", from[1]);
    *out = (struct yamux_header){
        .type = (enum yamux_type)from[1],
        .flags = load_be16(from + 2),
        .stream = load_be32(from + 4),
        .length = load_be32(from + 8),
    };
    if (!flags_fit(out))
        return err_say(LOFT_ERR_FORMAT, "yamux: flags 0x%x in type %u",
                       out->flags, from[1]);
    bool is_sessions = out->type == YAMUX_PING || out->type == YAMUX_GO_AWAY;
    if (is_sessions != (out->stream == 0))
        return err_say(LOFT_ERR_FORMAT, "yamux: stream %u in type %u",
                       out->stream, from[1]);
    return LOFT_OK;
}

void yamux_header_write(uint8_t out[YAMUX_HEADER_BYTES],
                        const struct yamux_header *header)
{
    out[0] = VERSION;
    out[1] = (uint8_t)header->type;
    store_be16(out + 2, header->flags);
    store_be32(out + 4, header->stream);
    store_be32(out + 8, header->length);
}
