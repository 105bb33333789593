/* Identify: what each peer says of itself when a connection begins, and again
 * when that changes. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "p2p/envelope.h"
#include "p2p/host_core.h"
#include "p2p/identify_message.h"

#define ANSWER_MS 10000
#define FAULT_POINTS 20
/* A peer asks once and says what has changed; that often is no use of it. */
#define ASKS_PER_S 2
#define PUSHES_PER_S 2
#define BURST 20
/* What implementations call the network; nobody refuses another word. */
#define PROTOCOL_VERSION "ipfs/0.1.0"

static const char *const ask_names[] = {"/ipfs/id/1.0.0"};
static const char *const push_names[] = {"/ipfs/id/push/1.0.0"};

/* One block: the struct, then what it points to. */
struct host_identity {
    const char *agent, *protocol_version;
    const char **protocols;
    size_t protocol_count;
    bytes *addrs;
    size_t addr_count;
    bytes observed_addr, signed_record;
    bool takes_push;
};

void host_identity_free(struct host_identity *identity)
{
    free(identity);
}

void host_identity_fill(struct peer_info *out,
                        const struct host_identity *identity)
{
    out->agent = identity ? identity->agent : "";
    out->protocol_version = identity ? identity->protocol_version : "";
    if (!identity)
        return;
    out->protocols = (const char *const *)identity->protocols;
    out->protocol_count = identity->protocol_count;
    out->addrs = identity->addrs;
    out->addr_count = identity->addr_count;
    out->observed_addr = identity->observed_addr;
    out->signed_record = identity->signed_record;
}

/* What we say */

static void put_record(struct buffer *out, const struct peer_host *host,
                       const bytes *addrs, size_t count)
{
    peer_record_seal(out, host->identity,
                     &(struct peer_record){.sequence = host->record_sequence,
                                           .addrs = addrs,
                                           .addr_count = count});
}

static void put_ours(struct buffer *out, const struct peer_host *host,
                     bytes observed)
{
    struct identify_message message = {0};
    struct buffer key = {0}, record = {0};
    bytes addrs[IDENTIFY_ADDRS_MAX], names[IDENTIFY_PROTOCOLS_MAX];
    size_t count = 0;
    VEC_FOR_EACH (one, &host->listen_addrs)
        if (count < IDENTIFY_ADDRS_MAX &&
            !host_addr_is_any(bytes_of(one->at, one->len)))
            addrs[count++] = bytes_of(one->at, one->len);
    size_t named = 0;
    for (; named < host->protocols.len && named < IDENTIFY_PROTOCOLS_MAX;
         named++)
        names[named] = bytes_str(host->protocols.at[named].protocol->name);
    peer_public_key_put(&key, &host->identity->public);
    if (count)
        put_record(&record, host, addrs, count);
    message.public_key = buffer_bytes(&key);
    message.listen_addrs = (struct protobuf_list){count ? addrs : NULL, count};
    message.protocols = (struct protobuf_list){named ? names : NULL, named};
    message.observed_addr = observed;
    message.protocol_version = bytes_str(PROTOCOL_VERSION);
    message.agent_version = bytes_str(host->agent);
    message.signed_record = buffer_bytes(&record);
    identify_put(out, &message);
    buffer_free(&key);
    buffer_free(&record);
}

static bytes observed_of(const struct peer_host *host, const struct peer_id *id)
{
    const struct host_peer *peer = host_peer_find(host, id);
    return peer && peer->conns[0] ? buffer_bytes(&peer->conns[0]->addr)
                                  : BYTES_EMPTY;
}

static void say_ours(struct peer_host *host, struct peer_stream *stream)
{
    struct buffer out = {0};
    put_ours(&out, host, observed_of(host, peer_stream_peer(stream)));
    if (!peer_stream_send(stream, buffer_bytes(&out)))
        peer_stream_reset(stream);
    peer_stream_finish(stream);
    buffer_free(&out);
}

/* False: it was blamed. */
static bool may(struct peer_host *host, const struct peer_id *id, bool is_push)
{
    struct host_peer *peer = host_peer_find(host, id);
    if (!peer)
        return false;
    if (host_rate_take(is_push ? &peer->pushes : &peer->asks, host_now(host),
                       is_push ? PUSHES_PER_S : ASKS_PER_S, BURST))
        return true;
    peer_host_blame(host, id, FAULT_POINTS,
                    is_push ? "identify: pushes too often"
                            : "identify: asks too often");
    return false;
}

