#include "io/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static loft_err resolve(struct addrinfo **out, const char *host, uint16_t port)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    int code = getaddrinfo(host, service, &hints, out);
    if (code)
        return err_say(LOFT_ERR_IO, "address %s: %s", host, gai_strerror(code));
    return LOFT_OK;
}

static bool bind_and_listen(int fd, const struct addrinfo *at)
{
    int on = 1;
    /* Delay is worse than small packets: requests are answered one by one. */
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
           listen(fd, LISTENER_BACKLOG) == 0;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    uint16_t port = 0;
    if (getsockname(fd, (struct sockaddr *)&name, &len) != 0)
        return 0;
    if (name.ss_family == AF_INET6)
        memcpy(&port, (char *)&name + offsetof(struct sockaddr_in6, sin6_port),
               sizeof port);
    else
        memcpy(&port, (char *)&name + offsetof(struct sockaddr_in, sin_port),
               sizeof port);
    return ntohs(port);
}

loft_err listener_open(int *fd_out, uint16_t *port_out, const char *host,
                       uint16_t port)
{
    struct addrinfo *at = NULL;
    TRY(resolve(&at, host, port));
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    at->ai_protocol);
    bool ok = fd >= 0 && bind_and_listen(fd, at);
    int why = errno;
    freeaddrinfo(at);
    if (!ok) {
        if (fd >= 0)
            close(fd);
        return err_say(why == EADDRINUSE ? LOFT_ERR_BUSY : LOFT_ERR_IO,
                       "listening on %s port %u: %s", host, port,
                       strerror(why));
    }
    *fd_out = fd;
    *port_out = bound_port(fd);
    return LOFT_OK;
}

static bool fill_path(struct sockaddr_un *at, const char *path)
{
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at->sun_path)
        return false;
    strcpy(at->sun_path, path);
    return true;
}

/* A socket whose process is gone still lies there. */
static bool is_left_over(const struct sockaddr_un *at)
{
    struct stat kind;
    if (lstat(at->sun_path, &kind) != 0 || !S_ISSOCK(kind.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 &&
                   connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

static bool bind_path(int fd, const struct sockaddr_un *at)
{
    const struct sockaddr *name = (const struct sockaddr *)at;
    /* The mode is there before anybody can connect. */
    if (fchmod(fd, 0600) != 0)
        return false;
    if (bind(fd, name, sizeof *at) == 0)
        return true;
    return errno == EADDRINUSE && is_left_over(at) &&
           unlink(at->sun_path) == 0 && bind(fd, name, sizeof *at) == 0;
}

loft_err listener_open_path(int *fd_out, const char *path)
{
    struct sockaddr_un at;
    if (!fill_path(&at, path))
        return err_say(LOFT_ERR_USAGE, "a socket's path of more than %zu bytes",
                       sizeof at.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !bind_path(fd, &at) || chmod(path, 0600) != 0 ||
        listen(fd, LISTENER_BACKLOG) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return err_say(why == EADDRINUSE ? LOFT_ERR_BUSY : LOFT_ERR_IO,
                       "listening at %s: %s", path, strerror(why));
    }
    *fd_out = fd;
    return LOFT_OK;
}

int listener_accept(int fd)
{
    return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* A connection that ended while it waited is not the listener's fault. */
static enum listener_status accept_status(int code)
{
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
               ? LISTENER_EXHAUSTED
               : LISTENER_EMPTY;
}

enum listener_status listener_accept_from(int listener, int *fd,
                                          struct endpoint *from)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    do
        *fd = accept4(listener, (struct sockaddr *)&at, &len,
                      SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (*fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (*fd < 0)
        return accept_status(errno);
    if (endpoint_from_socket(from, &at))
        return LISTENER_ACCEPTED;
    close(*fd);
    return LISTENER_EMPTY;
}

static bool listen_at(int fd, const struct endpoint *at)
{
    struct sockaddr_storage name;
    int on = 1;
    struct addrinfo one = {.ai_addr = (struct sockaddr *)&name,
                           .ai_addrlen = endpoint_to_socket(&name, at)};
    return (!at->is_ip6 ||
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
           bind_and_listen(fd, &one);
}

loft_err listener_open_at(int *fd_out, struct endpoint *bound,
                          const struct endpoint *at)
{
    char text[ENDPOINT_TEXT_BYTES];
    int fd = socket(at->is_ip6 ? AF_INET6 : AF_INET,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !listen_at(fd, at)) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return err_say(why == EADDRINUSE ? LOFT_ERR_BUSY : LOFT_ERR_IO,
                       "listening on %s: %s", endpoint_text(text, at),
                       strerror(why));
    }
    *fd_out = fd;
    *bound = *at;
    bound->port = bound_port(fd);
    return LOFT_OK;
}

void listener_cut(int fd)
{
    shutdown(fd, SHUT_RDWR);
}
