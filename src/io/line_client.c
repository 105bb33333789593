#include "io/line_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/loop.h"

#define READ_BYTES (64u << 10)

struct line_client {
    int fd;
    char *path;
    uint32_t timeout_ms;
    size_t reply_bytes_max;
    uint64_t deadline_ns; /* of the exchange under way */
};

static loft_err broken(const struct line_client *client, const char *why)
{
    return err_say(LOFT_ERR_IO, "%.200s: %s", client->path, why);
}

/* Until the socket can be read, or written to. */
static loft_err wait_for(const struct line_client *client, short what)
{
    struct pollfd one = {.fd = client->fd, .events = what};
    uint64_t now = clock_monotonic_ns();
    uint64_t left_ms = client->deadline_ns > now
                           ? (client->deadline_ns - now) / 1000000 + 1
                           : 0;
    int ready = left_ms ? poll(&one, 1, (int)left_ms) : 0;
    if (ready > 0 || (ready < 0 && errno == EINTR))
        return LOFT_OK;
    if (ready < 0)
        return broken(client, strerror(errno));
    return err_say(LOFT_ERR_TIMEOUT, "%.200s: no answer after %u ms",
                   client->path, client->timeout_ms);
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static loft_err send_all(const struct line_client *client, bytes data)
{
    while (data.len) {
        ssize_t sent = send(client->fd, data.at, data.len, MSG_NOSIGNAL);
        if (sent < 0 && !would_block())
            return broken(client, strerror(errno));
        if (sent > 0)
            data = bytes_of(data.at + sent, data.len - (size_t)sent);
        else
            TRY(wait_for(client, POLLOUT));
    }
    return LOFT_OK;
}

/* Reads until a newline is there; what follows it is not ours to keep: nobody
 * asked for it. */
static loft_err receive_line(const struct line_client *client,
                             struct buffer *reply)
{
    size_t start = reply->len;
    for (;;) {
        VEC_RESERVE(reply, READ_BYTES);
        uint8_t *at = reply->at + reply->len;
        ssize_t got = recv(client->fd, at, READ_BYTES, 0);
        if (got == 0)
            return broken(client, "the node closed the connection");
        if (got < 0 && !would_block())
            return broken(client, strerror(errno));
        if (got < 0) {
            TRY(wait_for(client, POLLIN));
            continue;
        }
        const uint8_t *end = memchr(at, '\n', (size_t)got);
        reply->len += end ? (size_t)(end - at) : (size_t)got;
        if (reply->len - start > client->reply_bytes_max)
            return err_say(LOFT_ERR_LIMIT,
                           "%.200s: the reply is over %zu bytes", client->path,
                           client->reply_bytes_max);
        if (end)
            return LOFT_OK;
    }
}

loft_err line_client_exchange(struct line_client *client, struct buffer *reply,
                              bytes request)
{
    client->deadline_ns = clock_monotonic_ns() +
                          (uint64_t)client->timeout_ms * 1000000;
    TRY(send_all(client, request));
    TRY(send_all(client, bytes_str("\n")));
    return receive_line(client, reply);
}

loft_err line_client_open(struct line_client **out, const char *path,
                          uint32_t timeout_ms, size_t reply_bytes_max)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    if (!*path || strlen(path) >= sizeof where.sun_path)
        return err_say(LOFT_ERR_USAGE, "\"%.200s\": no path of a socket", path);
    strcpy(where.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&where, sizeof where) != 0) {
        loft_err code = err_say(LOFT_ERR_IO, "%.200s: %s", path,
                                strerror(errno));
        if (fd >= 0)
            close(fd);
        return code;
    }
    *out = MEMORY_NEW(struct line_client);
    **out = (struct line_client){.fd = fd,
                                 .path = memory_string(path),
                                 .timeout_ms = timeout_ms,
                                 .reply_bytes_max = reply_bytes_max};
    return LOFT_OK;
}

void line_client_close(struct line_client *client)
{
    if (!client)
        return;
    close(client->fd);
    free(client->path);
    free(client);
}
