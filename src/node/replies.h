#pragma once
/* Answers that are ready but may not leave yet: what they say becomes true
 * when the next block, or the next sync, is on disk.
 *
 * Threads  the loop's.
 */
#include "rpc/rpc.h"

/* Where one reply goes: an HTTP request, a WebSocket, a Unix socket. */
struct reply_place {
    /* Called once. Takes what it needs of the reply; an empty text is nothing
     * to say. */
    void (*send)(void *to, struct rpc_reply *reply);
    void *to;
};

struct replies; /* in the order of their arrival */

struct replies *replies_new(void);
/* NULL is fine. Sends what is left, as an error: a place must not be left
 * waiting. */
void replies_free(struct replies *replies);

/* Takes the reply, and leaves it empty. */
void replies_hold(struct replies *replies, struct reply_place place,
                  struct rpc_reply *reply);
size_t replies_count(const struct replies *replies);

/* Sends them all. What waited for a transaction that failed says so. */
void replies_send(struct replies *replies, const struct failures *failures);

/* Sends them all; results that waited are replaced by an error. */
void replies_fail(struct replies *replies, int code, const char *text);

/* Sends one that need not wait, and empties it. */
void reply_send(struct reply_place place, struct rpc_reply *reply);
