#pragma once
/* Listening sockets.
 *
 * Errors  LOFT_ERR_BUSY: the port is taken; LOFT_ERR_IO: the address is not
 *         this machine's, no descriptors are left, …
 */
#include <stdint.h>

#include "base/err.h"
#include "io/endpoint.h"

#define LISTENER_BACKLOG 1024

/* Listens at a path that only this user can reach (mode 0600). A socket that
 * is there already but answers no more is taken over. LOFT_ERR_BUSY: one that
 * answers, or something else, is there. */
MUST_USE loft_err listener_open_path(int *fd, const char *path);

/* The next connection that waits, non-blocking, or -1. */
int listener_accept(int fd);

enum listener_status {
    LISTENER_ACCEPTED,
    LISTENER_EMPTY,     /* nobody waits */
    LISTENER_EXHAUSTED, /* the system has no descriptor or memory for it: it
                         * goes on waiting */
};

/* The same with where it comes from. */
enum listener_status listener_accept_from(int listener, int *fd,
                                          struct endpoint *from);

/* Ends a connection both ways; its owner learns of it when it reads. */
void listener_cut(int fd);

/* Listens on a numeric address or a name, without blocking; port 0 takes a
 * free one. *port_out says which it became. The descriptor is the caller's to
 * close. */
MUST_USE loft_err listener_open(int *fd, uint16_t *port_out, const char *host,
                                uint16_t port);

/* The same at an endpoint; :: does not take IPv4 as well. *bound is `at` with
 * the port that it became. */
MUST_USE loft_err listener_open_at(int *fd, struct endpoint *bound,
                                   const struct endpoint *at);
