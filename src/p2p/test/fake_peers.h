#pragma once
/* Hosts in one process whose streams are queues, for tests of protocols:
 * bytes move in pieces of a size that the test sets, when it pumps. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/peer_host.h"

#define FAKE_HOSTS_MAX 8
#define FAKE_PROTOCOLS_MAX 8
#define FAKE_WATCHERS_MAX 4

struct peer_stream {
    struct peer_host *host;
    struct peer_stream *other, *next; /* other NULL: not yet accepted */
    struct peer_id peer;
    const char *const *names;
    size_t name_count;
    const struct peer_stream_calls *calls;
    void *context;
    const char *protocol;
    struct buffer queue;
    size_t queue_max;
    uint64_t deadline_ms; /* 0: none */
    bool is_ours, is_paused, was_refused;
    bool is_finished, has_told_finish, has_heard_finish;
    bool is_over; /* `end` is to be told */
    enum peer_stream_end end;
};

struct fake_handler {
    const struct peer_protocol *protocol;
    void *context;
};

struct peer_host {
    struct peer_private_key key;
    struct peer_id id;
    struct fake_handler handlers[FAKE_PROTOCOLS_MAX];
    size_t handler_count;
    struct {
        const struct peer_watcher *watcher;
        void *context;
    } watchers[FAKE_WATCHERS_MAX];
    struct transport transport;
    bool is_away;   /* connected to nobody */
    bool is_apart;  /* not yet connected: peer_host_connect() does it */
    unsigned asked; /* how often peer_host_connect() was called */
    unsigned blame;
};

struct transport_timer {
    void (*call)(void *context);
    void *context;
    uint64_t due_ms; /* 0: not started */
    struct transport_timer *next;
};

static struct {
    struct peer_host hosts[FAKE_HOSTS_MAX];
    size_t host_count;
    struct peer_stream *streams;
    struct transport_timer *timers;
    size_t piece; /* most bytes of one got() */
    uint64_t now_ms;
} fake;

const struct peer_id *peer_host_id(const struct peer_host *host)
{
    return &host->id;
}

const struct peer_private_key *peer_host_key(const struct peer_host *host)
{
    return &host->key;
}

static uint64_t fake_now(void *context)
{
    (void)context;
    return fake.now_ms;
}

static struct transport_timer *
fake_timer(void *context, void (*call)(void *context), void *call_context)
{
    struct transport_timer *timer = MEMORY_NEW(struct transport_timer);
    (void)context;
    *timer = (struct transport_timer){call, call_context, 0, fake.timers};
    return fake.timers = timer;
}

static void fake_timer_start(struct transport_timer *timer, uint64_t delay_ms)
{
    timer->due_ms = fake.now_ms + delay_ms;
}

static void fake_timer_close(struct transport_timer *timer)
{
    struct transport_timer **at = &fake.timers;
    if (!timer)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    free(timer);
}

/* The same each time, which is what tests want. */
static void fake_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(i * 7 + fake.now_ms);
}

static const struct transport_ops fake_transport_ops = {
    .random = fake_random,
    .now_ms = fake_now,
    .timer = fake_timer,
    .timer_start = fake_timer_start,
    .timer_close = fake_timer_close,
};

const struct transport *peer_host_transport(const struct peer_host *host)
{
    return &host->transport;
}

static struct peer_host *fake_host(void)
{
    ASSERT(fake.host_count < FAKE_HOSTS_MAX);
    struct peer_host *host = &fake.hosts[fake.host_count++];
    const secret32 secret = {.at = {(uint8_t)fake.host_count}};
    *host = (struct peer_host){.transport = {&fake_transport_ops, NULL}};
    ASSERT(peer_private_key_init(&host->key, PEER_KEY_ED25519, &secret) ==
           LOFT_OK);
    host->id = peer_id_of(&host->key.public);
    return host;
}

static struct peer_host *fake_find(const struct peer_id *id)
{
    for (size_t i = 0; i < fake.host_count; i++)
        if (peer_id_equal(&fake.hosts[i].id, id) && !fake.hosts[i].is_away)
            return &fake.hosts[i];
    return NULL;
}

