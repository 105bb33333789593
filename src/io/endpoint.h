#pragma once
/* Where a TCP connection begins or ends: an IP address and a port.
 *
 * Units   the port in this machine's byte order.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint {
    bool is_ip6;
    uint8_t ip[16]; /* 4 of them used, or all */
    uint16_t port;
};

#define ENDPOINT_TEXT_BYTES 64

size_t endpoint_ip_len(const struct endpoint *endpoint);
bool endpoint_is_any(const struct endpoint *endpoint); /* 0.0.0.0 or :: */
bool endpoint_is_loopback(const struct endpoint *endpoint);

/* "192.0.2.1:80" or "[2001:db8::1]:80". */
const char *endpoint_text(char out[ENDPOINT_TEXT_BYTES],
                          const struct endpoint *endpoint);

/* The addresses of this machine's interfaces that are up, of one kind, without
 * those that need an interface's name beside them; at most max of them, port
 * 0. Where the system does not tell, as in a service's sandbox: the one that
 * others see. */
size_t endpoint_interfaces(struct endpoint *out, size_t max, bool is_ip6);

/* The address that others outside would see this machine by; no packet leaves
 * for it. False: there is no way out. */
bool endpoint_outward(struct endpoint *out, bool is_ip6);

/* For io's own files. A mapped IPv4 address (::ffff:192.0.2.1) becomes an
 * IPv4 one. */
struct sockaddr_storage;
unsigned endpoint_to_socket(struct sockaddr_storage *out,
                            const struct endpoint *endpoint);
bool endpoint_from_socket(struct endpoint *out,
                          const struct sockaddr_storage *from);
