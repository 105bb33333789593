#pragma once
/* The header of Yamux's frames: many streams over one connection.
 *
 * Source   libp2p/specs, yamux/README.md.
 * Errors   LOFT_ERR_FORMAT: a header that no side following it sends.
 */
#include "base/bytes.h"
#include "base/err.h"

#define YAMUX_HEADER_BYTES 12

enum yamux_type {
    YAMUX_DATA = 0,    /* length: of the bytes that follow */
    YAMUX_WINDOW = 1,  /* length: how many more bytes may come */
    YAMUX_PING = 2,    /* length: a value that comes back */
    YAMUX_GO_AWAY = 3, /* length: an enum yamux_reason, or a later one */
};

enum yamux_flag {
    YAMUX_SYN = 1, /* opens a stream; a ping that asks */
    YAMUX_ACK = 2, /* accepts a stream; a ping that answers */
    YAMUX_FIN = 4, /* no more data from this side */
    YAMUX_RST = 8, /* ends a stream at once */
};

enum yamux_reason {
    YAMUX_NORMAL = 0,
    YAMUX_PROTOCOL_ERROR = 1,
    YAMUX_INTERNAL_ERROR = 2,
};

struct yamux_header {
    enum yamux_type type;
    uint16_t flags;
    uint32_t stream; /* 0 is the session */
    uint32_t length;
};

/* Beside version, type and flags it checks what belongs together: pings and
 * partings are of the session, data and windows of a stream, a ping either
 * asks or answers, and no frame both opens and accepts. */
MUST_USE loft_err yamux_header_read(struct yamux_header *out,
                                    const uint8_t from[YAMUX_HEADER_BYTES]);
void yamux_header_write(uint8_t out[YAMUX_HEADER_BYTES],
                        const struct yamux_header *header);
