#pragma once
/* What waits for room in a stream: for those who must take bytes as they come,
 * while peer_stream_send() takes all of them or none.
 *
 * Its user calls stream_outbox_go_on() from `drained`, and holds back whoever
 * the bytes come from for as long as something waits.
 */
#include "base/vec.h"
#include "p2p/peer_stream.h"

struct stream_outbox {
    struct buffer waiting;
};

void stream_outbox_fini(struct stream_outbox *outbox);

/* False: a part of it waits, and `drained` will be called. */
bool stream_outbox_send(struct stream_outbox *outbox,
                        struct peer_stream *stream, bytes data);
bool stream_outbox_go_on(struct stream_outbox *outbox,
                         struct peer_stream *stream);
