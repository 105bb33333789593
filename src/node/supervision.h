#pragma once
/* Tells a service manager how the node is doing: ready, its head now and then
 * (which is also the sign of life that a watchdog waits for), and its end.
 *
 * Threads  the loop's.
 */
#include "chain/chain.h"
#include "io/loop.h"

#define SUPERVISION_STATUS_MS 10000

struct supervision;

/* The node serves from now on. */
struct supervision *supervision_open(struct loop *loop,
                                     const struct chain *chain);
/* It does not any more. NULL is fine. */
void supervision_close(struct supervision *supervision);
