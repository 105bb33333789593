#include "io/name_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/memory.h"

#define THREAD_STACK_BYTES ((size_t)256 << 10)

/* Two hold it, the loop and the thread; the last one frees it. */
struct lookup {
    pthread_mutex_t lock;   /* guards the two that follow */
    struct loop_wake *wake; /* NULL: nobody waits any more */
    unsigned holders;
    char name[LOOKUP_NAME_BYTES_MAX + 1];
    enum lookup_kind kind;
    uint16_t port;
    lookup_done *done;
    void *context;
    /* The thread's, until it has sent the wake. */
    struct endpoint found[LOOKUP_ENDPOINTS_MAX];
    size_t count;
    char why[LOOKUP_NAME_BYTES_MAX + 80];
};

static atomic_uint running;

static void let_go(struct lookup *lookup)
{
    pthread_mutex_lock(&lookup->lock);
    bool last = --lookup->holders == 0;
    pthread_mutex_unlock(&lookup->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void take_results(struct lookup *lookup, const struct addrinfo *all)
{
    for (; all && lookup->count < LOOKUP_ENDPOINTS_MAX; all = all->ai_next) {
        struct sockaddr_storage at = {0};
        struct endpoint *out = &lookup->found[lookup->count];
        if (all->ai_addrlen > sizeof at)
            continue;
        memcpy(&at, all->ai_addr, all->ai_addrlen);
        if (!endpoint_from_socket(out, &at))
            continue;
        out->port = lookup->port;
        lookup->count++;
    }
}

static void ask(struct lookup *lookup)
{
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    struct addrinfo *all = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_family = families[lookup->kind]};
    int code = getaddrinfo(lookup->name, NULL, &hints, &all);
    if (code == 0)
        take_results(lookup, all);
    if (lookup->count == 0)
        snprintf(lookup->why, sizeof lookup->why, "name %s: %s", lookup->name,
                 code ? gai_strerror(code) : "no address");
    if (code == 0)
        freeaddrinfo(all);
}

static void *run(void *argument)
{
    struct lookup *lookup = argument;
    ask(lookup);
    atomic_fetch_sub(&running, 1);
    pthread_mutex_lock(&lookup->lock);
    if (lookup->wake)
        loop_wake_send(lookup->wake);
    pthread_mutex_unlock(&lookup->lock);
    let_go(lookup);
    return NULL;
}

static void on_wake(void *context)
{
    struct lookup *lookup = context;
    lookup->done(lookup->context, lookup->found, lookup->count, lookup->why);
}

static bool start_thread(struct lookup *lookup)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    lookup->holders++;
    bool ok = pthread_create(&thread, &attributes, run, lookup) == 0;
    pthread_attr_destroy(&attributes);
    return ok;
}

static struct lookup *lookup_new(const char *name, enum lookup_kind kind,
                                 uint16_t port)
{
    struct lookup *lookup = MEMORY_NEW(struct lookup);
    ASSERT(strlen(name) <= LOOKUP_NAME_BYTES_MAX);
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->holders = 1;
    strcpy(lookup->name, name);
    lookup->kind = kind;
    lookup->port = port;
    return lookup;
}

loft_err lookup_open(struct lookup **out, struct loop *loop, const char *name,
                     enum lookup_kind kind, uint16_t port, lookup_done *done,
                     void *context)
{
    if (atomic_fetch_add(&running, 1) >= LOOKUPS_MAX) {
        atomic_fetch_sub(&running, 1);
        return err_say(LOFT_ERR_LIMIT, "more than %d names are looked up",
                       LOOKUPS_MAX);
    }
    struct lookup *lookup = lookup_new(name, kind, port);
    lookup->done = done;
    lookup->context = context;
    loft_err code = loop_wake_open(&lookup->wake, loop, on_wake, lookup);
    if (code == LOFT_OK && !start_thread(lookup)) {
        lookup->holders--;
        code = err_say(LOFT_ERR_IO, "name %s: no thread to look it up", name);
    }
    if (code != LOFT_OK) {
        atomic_fetch_sub(&running, 1);
        lookup_close(lookup);
        return code;
    }
    *out = lookup;
    return LOFT_OK;
}

void lookup_close(struct lookup *lookup)
{
    if (!lookup)
        return;
    pthread_mutex_lock(&lookup->lock);
    struct loop_wake *wake = lookup->wake;
    lookup->wake = NULL;
    pthread_mutex_unlock(&lookup->lock);
    loop_wake_close(wake);
    let_go(lookup);
}
