#pragma once
/* What the parts of p2p/request.h share: request.c (the protocol and its
 * frames' limits), request_asked.c (requests of theirs) and request_call.c
 * (requests of ours). */
#include <stddef.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/map.h"
#include "base/memory.h"
#include "codec/tlv.h"
#include "p2p/request.h"
#include "p2p/request_frame.h"

#define REQUEST_FAULT_POINTS 10
/* What both of an error's fields and some of later versions need. */
#define REQUEST_ERROR_BYTES_MAX 1024

struct requests {
    struct peer_host *host;
    const struct request_protocol *protocol;
    struct peer_protocol wire;
    void *context;
    struct request_type asks[REQUEST_KINDS_MAX];
    struct map out;    /* struct peer_id to unsigned: calls in flight */
    struct line *idle; /* the one used last is the first */
    size_t in;         /* requests of theirs that are not answered */
    size_t streams;
};

struct request_error {
    struct tlv_number code;
    bytes why;
};

extern const struct tlv_shape request_error_shape;

/* Streams on which we are asked; the context is the struct requests. */
extern const struct peer_stream_calls request_asked_calls;
void *request_asked_accept(void *context, struct peer_stream *stream);

/* NULL: the protocol has no such type. */
const struct request_kind *request_find_kind(const struct requests *requests,
                                             uint16_t type);
