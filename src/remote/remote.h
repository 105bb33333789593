#pragma once
/* A chain that another node serves: its JSON-RPC, asked over HTTP.
 *
 * What comes back is checked for its form alone; remote/remote_block.h and
 * remote/remote_state.h check what it says.
 *
 * Limits   REMOTE_REPLY_BYTES_MAX; a call that finds no connection, or a node
 *          that is busy, is tried REMOTE_TRIES times.
 * Threads  may share one; each call waits on the thread that makes it.
 * Errors   LOFT_ERR_REFUSED: the node answers with an error, in its words;
 *          LOFT_ERR_FORMAT: with something that is no answer; LOFT_ERR_USAGE,
 *          _IO, _TIMEOUT, _LIMIT as net/http_client.h has them.
 */
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "codec/json.h"

#define REMOTE_REPLY_BYTES_MAX ((size_t)64 << 20)
#define REMOTE_TRIES 3

struct remote;

struct remote_options {
    const char *url;   /* http://, https:// or unix:PATH; borrowed */
    const char *token; /* for Authorization: Bearer; NULL: none; borrowed */
    const char *const *headers; /* "Name: value"; borrowed */
    size_t header_count;
    uint32_t timeout_ms; /* of one try; 0: as net/http_client.h has it */
};

/* Connects at the first call. */
MUST_USE loft_err remote_open(struct remote **out,
                              const struct remote_options *options);
void remote_close(struct remote *remote); /* NULL is fine */

/* What the node is called in messages: http_client_name(). */
const char *remote_name(const struct remote *remote);

/* Calls a method with an array of parameters, in JSON. */
MUST_USE loft_err remote_call(struct remote *remote, struct arena *arena,
                              const struct json **result, const char *method,
                              const char *params);

/* Posts a request and appends the reply as they are, for what is passed on. */
MUST_USE loft_err remote_post(struct remote *remote, struct buffer *reply,
                              bytes request);
