#pragma once
/* The addresses of a name, by the system's resolver, without holding up the
 * loop.
 *
 * The resolver blocks for as long as it likes and cannot be stopped. So each
 * name is looked up on a thread of its own, which lookup_close() leaves to
 * itself: what it finds then is dropped, and the end of the program does not
 * wait for it.
 *
 * Limits   LOOKUPS_MAX threads; LOOKUP_ENDPOINTS_MAX addresses of a name.
 * Threads  the loop's.
 * Errors   LOFT_ERR_LIMIT: that many names are being looked up already;
 *          LOFT_ERR_IO: no thread is to be had.
 */
#include "base/err.h"
#include "io/endpoint.h"
#include "io/loop.h"

#define LOOKUPS_MAX 32
#define LOOKUP_ENDPOINTS_MAX 8
#define LOOKUP_NAME_BYTES_MAX 253

struct lookup;

enum lookup_kind { LOOKUP_ANY, LOOKUP_IP4, LOOKUP_IP6 };

/* count 0: none was found, and why is a sentence. Good until it returns. */
typedef void lookup_done(void *context, const struct endpoint *at, size_t count,
                         const char *why);

/* name is copied, of at most LOOKUP_NAME_BYTES_MAX. done() is called once,
 * later, but not after lookup_close(). */
MUST_USE loft_err lookup_open(struct lookup **out, struct loop *loop,
                              const char *name, enum lookup_kind kind,
                              uint16_t port, lookup_done *done, void *context);
/* May be called inside done(). */
void lookup_close(struct lookup *lookup); /* NULL is fine */
