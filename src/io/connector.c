#include "io/connector.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"

struct attempt {
    struct connector *connector;
    struct endpoint to;
    struct loop_watch *watch; /* NULL: it has failed */
    int fd;
};

struct connector {
    struct loop *loop;
    struct loop_timer *timer; /* the next attempt, or the end */
    uint64_t deadline_ns;
    size_t count, started, running;
    char why[160]; /* the last failure */
    connector_done *done;
    void *context;
    struct attempt attempts[CONNECTOR_ENDPOINTS_MAX];
};

static void stop_attempt(struct attempt *attempt, bool keep_fd)
{
    if (!attempt->watch)
        return;
    loop_watch_close(attempt->watch);
    attempt->watch = NULL;
    attempt->connector->running--;
    if (!keep_fd)
        close(attempt->fd);
}

static void stop_all(struct connector *connector)
{
    for (size_t i = 0; i < connector->started; i++)
        stop_attempt(&connector->attempts[i], false);
    loop_timer_stop(connector->timer);
}

static void say_why(struct connector *connector, const struct endpoint *to,
                    const char *why)
{
    char text[ENDPOINT_TEXT_BYTES];
    snprintf(connector->why, sizeof connector->why, "%s: %s",
             endpoint_text(text, to), why);
}

static void go_on(struct connector *connector);

static void on_writable(void *context)
{
    struct attempt *attempt = context;
    struct connector *connector = attempt->connector;
    int code = 0;
    socklen_t len = sizeof code;
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
        code = errno;
    if (code) {
        say_why(connector, &attempt->to, strerror(code));
        stop_attempt(attempt, false);
        go_on(connector);
        return;
    }
    int fd = attempt->fd;
    struct endpoint to = attempt->to;
    stop_attempt(attempt, true);
    stop_all(connector);
    connector->done(connector->context, fd, &to, NULL);
}

static bool begin_connect(int fd, const struct endpoint *to)
{
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_socket(&name, to);
    int on = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           (connect(fd, (const struct sockaddr *)&name, len) == 0 ||
            errno == EINPROGRESS);
}

/* The answer comes by the loop, also where it is there at once. */
static void start_attempt(struct connector *connector)
{
    struct attempt *attempt = &connector->attempts[connector->started++];
    int fd = socket(attempt->to.is_ip6 ? AF_INET6 : AF_INET,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !begin_connect(fd, &attempt->to) ||
        loop_watch_open(&attempt->watch, connector->loop, fd, on_writable,
                        attempt) != LOFT_OK) {
        say_why(connector, &attempt->to, strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    attempt->fd = fd;
    connector->running++;
    loop_watch_for(attempt->watch, false, true);
}

static uint64_t left_ms(const struct connector *connector)
{
    uint64_t now = clock_monotonic_ns();
    return connector->deadline_ns > now
               ? (connector->deadline_ns - now) / 1000000u + 1
               : 0;
}

/* Starts what is due, or tells that all is over. */
static void go_on(struct connector *connector)
{
    uint64_t left = left_ms(connector);
    bool more = connector->started < connector->count;
    if (left && more) {
        start_attempt(connector);
        more = connector->started < connector->count;
        if (!connector->running)
            loop_timer_start(connector->timer, 0);
        else
            loop_timer_start(connector->timer,
                             more && left > CONNECTOR_STAGGER_MS
                                 ? CONNECTOR_STAGGER_MS
                                 : left);
        return;
    }
    if (left && connector->running) {
        loop_timer_start(connector->timer, left);
        return;
    }
    if (connector->running)
        say_why(connector, &connector->attempts[0].to, "no answer");
    stop_all(connector);
    connector->done(connector->context, -1, &connector->attempts[0].to,
                    connector->why);
}

static void on_timer(void *context)
{
    go_on(context);
}

struct connector *connector_open(struct loop *loop, const struct endpoint *to,
                                 size_t count, uint64_t timeout_ms,
                                 connector_done *done, void *context)
{
    struct connector *connector = MEMORY_NEW(struct connector);
    ASSERT(count > 0);
    connector->loop = loop;
    connector->count = count < CONNECTOR_ENDPOINTS_MAX
                           ? count
                           : CONNECTOR_ENDPOINTS_MAX;
    for (size_t i = 0; i < connector->count; i++)
        connector->attempts[i] = (struct attempt){.connector = connector,
                                                  .to = to[i]};
    connector->done = done;
    connector->context = context;
    connector->deadline_ns = clock_monotonic_ns() + timeout_ms * 1000000u;
    connector->timer = loop_timer_open(loop, on_timer, connector);
    start_attempt(connector);
    bool waits = connector->running > 0;
    uint64_t next = connector->count > 1 && timeout_ms > CONNECTOR_STAGGER_MS
                        ? CONNECTOR_STAGGER_MS
                        : timeout_ms;
    loop_timer_start(connector->timer, waits ? next : 0);
    return connector;
}

void connector_close(struct connector *connector)
{
    if (!connector)
        return;
    stop_all(connector);
    loop_timer_close(connector->timer);
    free(connector);
}
