#pragma once
/* A socket that carries a stream of JSON values both ways, as the Unix sockets
 * of Ethereum nodes do: nothing needs to separate what comes, a newline ends
 * what is sent.
 *
 * Limits   struct json_socket_options.
 * Threads  the loop's.
 */
#include "base/err.h"
#include "io/loop.h"
#include "io/stream.h"
#include "net/text_link.h"

struct json_socket_options {
    struct loop *loop;
    int fd; /* the socket's, also where json_socket_open() fails */
    size_t message_bytes_max;
    size_t queue_bytes_max; /* io/stream.h */
    struct stream_budget *budget;
};

/* The caller then sets the link's functions. */
MUST_USE loft_err json_socket_open(struct text_link **out,
                                   const struct json_socket_options *options);
