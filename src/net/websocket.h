#pragma once
/* The server's side of a WebSocket, once the HTTP request that asked for it
 * has been answered: texts in and out, frames by wslay.
 *
 * Fragments are put together, pings answered, text that is not UTF-8 and what
 * else breaks the protocol closes with the code that the protocol has for it.
 * A silent peer is pinged after half of idle_ms, and dropped after all of it.
 *
 * Source   RFC 6455.
 * Limits   struct text_link_options.
 * Threads  the loop's.
 */
#include <stdbool.h>

#include "net/http_server.h"
#include "net/text_link.h"

#define WEBSOCKET_ACCEPT_CHARS 28

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key; false: that is not 16 bytes in
 * base64. */
bool websocket_accept(char out[WEBSOCKET_ACCEPT_CHARS + 1], const char *key);

/* Whether an HTTP request asks for a WebSocket. */
bool websocket_is_asked_for(const struct http_request *request);

/* Answers it: with a switch, after which `taken` gets the socket, or with what
 * is wrong with it. */
void websocket_accept_request(struct http_request *request, http_taken *taken,
                              void *context);

MUST_USE text_link_open websocket_open;
