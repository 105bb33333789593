#pragma once
/* A client that waits, of a Unix socket where a request is a line and so is
 * its reply: as the sockets of Ethereum nodes speak JSON-RPC.
 *
 * Limits   each exchange within timeout_ms, its reply within reply_bytes_max.
 * Threads  one client belongs to one thread.
 * Errors   LOFT_ERR_IO: no connection, or it broke; LOFT_ERR_TIMEOUT;
 *          LOFT_ERR_LIMIT: the reply is too large; LOFT_ERR_USAGE: no path
 *          that a socket can have.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

struct line_client;

MUST_USE loft_err line_client_open(struct line_client **out, const char *path,
                                   uint32_t timeout_ms, size_t reply_bytes_max);
void line_client_close(struct line_client *client); /* NULL is fine */

/* The request has no newline in it. Appends the reply, without its own. */
MUST_USE loft_err line_client_exchange(struct line_client *client,
                                       struct buffer *reply, bytes request);
