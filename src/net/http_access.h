#pragma once
/* Which Host and Origin headers a server on this machine may believe.
 *
 * Source  RFC 9110 7.2 (Host), RFC 6454 (origins).
 * Trust   all text here comes from outside.
 */
#include <stdbool.h>
#include <stddef.h>

struct http_names {
    const char *const *at; /* "*" is any */
    size_t count;
};

/* Host's value, with or without a port: a loopback name, a numeric address (it
 * needs no DNS, so nobody can rebind it), or one of `allowed`. */
bool http_host_allowed(const char *host, struct http_names allowed);

/* Origin's value: http or https on a loopback name or address, or one of
 * `allowed`, whole. */
bool http_origin_allowed(const char *origin, struct http_names allowed);