void peer_host_handle(struct peer_host *host,
                      const struct peer_protocol *protocol, void *context)
{
    ASSERT(host->handler_count < FAKE_PROTOCOLS_MAX);
    host->handlers[host->handler_count++] = (struct fake_handler){protocol,
                                                                  context};
}

bool peer_host_is_connected(const struct peer_host *host,
                            const struct peer_id *peer)
{
    const struct peer_host *there = fake_find(peer);
    return !host->is_away && there && !host->is_apart && !there->is_apart;
}

void peer_host_watch(struct peer_host *host, const struct peer_watcher *watcher,
                     void *context)
{
    size_t i = 0;
    while (host->watchers[i].watcher)
        i++;
    ASSERT(i + 1 < FAKE_WATCHERS_MAX);
    host->watchers[i].watcher = watcher;
    host->watchers[i].context = context;
}

void peer_host_unwatch(struct peer_host *host, const void *context)
{
    size_t to = 0;
    for (size_t i = 0; i < FAKE_WATCHERS_MAX; i++)
        if (host->watchers[i].context != context)
            host->watchers[to++] = host->watchers[i];
    while (to < FAKE_WATCHERS_MAX)
        host->watchers[to++].watcher = NULL;
}

/* Both are told when the test says so, by fake_join(). */
loft_err peer_host_connect(struct peer_host *host, const struct peer_id *peer,
                           const bytes *addrs, size_t addr_count)
{
    (void)peer, (void)addrs, (void)addr_count;
    host->asked++;
    return LOFT_OK;
}

loft_err peer_host_keep(struct peer_host *host, const struct peer_id *peer,
                        bytes addr)
{
    return peer_host_connect(host, peer, &addr, 1);
}

void peer_host_protect(struct peer_host *host, const struct peer_id *peer,
                       const char *tag, bool is_protected)
{
    (void)host, (void)peer, (void)tag, (void)is_protected;
}

void peer_host_tag(struct peer_host *host, const struct peer_id *peer,
                   const char *tag, int value)
{
    (void)host, (void)peer, (void)tag, (void)value;
}

void peer_host_blame(struct peer_host *host, const struct peer_id *peer,
                     unsigned points, const char *why)
{
    (void)peer, (void)why;
    host->blame += points;
}

bool peer_host_addr(const struct peer_host *host, size_t index, bytes *addr)
{
    (void)host;
    *addr = bytes_of("\4\x7f\0\0\1\6\x0f\xa1", 8);
    return index == 0;
}

bool peer_host_info(const struct peer_host *host, const struct peer_id *peer,
                    struct peer_info *out)
{
    (void)host;
    *out = (struct peer_info){
        .id = *peer,
        .remote_addr = bytes_of("\4\x7f\0\0\1\6\x0f\xa1", 8),
    };
    return fake_find(peer) != NULL;
}

static struct peer_stream *fake_stream(struct peer_host *host,
                                       const struct peer_id *peer)
{
    struct peer_stream *stream = MEMORY_NEW(struct peer_stream);
    stream->host = host;
    stream->peer = *peer;
    stream->queue_max = PEER_STREAM_QUEUE_BYTES;
    stream->next = fake.streams;
    return fake.streams = stream;
}

struct peer_stream *
peer_host_open_stream(struct peer_host *host, const struct peer_id *peer,
                      const char *const *names, size_t name_count,
                      const struct peer_stream_calls *calls, void *context)
{
    if (!peer_host_is_connected(host, peer))
        return NULL;
    struct peer_stream *stream = fake_stream(host, peer);
    stream->is_ours = true;
    stream->names = names;
    stream->name_count = name_count;
    stream->calls = calls;
    stream->context = context;
    return stream;
}

bool peer_stream_send(struct peer_stream *stream, bytes data)
{
    if (stream->is_over || stream->is_finished)
        return false;
    if (data.len > stream->queue_max - stream->queue.len) {
        stream->was_refused = true;
        return false;
    }
    buffer_put_bytes(&stream->queue, data);
    return true;
}

size_t peer_stream_room(const struct peer_stream *stream)
{
    return stream->queue_max - stream->queue.len;
}

void peer_stream_finish(struct peer_stream *stream)
{
    stream->is_finished = true;
}

static void fake_end(struct peer_stream *stream, enum peer_stream_end end)
{
    if (stream->is_over)
        return;
    stream->is_over = true;
    stream->end = end;
}