static void *ask_accept(void *context, struct peer_stream *stream)
{
    if (!may(context, peer_stream_peer(stream), false))
        return NULL;
    peer_stream_deadline(stream, ANSWER_MS);
    say_ours(context, stream);
    return context;
}

static const struct peer_stream_calls say_calls = {0};

static const struct peer_protocol ask_protocol = {
    .name = "/ipfs/id/1.0.0",
    .calls = &say_calls,
    .accept = ask_accept,
    .streams_per_peer_max = 4,
    .queue_bytes_max = (size_t)64 << 10,
};

/* What they say */

/* Of a text of theirs only what can be shown stays as it is. */
static const char *take_text(char **room, bytes text)
{
    char *at = *room;
    for (size_t i = 0; i < text.len; i++)
        at[i] = text.at[i] < ' ' || text.at[i] > '~' ? '?' : (char)text.at[i];
    at[text.len] = 0;
    *room += text.len + 1;
    return at;
}

static bytes take_bytes(char **room, bytes from)
{
    char *at = *room;
    if (from.len)
        memcpy(at, from.at, from.len);
    *room += from.len;
    return bytes_of(at, from.len);
}

static size_t total(const bytes *list, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += list[i].len + 1;
    return sum;
}

/* Addresses of its own machine mean ours to us, unless it is the same one. */
static size_t keep_addrs(bytes *out, const bytes *from, size_t count,
                         bool is_near)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (multiaddr_check(from[i]) == LOFT_OK && !host_addr_is_any(from[i]) &&
            (is_near || !host_addr_is_loopback(from[i])))
            out[kept++] = from[i];
    return kept;
}

static struct host_identity *
identity_new(const struct identify_message *message, const bytes *addrs,
             size_t addr_count)
{
    const struct protobuf_list *names = &message->protocols;
    bytes observed = message->observed_addr;
    if (multiaddr_check(observed) != LOFT_OK)
        observed = BYTES_EMPTY;
    size_t pointers = names->len * sizeof(char *) + addr_count * sizeof(bytes);
    size_t texts = total(names->at, names->len) + total(addrs, addr_count) +
                   message->agent_version.len + message->protocol_version.len +
                   observed.len + message->signed_record.len + 2;
    struct host_identity *one = memory_zalloc(sizeof *one + pointers + texts);
    one->addrs = (bytes *)(one + 1);
    one->protocols = (const char **)(one->addrs + addr_count);
    char *room = (char *)(one->protocols + names->len);
    for (size_t i = 0; i < addr_count; i++)
        one->addrs[one->addr_count++] = take_bytes(&room, addrs[i]);
    for (size_t i = 0; i < names->len; i++) {
        one->protocols[i] = take_text(&room, names->at[i]);
        one->takes_push |= strcmp(one->protocols[i], push_names[0]) == 0;
    }
    one->protocol_count = names->len;
    one->agent = take_text(&room, message->agent_version);
    one->protocol_version = take_text(&room, message->protocol_version);
    one->observed_addr = take_bytes(&room, observed);
    one->signed_record = take_bytes(&room, message->signed_record);
    return one;
}

static bool key_is_peers(const struct peer_id *id, bytes key)
{
    struct peer_public_key public;
    if (!key.at)
        return true;
    if (peer_public_key_read(&public, key) != LOFT_OK)
        return false;
    struct peer_id named = peer_id_of(&public);
    return peer_id_equal(&named, id);
}

/* The signed record counts where there is one: it is the peer's own, and this
 * one's, or the message is a fault. */
static loft_err take_addrs(struct arena *arena, const struct peer_id *id,
                           const struct identify_message *message,
                           struct peer_record *out)
{
    *out = (struct peer_record){.addrs = message->listen_addrs.at,
                                .addr_count = message->listen_addrs.len};
    if (message->signed_record.len == 0)
        return LOFT_OK;
    TRY(peer_record_open(arena, out, message->signed_record));
    return peer_id_equal(&out->id, id)
               ? LOFT_OK
               : err_say(LOFT_ERR_REFUSED, "the record of another peer");
}

