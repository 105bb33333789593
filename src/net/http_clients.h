#pragma once
/* The connections of an HTTP server, in the order in which they give way.
 *
 * Each is given idle_ms to send one whole request, and as long to take its
 * answer: whoever trickles bytes (slow-loris) does not stay. Where more connect
 * than there is room for, one is cut, so that silent ones keep nobody out: the
 * one that has waited longest, of those first that had no answer yet.
 *
 * Threads  the loop's.
 */
#include <stdint.h>

#include "io/loop.h"

struct http_clients;
struct http_client;

struct http_clients *http_clients_open(struct loop *loop, unsigned count_max,
                                       uint64_t idle_ms);
/* After all clients have left. */
void http_clients_close(struct http_clients *clients); /* NULL is fine */

/* A connection is there. */
struct http_client *http_client_join(struct http_clients *clients, int fd);
void http_client_leave(struct http_client *client); /* NULL is fine */

/* From now on the next thing is the client's to do, and its time runs. */
void http_client_waits(struct http_client *client);

/* From now on it is the server's: the client stays as long as that takes. */
void http_client_is_served(struct http_client *client);