static void fake_end_both(struct peer_stream *stream, enum peer_stream_end ours,
                          enum peer_stream_end theirs)
{
    fake_end(stream, ours);
    if (stream->other)
        fake_end(stream->other, theirs);
}

void peer_stream_reset(struct peer_stream *stream)
{
    fake_end_both(stream, PEER_STREAM_ABANDONED, PEER_STREAM_RESET);
}

void peer_stream_pause(struct peer_stream *stream, bool paused)
{
    stream->is_paused = paused;
}

void peer_stream_deadline(struct peer_stream *stream, uint64_t ms)
{
    stream->deadline_ms = ms ? fake.now_ms + ms : 0;
}

void peer_stream_use(struct peer_stream *stream,
                     const struct peer_stream_calls *calls, void *context)
{
    stream->calls = calls;
    stream->context = context;
}

void *peer_stream_context(const struct peer_stream *stream)
{
    return stream->context;
}

const struct peer_id *peer_stream_peer(const struct peer_stream *stream)
{
    return &stream->peer;
}

bool peer_stream_is_ours(const struct peer_stream *stream)
{
    return stream->is_ours;
}

const char *peer_stream_protocol(const struct peer_stream *stream)
{
    return stream->protocol;
}

static const struct fake_handler *fake_handler_of(const struct peer_host *host,
                                                  const char *name)
{
    for (size_t i = 0; i < host->handler_count; i++)
        if (strcmp(host->handlers[i].protocol->name, name) == 0)
            return &host->handlers[i];
    return NULL;
}

static unsigned fake_count(const struct peer_host *host,
                           const struct peer_id *peer, const char *protocol)
{
    unsigned count = 0;
    for (struct peer_stream *s = fake.streams; s; s = s->next)
        count += s->host == host && !s->is_ours && s->protocol == protocol &&
                 peer_id_equal(&s->peer, peer);
    return count;
}

static void *fake_accept(struct peer_stream *theirs,
                         const struct fake_handler *handler)
{
    const struct peer_protocol *protocol = handler->protocol;
    theirs->calls = protocol->calls;
    if (protocol->queue_bytes_max)
        theirs->queue_max = protocol->queue_bytes_max;
    unsigned most = protocol->streams_per_peer_max;
    if (most && fake_count(theirs->host, &theirs->peer, protocol->name) >= most)
        return NULL;
    theirs->protocol = protocol->name;
    if (!protocol->accept)
        return handler->context;
    return protocol->accept(handler->context, theirs);
}

static void fake_open(struct peer_stream *ours)
{
    struct peer_host *there = fake_find(&ours->peer);
    const struct fake_handler *handler = NULL;
    for (size_t i = 0; there && !handler && i < ours->name_count; i++)
        handler = fake_handler_of(there, ours->names[i]);
    if (!handler) {
        fake_end(ours, there ? PEER_STREAM_REFUSED : PEER_STREAM_LOST);
        return;
    }
    struct peer_stream *theirs = fake_stream(there, &ours->host->id);
    ours->other = theirs;
    theirs->other = ours;
    ours->protocol = handler->protocol->name;
    theirs->context = fake_accept(theirs, handler);
    if (!theirs->context) {
        theirs->calls = NULL;
        fake_end_both(theirs, PEER_STREAM_ABANDONED, PEER_STREAM_RESET);
        return;
    }
    if (ours->calls->opened)
        ours->calls->opened(ours->context, ours);
}

static void fake_move(struct peer_stream *from, struct peer_stream *to)
{
    size_t len = from->queue.len < fake.piece ? from->queue.len : fake.piece;
    struct buffer piece = {0};
    buffer_put(&piece, from->queue.at, len);
    memmove(from->queue.at, from->queue.at + len, from->queue.len - len);
    from->queue.len -= len;
    if (to->calls->got)
        to->calls->got(to->context, to, buffer_bytes(&piece));
    buffer_free(&piece);
    if (from->was_refused && from->queue.len <= from->queue_max / 2 &&
        !from->is_over && !from->is_finished) {
        from->was_refused = false;
        if (from->calls->drained)
            from->calls->drained(from->context, from);
    }
}

