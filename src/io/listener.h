#pragma once
/* Listening TCP sockets.
 *
 * Errors  LOFT_ERR_BUSY: the port is taken; LOFT_ERR_IO: the address is not
 *         this machine's, no descriptors are left, …
 */
#include <stdint.h>

#include "base/err.h"

#define LISTENER_BACKLOG 1024

/* Listens on a numeric address or a name, without blocking; port 0 takes a
 * free one. *port_out says which it became. The descriptor is the caller's to
 * close. */
MUST_USE loft_err listener_open(int *fd, uint16_t *port_out, const char *host,
                                uint16_t port);
