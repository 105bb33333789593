#pragma once
/* Answers that are ready but may not leave yet: what they say becomes true
 * when the next block, or the next sync, is on disk.
 *
 * Threads  the loop's.
 */
#include "net/http_server.h"
#include "rpc/rpc.h"

struct replies; /* in the order of their arrival */

struct replies *replies_new(void);
void replies_free(struct replies *replies); /* NULL is fine; drops them */

/* Takes the reply, and leaves it empty. */
void replies_hold(struct replies *replies, struct http_request *request,
                  struct rpc_reply *reply);
size_t replies_count(const struct replies *replies);

/* Sends them all. What waited for a transaction that failed says so. */
void replies_send(struct replies *replies, const struct failures *failures);

/* Sends them all; results that waited are replaced by an error. */
void replies_fail(struct replies *replies, int code, const char *text);

/* Sends one that need not wait. */
void reply_send(struct http_request *request, struct rpc_reply *reply);