static loft_err apply(struct arena *arena, struct host_peer *peer, bytes from)
{
    struct identify_message message;
    struct peer_record record;
    bytes kept[PEER_RECORD_ADDRS_MAX > IDENTIFY_ADDRS_MAX
                   ? PEER_RECORD_ADDRS_MAX
                   : IDENTIFY_ADDRS_MAX];
    TRY(identify_read(arena, &message, from));
    if (!key_is_peers(&peer->id, message.public_key))
        return err_say(LOFT_ERR_REFUSED, "another key than the peer's");
    TRY(take_addrs(arena, &peer->id, &message, &record));
    bool is_near = host_addr_is_loopback(buffer_bytes(&peer->conns[0]->addr));
    size_t count = keep_addrs(kept, record.addrs, record.addr_count, is_near);
    host_identity_free(peer->identity);
    peer->identity = identity_new(&message, kept, count);
    peer_store_learn(peer->host->store, &peer->id, kept, count,
                     (const char *const *)peer->identity->protocols,
                     peer->identity->protocol_count);
    return LOFT_OK;
}

struct reader {
    struct peer_host *host;
    struct buffer got;
};

static void reader_fault(struct reader *reader, struct peer_stream *stream,
                         const char *why)
{
    peer_host_blame(reader->host, peer_stream_peer(stream), FAULT_POINTS, why);
    peer_stream_reset(stream);
}

static void reader_got(void *context, struct peer_stream *stream, bytes data)
{
    struct reader *reader = context;
    if (data.len > IDENTIFY_BYTES_MAX - reader->got.len)
        reader_fault(reader, stream, "identify: too long");
    else
        buffer_put_bytes(&reader->got, data);
}

static void reader_finished(void *context, struct peer_stream *stream)
{
    struct reader *reader = context;
    struct peer_host *host = reader->host;
    struct host_peer *peer = host_peer_find(host, peer_stream_peer(stream));
    struct arena arena;
    peer_stream_finish(stream);
    if (!peer || !peer->conns[0])
        return;
    arena_init(&arena);
    loft_err code = apply(&arena, peer, buffer_bytes(&reader->got));
    arena_fini(&arena);
    if (code == LOFT_OK)
        host_tell_identified(host, &peer->id);
    else
        reader_fault(reader, stream, err_sentence());
}

static void reader_ended(void *context, struct peer_stream *stream,
                         enum peer_stream_end end)
{
    struct reader *reader = context;
    (void)stream;
    (void)end;
    buffer_free(&reader->got);
    free(reader);
}

static const struct peer_stream_calls reader_calls = {
    .got = reader_got, .finished = reader_finished, .ended = reader_ended};

static struct reader *reader_new(struct peer_host *host)
{
    struct reader *reader = MEMORY_NEW(struct reader);
    reader->host = host;
    return reader;
}

static void *push_accept(void *context, struct peer_stream *stream)
{
    if (!may(context, peer_stream_peer(stream), true))
        return NULL;
    peer_stream_deadline(stream, ANSWER_MS);
    return reader_new(context);
}

static const struct peer_protocol push_protocol = {
    .name = "/ipfs/id/push/1.0.0",
    .calls = &reader_calls,
    .accept = push_accept,
    .streams_per_peer_max = 2,
};

void host_identify_ask(struct host_conn *conn)
{
    struct reader *reader = reader_new(conn->host);
    struct peer_stream *stream = peer_link_open_stream(conn->link, ask_names, 1,
                                                       &reader_calls, reader);
    if (!stream) {
        free(reader);
        return;
    }
    peer_stream_deadline(stream, ANSWER_MS);
    peer_stream_finish(stream);
}

static void push_to(struct peer_host *host, struct host_peer *peer)
{
    struct host_conn *conn = peer->conns[0];
    if (!conn || conn->is_doomed ||
        (peer->identity && !peer->identity->takes_push))
        return;
    struct peer_stream *stream = peer_link_open_stream(conn->link, push_names,
                                                       1, &say_calls, NULL);
    if (!stream)
        return;
    peer_stream_deadline(stream, ANSWER_MS);
    say_ours(host, stream);
}

void host_identify_push(struct peer_host *host)
{
    host->must_push = false;
    MAP_FOR_EACH (i, &host->peers)
        push_to(host, *(struct host_peer **)map_value_at(&host->peers, i));
}

void host_identify_open(struct peer_host *host)
{
    peer_host_handle(host, &ask_protocol, host);
    peer_host_handle(host, &push_protocol, host);
}
