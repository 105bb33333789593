#include "io/endpoint.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

size_t endpoint_ip_len(const struct endpoint *endpoint)
{
    return endpoint->is_ip6 ? 16 : 4;
}

bool endpoint_is_any(const struct endpoint *endpoint)
{
    static const uint8_t any[16];
    return memcmp(endpoint->ip, any, endpoint_ip_len(endpoint)) == 0;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
    static const uint8_t one[16] = {[15] = 1};
    return endpoint->is_ip6 ? memcmp(endpoint->ip, one, sizeof one) == 0
                            : endpoint->ip[0] == 127;
}

const char *endpoint_text(char out[ENDPOINT_TEXT_BYTES],
                          const struct endpoint *endpoint)
{
    char ip[INET6_ADDRSTRLEN] = "";
    inet_ntop(endpoint->is_ip6 ? AF_INET6 : AF_INET, endpoint->ip, ip,
              sizeof ip);
    snprintf(out, ENDPOINT_TEXT_BYTES, endpoint->is_ip6 ? "[%s]:%u" : "%s:%u",
             ip, endpoint->port);
    return out;
}

unsigned endpoint_to_socket(struct sockaddr_storage *out,
                            const struct endpoint *endpoint)
{
    memset(out, 0, sizeof *out);
    if (endpoint->is_ip6) {
        struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                                  .sin6_port = htons(endpoint->port)};
        memcpy(&at.sin6_addr, endpoint->ip, 16);
        memcpy(out, &at, sizeof at);
        return sizeof at;
    }
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(endpoint->port)};
    memcpy(&at.sin_addr, endpoint->ip, 4);
    memcpy(out, &at, sizeof at);
    return sizeof at;
}

static void from_ip6(struct endpoint *out, const struct sockaddr_in6 *at)
{
    bool mapped = IN6_IS_ADDR_V4MAPPED(&at->sin6_addr);
    *out = (struct endpoint){.is_ip6 = !mapped, .port = ntohs(at->sin6_port)};
    memcpy(out->ip, at->sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
}

bool endpoint_from_socket(struct endpoint *out,
                          const struct sockaddr_storage *from)
{
    if (from->ss_family == AF_INET6) {
        struct sockaddr_in6 at;
        memcpy(&at, from, sizeof at);
        from_ip6(out, &at);
        return true;
    }
    if (from->ss_family != AF_INET)
        return false;
    struct sockaddr_in at;
    memcpy(&at, from, sizeof at);
    *out = (struct endpoint){.port = ntohs(at.sin_port)};
    memcpy(out->ip, &at.sin_addr, 4);
    return true;
}

/* fe80::/10 means nothing without the interface. */
static bool is_link_local(const struct endpoint *endpoint)
{
    return endpoint->is_ip6 && endpoint->ip[0] == 0xfe &&
           (endpoint->ip[1] & 0xc0) == 0x80;
}

static bool read_interface(struct endpoint *out, const struct ifaddrs *one)
{
    struct sockaddr_storage at = {0};
    if (!one->ifa_addr || !(one->ifa_flags & IFF_UP))
        return false;
    if (one->ifa_addr->sa_family == AF_INET)
        memcpy(&at, one->ifa_addr, sizeof(struct sockaddr_in));
    else if (one->ifa_addr->sa_family == AF_INET6)
        memcpy(&at, one->ifa_addr, sizeof(struct sockaddr_in6));
    return endpoint_from_socket(out, &at) && !is_link_local(out);
}

/* Connecting a datagram socket chooses a route, and with it an address. */
bool endpoint_outward(struct endpoint *out, bool is_ip6)
{
    /* Of documentation: RFC 5737, RFC 3849. */
    static const struct endpoint far[] = {
        {.ip = {192, 0, 2, 1}, .port = 9},
        {.is_ip6 = true, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .port = 9},
    };
    struct sockaddr_storage to, name = {0};
    socklen_t to_len = endpoint_to_socket(&to, &far[is_ip6]);
    socklen_t name_len = sizeof name;
    int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 &&
              connect(fd, (const struct sockaddr *)&to, to_len) == 0 &&
              getsockname(fd, (struct sockaddr *)&name, &name_len) == 0 &&
              endpoint_from_socket(out, &name);
    if (fd >= 0)
        close(fd);
    out->port = 0;
    return ok;
}

size_t endpoint_interfaces(struct endpoint *out, size_t max, bool is_ip6)
{
    struct ifaddrs *all = NULL;
    size_t count = 0;
    if (getifaddrs(&all) != 0)
        return max && endpoint_outward(out, is_ip6) ? 1 : 0;
    for (const struct ifaddrs *one = all; one && count < max;
         one = one->ifa_next) {
        struct endpoint found;
        if (read_interface(&found, one) && found.is_ip6 == is_ip6) {
            found.port = 0;
            out[count++] = found;
        }
    }
    freeifaddrs(all);
    return count;
}