static void fake_tell_finish(struct peer_stream *from, struct peer_stream *to)
{
    from->has_told_finish = true;
    to->has_heard_finish = true;
    if (to->calls->finished)
        to->calls->finished(to->context, to);
    if (to->has_told_finish)
        fake_end_both(to, PEER_STREAM_DONE, PEER_STREAM_DONE);
}

/* One thing that is to happen on this stream; false: there is none. */
static bool fake_step(struct peer_stream *stream)
{
    struct peer_stream *other = stream->other;
    if (stream->is_over)
        return false;
    if (!other) {
        fake_open(stream);
        return true;
    }
    if (stream->queue.len && !other->is_paused && !other->is_over) {
        fake_move(stream, other);
        return true;
    }
    if (stream->queue.len == 0 && stream->is_finished &&
        !stream->has_told_finish && !other->is_over) {
        fake_tell_finish(stream, other);
        return true;
    }
    return false;
}

static bool fake_reap(void)
{
    for (struct peer_stream **at = &fake.streams; *at; at = &(*at)->next) {
        struct peer_stream *stream = *at;
        if (!stream->is_over)
            continue;
        *at = stream->next;
        if (stream->other)
            stream->other->other = NULL;
        if (stream->other && !stream->other->is_over)
            fake_end(stream->other, PEER_STREAM_RESET);
        if (stream->calls && stream->calls->ended)
            stream->calls->ended(stream->context, stream, stream->end);
        buffer_free(&stream->queue);
        free(stream);
        return true;
    }
    return false;
}

static bool fake_turn(void)
{
    for (struct peer_stream *s = fake.streams; s; s = s->next)
        if (fake_step(s))
            return true;
    return fake_reap();
}

/* Until nothing is left to do at this time. */
static void fake_pump(void)
{
    while (fake_turn())
        ;
}

/* Time passes, deadlines with it. */
static void fake_wait(uint64_t ms)
{
    fake_pump();
    fake.now_ms += ms;
    for (struct peer_stream *s = fake.streams; s; s = s->next)
        if (s->deadline_ms && s->deadline_ms <= fake.now_ms)
            fake_end_both(s, PEER_STREAM_TIMEOUT, PEER_STREAM_RESET);
    for (struct transport_timer *t = fake.timers, *next; t; t = next) {
        next = t->next;
        if (!t->due_ms || t->due_ms > fake.now_ms)
            continue;
        t->due_ms = 0;
        t->call(t->context);
    }
    fake_pump();
}

/* The connections of a host end. */
static inline void fake_leave(struct peer_host *host)
{
    host->is_away = true;
    for (struct peer_stream *s = fake.streams; s; s = s->next)
        if (s->host == host)
            fake_end_both(s, PEER_STREAM_LOST, PEER_STREAM_LOST);
    for (size_t h = 0; h < fake.host_count; h++)
        for (size_t i = 0; fake.hosts[h].watchers[i].watcher; i++)
            if (&fake.hosts[h] != host &&
                fake.hosts[h].watchers[i].watcher->disconnected)
                fake.hosts[h].watchers[i].watcher->disconnected(
                    fake.hosts[h].watchers[i].context, &host->id);
    fake_pump();
}

/* A host that was apart is connected to `there`. */
static inline void fake_join(struct peer_host *host, struct peer_host *there)
{
    host->is_apart = false;
    for (size_t i = 0; host->watchers[i].watcher; i++)
        if (host->watchers[i].watcher->connected)
            host->watchers[i].watcher->connected(host->watchers[i].context,
                                                 &there->id);
    fake_pump();
}

static void fake_begin(void)
{
    memset(&fake, 0, sizeof fake);
    fake.piece = (size_t)64 << 10;
    fake.now_ms = 1000;
}

/* Everything ends; what is left over is a leak. */
static void fake_end_all(void)
{
    for (struct peer_stream *s = fake.streams; s; s = s->next)
        fake_end_both(s, PEER_STREAM_LOST, PEER_STREAM_LOST);
    fake_pump();
    ASSERT(!fake.streams && !fake.timers);
}

const char *peer_stream_end_name(enum peer_stream_end end)
{
    static const char *const names[] = {"done",    "reset",   "abandoned",
                                        "refused", "timeout", "lost"};
    return names[end];
}
