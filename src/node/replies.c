#include "node/replies.h"

#include <stdlib.h>

#include "base/memory.h"

struct held {
    struct reply_place place;
    struct rpc_reply reply;
};

struct replies {
    VEC(struct held) held;
};

struct replies *replies_new(void)
{
    return MEMORY_NEW(struct replies);
}

void replies_free(struct replies *replies)
{
    if (!replies)
        return;
    replies_fail(replies, RPC_INTERNAL_ERROR, "the node is stopping");
    VEC_FREE(&replies->held);
    free(replies);
}

void replies_hold(struct replies *replies, struct reply_place place,
                  struct rpc_reply *reply)
{
    VEC_PUSH(&replies->held, ((struct held){place, *reply}));
    *reply = (struct rpc_reply){0};
}

size_t replies_count(const struct replies *replies)
{
    return replies->held.len;
}

void reply_send(struct reply_place place, struct rpc_reply *reply)
{
    place.send(place.to, reply);
    rpc_reply_fini(reply);
    *reply = (struct rpc_reply){0};
}

static void send_all(struct replies *replies)
{
    VEC_FOR_EACH (held, &replies->held)
        reply_send(held->place, &held->reply);
    replies->held.len = 0;
}

void replies_send(struct replies *replies, const struct failures *failures)
{
    VEC_FOR_EACH (held, &replies->held)
        rpc_reply_settle(&held->reply, failures);
    send_all(replies);
}

void replies_fail(struct replies *replies, int code, const char *text)
{
    VEC_FOR_EACH (held, &replies->held)
        rpc_reply_fail(&held->reply, code, text);
    send_all(replies);
}
