#pragma once
/* A TCP connection in the making: to the first of some endpoints that answers.
 *
 * They are tried in order, the next one CONNECTOR_STAGGER_MS after the one
 * before or as soon as that has failed, so that an address that swallows
 * packets costs little (as RFC 8305 advises).
 *
 * Threads  the loop's.
 */
#include "io/endpoint.h"
#include "io/loop.h"

#define CONNECTOR_ENDPOINTS_MAX 8
#define CONNECTOR_STAGGER_MS 250

struct connector;

/* fd is the receiver's, connected and non-blocking, with small packets sent at
 * once; -1: there is none, and why is a sentence, good until it returns. */
typedef void connector_done(void *context, int fd, const struct endpoint *at,
                            const char *why);

/* done() is called once, later, but not after connector_close(). At least one
 * endpoint; those beyond CONNECTOR_ENDPOINTS_MAX are not tried. */
struct connector *connector_open(struct loop *loop, const struct endpoint *to,
                                 size_t count, uint64_t timeout_ms,
                                 connector_done *done, void *context);
/* May be called inside done(). */
void connector_close(struct connector *connector); /* NULL is fine */
