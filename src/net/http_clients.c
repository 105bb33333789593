#include "net/http_clients.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/attributes.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/listener.h"

struct http_client {
    struct http_clients *all;
    int fd;
    uint64_t since_ns;                   /* that it waits */
    bool is_known;                       /* it has had an answer */
    struct http_client *next, *previous; /* NULL: it is served, or cut */
};

struct http_clients {
    struct loop_timer *timer;
    bool timer_runs;
    unsigned count, count_max;
    uint64_t idle_ms;
    /* Rings with these as their ends, oldest first. */
    struct http_client strangers, known;
};

/* What is silent altogether is closed by the server without a word; here are
 * those that are left a little later. */
#define GRACE_MS 500

static void unlink_client(struct http_client *client)
{
    if (!client->next)
        return;
    client->next->previous = client->previous;
    client->previous->next = client->next;
    client->next = client->previous = NULL;
}

static void cut(struct http_client *client)
{
    unlink_client(client);
    listener_cut(client->fd);
}

static uint64_t deadline_ns(const struct http_client *client)
{
    return client->since_ns + (client->all->idle_ms + GRACE_MS) * 1000000;
}

static uint64_t next_deadline_ns(const struct http_clients *clients)
{
    const struct http_client *ends[] = {&clients->strangers, &clients->known};
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (ends[i]->next != ends[i] && deadline_ns(ends[i]->next) < next)
            next = deadline_ns(ends[i]->next);
    return next;
}

static void start_timer(struct http_clients *clients)
{
    uint64_t at = next_deadline_ns(clients), now = clock_monotonic_ns();
    if (clients->timer_runs || at == UINT64_MAX)
        return;
    clients->timer_runs = true;
    loop_timer_start(clients->timer, at > now ? (at - now) / 1000000 + 1 : 1);
}

static void cut_ring(struct http_clients *clients, struct http_client *end)
{
    uint64_t now = clock_monotonic_ns();
    while (end->next != end && deadline_ns(end->next) <= now) {
        log_warn("connection_cut",
                 "limit=idle-seconds-max ms=%" PRIu64
                 " why=no whole request, or an answer not taken",
                 clients->idle_ms);
        cut(end->next);
    }
}

static void cut_late_ones(void *context)
{
    struct http_clients *clients = context;
    clients->timer_runs = false;
    cut_ring(clients, &clients->strangers);
    cut_ring(clients, &clients->known);
    start_timer(clients);
}

/* Strangers go first: who has had answers before is rather an honest one. */
static void make_room(struct http_clients *clients,
                      const struct http_client *newest)
{
    struct http_client *oldest = clients->strangers.next;
    if (oldest == newest && clients->known.next != &clients->known)
        oldest = clients->known.next;
    log_warn("connection_cut", "limit=connections-max count=%u",
             clients->count_max);
    cut(oldest);
}

struct http_clients *http_clients_open(struct loop *loop, unsigned count_max,
                                       uint64_t idle_ms)
{
    struct http_clients *clients = MEMORY_NEW(struct http_clients);
    clients->timer = loop_timer_open(loop, cut_late_ones, clients);
    clients->count_max = count_max;
    clients->idle_ms = idle_ms;
    clients->strangers.next = clients->strangers.previous = &clients->strangers;
    clients->known.next = clients->known.previous = &clients->known;
    return clients;
}

void http_clients_close(struct http_clients *clients)
{
    if (!clients)
        return;
    ASSERT(clients->count == 0);
    loop_timer_close(clients->timer);
    free(clients);
}

void http_client_waits(struct http_client *client)
{
    struct http_clients *all = client->all;
    struct http_client *end = client->is_known ? &all->known : &all->strangers;
    unlink_client(client);
    client->since_ns = clock_monotonic_ns();
    client->next = end;
    client->previous = end->previous;
    end->previous->next = client;
    end->previous = client;
    start_timer(all);
}

void http_client_is_served(struct http_client *client)
{
    client->is_known = true;
    unlink_client(client);
}

struct http_client *http_client_join(struct http_clients *clients, int fd)
{
    struct http_client *client = MEMORY_NEW(struct http_client);
    client->all = clients;
    client->fd = fd;
    http_client_waits(client);
    if (++clients->count > clients->count_max)
        make_room(clients, client);
    return client;
}

void http_client_leave(struct http_client *client)
{
    if (!client)
        return;
    unlink_client(client);
    client->all->count--;
    free(client);
}
