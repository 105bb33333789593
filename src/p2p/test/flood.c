#include "p2p/test/flood.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "io/loop.h"
#include "p2p/gossip_message.h"
#include "p2p/gossip_rpc.h"
#include "p2p/identify_message.h"
#include "p2p/link_parts.h"
#include "p2p/relay_message.h"

#define MESSAGE_BYTES 60000 /* of one message of Noise */
#define PIECE_BYTES ((size_t)64 << 10)
#define PING_WINDOW ((size_t)128 << 10)
#define SLICE_NS 1000000ull
#define SECOND_NS 1000000000ull
#define PAUSE_NS 20000000ull /* before it comes back; */
#define PAUSE_CUT_NS \
    150000000ull /* who was cut off: the log's rate is bounded */
#define PATIENCE_NS (20 * SECOND_NS)
#define LIVES_EACH 3 /* connections, then it is somebody else */
#define PACED_PER_S 900
#define RECORDS 64
#define MESSAGES 200 /* of gossip in one RPC */
#define LIES 10      /* that are signed in truth, which costs */

struct attacker {
    const struct flood_config *config;
    struct flood_tally *tally;
    enum flood_role role;
    unsigned index, connections;
    struct peer_private_key key;
    int fd; /* -1: not connected */
    struct peer_link *link;
    bool is_secured;
    struct buffer out;
    size_t sent;
    uint64_t due_ns; /* not before */
    uint64_t now_ns;
    uint64_t born_ns;
    uint32_t stream;   /* the next one's number */
    uint64_t opened;   /* streams, on this connection */
    size_t left;       /* of the stream's window */
    uint64_t salt;     /* makes what it sends new */
    struct buffer rpc; /* that is sent again */
};

static const char *const texts[] = {
#define X(name, text, breaks) text,
    FLOOD_ROLES(X)
#undef X
};

static const bool breaking[] = {
#define X(name, text, breaks) breaks,
    FLOOD_ROLES(X)
#undef X
};

const char *flood_role_text(enum flood_role role)
{
    return texts[role];
}

bool flood_role_breaks(enum flood_role role)
{
    return breaking[role];
}

void flood_key(struct peer_private_key *out, unsigned peer, unsigned life)
{
    secret32 secret = {{0x66}};
    store_be32(secret.at + 8, peer);
    store_be32(secret.at + 12, life);
    ASSERT(peer_private_key_init(
               out, peer % 2 ? PEER_KEY_ED25519 : PEER_KEY_SECP256K1,
               &secret) == LOFT_OK);
}

/* Frames, put in clear. */

static void put_frame(struct buffer *out, enum yamux_type type, uint16_t flags,
                      uint32_t stream, uint32_t length)
{
    const struct yamux_header header = {type, flags, stream, length};
    yamux_header_write(buffer_extend(out, YAMUX_HEADER_BYTES), &header);
}

static void put_data(struct buffer *out, uint16_t flags, uint32_t stream,
                     bytes data)
{
    put_frame(out, YAMUX_DATA, flags, stream, (uint32_t)data.len);
    buffer_put_bytes(out, data);
}

static void put_name(struct buffer *out, const char *name)
{
    size_t len = strlen(name);
    buffer_put_byte(out, (uint8_t)(len + 1));
    buffer_put(out, name, len);
    buffer_put_byte(out, '\n');
}

/* A new stream that speaks the protocol, and says `data` first. */
static uint32_t put_stream(struct attacker *of, struct buffer *out,
                           const char *protocol, bytes data)
{
    struct buffer text = {0};
    uint32_t id = of->stream;
    of->stream += 2;
    of->opened++;
    put_name(&text, "/multistream/1.0.0");
    put_name(&text, protocol);
    buffer_put_bytes(&text, data);
    put_data(out, YAMUX_SYN, id, buffer_bytes(&text));
    buffer_free(&text);
    return id;
}

/* What each role says: fills a message of Noise, or leaves it empty. */

static void say_yamux_pings(struct attacker *of, struct buffer *out)
{
    while (out->len < MESSAGE_BYTES)
        put_frame(out, YAMUX_PING, YAMUX_SYN, 0, (uint32_t)of->salt++);
}

static void say_opener(struct attacker *of, struct buffer *out)
{
    while (out->len < MESSAGE_BYTES) {
        uint32_t id = put_stream(of, out, "/ipfs/ping/1.0.0", BYTES_EMPTY);
        put_frame(out, YAMUX_WINDOW, YAMUX_RST, id, 0);
    }
}

static void say_overflow(struct attacker *of, struct buffer *out)
{
    static const uint8_t zeros[32768];
    if (of->opened == 0)
        put_stream(of, out, "/ipfs/ping/1.0.0", BYTES_EMPTY);
    put_data(out, 0, 1, bytes_of(zeros, sizeof zeros));
}

static void say_echo(struct attacker *of, struct buffer *out)
{
    static const uint8_t zeros[32768];
    if (of->left == 0) {
        if (of->opened > 0)
            put_frame(out, YAMUX_WINDOW, YAMUX_FIN, of->stream - 2, 0);
        put_stream(of, out, "/ipfs/ping/1.0.0", BYTES_EMPTY);
        of->left = PING_WINDOW;
    }
    put_data(out, 0, of->stream - 2, bytes_of(zeros, sizeof zeros));
    of->left -= sizeof zeros;
}

static uint64_t allowance(const struct attacker *of)
{
    uint64_t age = clock_monotonic_ns() - of->born_ns;
    return PACED_PER_S / 4 + age * PACED_PER_S / SECOND_NS;
}

static void say_paced_opener(struct attacker *of, struct buffer *out)
{
    for (uint64_t may = allowance(of);
         of->opened < may && out->len < MESSAGE_BYTES;) {
        uint32_t id = put_stream(of, out, "/ipfs/ping/1.0.0", BYTES_EMPTY);
        put_frame(out, YAMUX_WINDOW, YAMUX_RST, id, 0);
    }
}

static void say_asker(struct attacker *of, struct buffer *out)
{
    for (uint64_t may = allowance(of);
         of->opened < may && out->len < MESSAGE_BYTES;) {
        uint32_t id = put_stream(of, out, "/ipfs/id/1.0.0", BYTES_EMPTY);
        put_frame(out, YAMUX_WINDOW, YAMUX_FIN, id, 0);
    }
}

static void say_hoarder(struct attacker *of, struct buffer *out)
{
    while (of->opened < 200) {
        struct buffer text = {0};
        put_name(&text, "/multistream/1.0.0");
        buffer_put_bytes(&text, bytes_str("\xff\x07/never"));
        put_data(out, YAMUX_SYN, of->stream, buffer_bytes(&text));
        buffer_free(&text);
        of->stream += 2;
        of->opened++;
    }
}

static void put_identity(struct buffer *out, struct attacker *of)
{
    struct identify_message message = {0};
    bytes names[IDENTIFY_PROTOCOLS_MAX], addrs[IDENTIFY_ADDRS_MAX];
    static uint8_t at[IDENTIFY_ADDRS_MAX][8];
    char text[64][16];
    for (unsigned i = 0; i < 64; i++) {
        snprintf(text[i], sizeof text[i], "/p/%u", (unsigned)of->salt + i);
        names[i] = bytes_str(text[i]);
        at[i][0] = 4;
        store_be32(at[i] + 1, 0x0a000000u + (uint32_t)of->salt + i);
        at[i][5] = 6;
        at[i][6] = 1;
        addrs[i] = bytes_of(at[i], 8);
    }
    of->salt++;
    message.protocols = (struct protobuf_list){names, 64};
    message.listen_addrs = (struct protobuf_list){addrs, IDENTIFY_ADDRS_MAX};
    message.agent_version = bytes_str("flood");
    identify_put(out, &message);
}

static void say_pusher(struct attacker *of, struct buffer *out)
{
    while (out->len < MESSAGE_BYTES - 4096) {
        struct buffer text = {0};
        put_identity(&text, of);
        uint32_t id = put_stream(of, out, "/ipfs/id/push/1.0.0",
                                 buffer_bytes(&text));
        put_frame(out, YAMUX_WINDOW, YAMUX_FIN, id, 0);
        buffer_free(&text);
    }
}

/* Gossip: subscribed once, then RPCs within the window of a stream. Whoever is
 * to be heard takes the victim's own stream of gossip, which is its first. */

static void put_rpc(struct buffer *out, const struct gossip_rpc *rpc)
{
    struct buffer raw = {0};
    gossip_rpc_put(&raw, rpc);
    uvarint_put(out, raw.len);
    buffer_put_bytes(out, buffer_bytes(&raw));
    buffer_free(&raw);
}

static void put_consent(struct buffer *out)
{
    struct buffer text = {0};
    put_name(&text, "/multistream/1.0.0");
    put_name(&text, "/meshsub/1.2.0");
    put_data(out, YAMUX_ACK, 2, buffer_bytes(&text));
    buffer_free(&text);
}

static void put_gossip(struct attacker *of, struct buffer *out, bytes rpc)
{
    if (of->left < rpc.len) {
        const struct gossip_subscription want = {true,
                                                 bytes_str(of->config->topic)};
        const struct gossip_rpc hello = {.subscriptions = &want,
                                         .subscription_count = 1};
        struct buffer text = {0};
        if (of->opened > 0)
            put_frame(out, YAMUX_WINDOW, YAMUX_FIN, of->stream - 2, 0);
        else
            put_consent(out);
        put_rpc(&text, &hello);
        put_stream(of, out, "/meshsub/1.1.0", buffer_bytes(&text));
        buffer_free(&text);
        of->left = PING_WINDOW;
    }
    put_data(out, 0, of->stream - 2, rpc);
    of->left -= rpc.len;
}

static void put_message(struct buffer *out, struct attacker *of,
                        const char *data)
{
    const char *topic = of->role == FLOOD_SPAMMER ? of->config->spam
                                                  : of->config->topic;
    gossip_message_seal(out, &of->key, bytes_str(topic), bytes_str(data),
                        ++of->salt);
}

static void put_list(struct buffer *out, const struct buffer *each,
                     unsigned count)
{
    bytes list[MESSAGES];
    for (unsigned i = 0; i < count; i++)
        list[i] = buffer_bytes(&each[i]);
    put_rpc(out,
            &(struct gossip_rpc){.messages = list, .message_count = count});
}

/* Copies of one message under other numbers: their signatures are wrong. */
static void say_forger(struct attacker *of, struct buffer *out)
{
    struct buffer each[MESSAGES] = {0}, one = {0}, rpc = {0};
    uint8_t number[8];
    put_message(&one, of, "honest: no");
    store_be64(number, of->salt);
    const uint8_t *found = memmem(one.at, one.len, number, sizeof number);
    ASSERT(found);
    for (unsigned i = 0; i < MESSAGES; i++) {
        buffer_put_bytes(&each[i], buffer_bytes(&one));
        store_be64(each[i].at + (found - one.at), ++of->salt);
    }
    put_list(&rpc, each, MESSAGES);
    put_gossip(of, out, buffer_bytes(&rpc));
    for (unsigned i = 0; i < MESSAGES; i++)
        buffer_free(&each[i]);
    buffer_free(&one);
    buffer_free(&rpc);
}

static void say_liar(struct attacker *of, struct buffer *out)
{
    struct buffer each[LIES] = {0}, rpc = {0};
    for (unsigned i = 0; i < LIES; i++)
        put_message(&each[i], of, "junk");
    put_list(&rpc, each, LIES);
    put_gossip(of, out, buffer_bytes(&rpc));
    for (unsigned i = 0; i < LIES; i++)
        buffer_free(&each[i]);
    buffer_free(&rpc);
    of->due_ns = clock_monotonic_ns() + PAUSE_NS;
}

/* Signed in truth and at its own cost, for a part of the time. */
static void say_spammer(struct attacker *of, struct buffer *out)
{
    struct buffer each[MESSAGES] = {0}, rpc = {0};
    for (unsigned i = 0; i < MESSAGES; i++)
        put_message(&each[i], of, "valid");
    put_list(&rpc, each, MESSAGES);
    put_gossip(of, out, buffer_bytes(&rpc));
    for (unsigned i = 0; i < MESSAGES; i++)
        buffer_free(&each[i]);
    buffer_free(&rpc);
    of->due_ns = clock_monotonic_ns() + 5 * PAUSE_NS;
}

static void say_defector(struct attacker *of, struct buffer *out)
{
    static const uint8_t zeros[32768] = {0x80, 0x80, 0x40}; /* 1 MiB follow */
    if (of->opened == 0) {
        put_gossip(of, out, BYTES_EMPTY);
        put_frame(out, YAMUX_WINDOW, YAMUX_RST, 2, 0);
    }
    if (of->left < sizeof zeros)
        of->left = 8 * sizeof zeros;
    put_gossip(of, out, bytes_of(zeros, sizeof zeros));
}

static void say_repeater(struct attacker *of, struct buffer *out)
{
    if (of->rpc.len == 0) {
        struct buffer one = {0};
        bytes list[MESSAGES];
        put_message(&one, of, "honest: again");
        for (unsigned i = 0; i < MESSAGES; i++)
            list[i] = buffer_bytes(&one);
        put_rpc(&of->rpc, &(struct gossip_rpc){.messages = list,
                                               .message_count = MESSAGES});
        buffer_free(&one);
    }
    put_gossip(of, out, buffer_bytes(&of->rpc));
}

static void say_controller(struct attacker *of, struct buffer *out)
{
    static uint8_t names[600][46];
    bytes ids[600];
    struct buffer rpc = {0};
    bytes topic = bytes_str(of->config->topic);
    for (unsigned i = 0; i < 600; i++) {
        store_be64(names[i], ++of->salt);
        ids[i] = bytes_of(names[i], sizeof names[i]);
    }
    const struct gossip_ids ihave = {topic, ids, 600};
    const struct gossip_prune prune = {.topic = topic, .backoff_s = 1};
    put_rpc(&rpc, &(struct gossip_rpc){.ihave = &ihave,
                                       .ihave_count = 1,
                                       .iwant = &ihave,
                                       .iwant_count = 1,
                                       .graft = &topic,
                                       .graft_count = 1});
    put_rpc(&rpc, &(struct gossip_rpc){.prune = &prune, .prune_count = 1});
    put_gossip(of, out, buffer_bytes(&rpc));
    buffer_free(&rpc);
}

static void say_crumbs(struct attacker *of, struct buffer *out)
{
    if (of->left == 0) {
        if (of->opened > 0)
            put_frame(out, YAMUX_WINDOW, YAMUX_FIN, of->stream - 2, 0);
        put_stream(of, out, "/ipfs/ping/1.0.0", BYTES_EMPTY);
        of->left = PING_WINDOW;
    }
    put_data(out, 0, of->stream - 2, bytes_str("."));
    of->left--;
}

static void say_reserver(struct attacker *of, struct buffer *out)
{
    const struct relay_message reserve = {.type = RELAY_RESERVE};
    struct buffer text = {0};
    relay_hop_put(&text, &reserve);
    for (uint64_t may = allowance(of);
         of->opened < may && out->len < MESSAGE_BYTES;)
        put_stream(of, out, RELAY_HOP_PROTOCOL, buffer_bytes(&text));
    buffer_free(&text);
}

static void (*const sayings[FLOOD_ROLE_COUNT])(struct attacker *of,
                                               struct buffer *out) = {
    [FLOOD_YAMUX_PINGS] = say_yamux_pings,
    [FLOOD_OPENER] = say_opener,
    [FLOOD_OVERFLOW] = say_overflow,
    [FLOOD_FORGER] = say_forger,
    [FLOOD_LIAR] = say_liar,
    [FLOOD_CONTROLLER] = say_controller,
    [FLOOD_PUSHER] = say_pusher,
    [FLOOD_ECHO] = say_echo,
    [FLOOD_DEAF] = say_echo,
    [FLOOD_PACED_OPENER] = say_paced_opener,
    [FLOOD_ASKER] = say_asker,
    [FLOOD_HOARDER] = say_hoarder,
    [FLOOD_SPAMMER] = say_spammer,
    [FLOOD_DEFECTOR] = say_defector,
    [FLOOD_REPEATER] = say_repeater,
    [FLOOD_CRUMBS] = say_crumbs,
    [FLOOD_RESERVER] = say_reserver,
};

/* Sealed in messages of Noise, until a piece is full or nothing is said. */
static void say(struct attacker *of)
{
    struct buffer plain = {0};
    while (sayings[of->role] && of->out.len < PIECE_BYTES &&
           of->due_ns <= of->now_ns) {
        plain.len = 0;
        sayings[of->role](of, &plain);
        if (plain.len == 0)
            break;
        size_t opened = noise_open_frame(&of->out);
        ASSERT(noise_seal(&of->link->noise.send, &of->out,
                          buffer_bytes(&plain)) == LOFT_OK);
        noise_close_frame(&of->out, opened);
    }
    buffer_free(&plain);
}

/* Connections. */

static void secured(void *context)
{
    struct attacker *of = context;
    of->is_secured = true;
    of->tally->handshakes++;
    of->born_ns = clock_monotonic_ns();
}

static const struct peer_protocol *find(void *context, bytes name,
                                        void **protocol_context)
{
    (void)context;
    (void)name;
    (void)protocol_context;
    return NULL;
}

static void output(void *context)
{
    (void)context;
}

static const struct peer_link_calls link_calls = {secured, find, output, NULL};

static void new_link(struct attacker *of)
{
    secret32 keys[2];
    secret_random(&keys[0]);
    secret_random(&keys[1]);
    of->link = peer_link_new(&(struct peer_link_config){
        .is_dialer = true,
        .identity = &of->key,
        .static_key = &keys[0],
        .ephemeral_key = &keys[1],
        .limits = &PEER_LINK_LIMITS,
        .calls = &link_calls,
        .context = of,
        .now_ms = 0,
    });
}

static void come(struct attacker *of)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(of->config->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    of->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT(of->fd >= 0);
    if (connect(of->fd, (struct sockaddr *)&at, sizeof at) != 0)
        ASSERT(errno == EINPROGRESS || errno == ECONNREFUSED);
    if (of->connections % LIVES_EACH == 0) {
        peer_private_key_fini(&of->key);
        flood_key(&of->key, of->index, of->connections / LIVES_EACH);
    }
    of->connections++;
    of->tally->connections++;
    of->is_secured = false;
    of->stream = 1;
    of->opened = of->left = of->sent = of->out.len = 0;
    of->born_ns = clock_monotonic_ns();
    if (of->role != FLOOD_HALF_OPEN)
        new_link(of);
}

static void go(struct attacker *of, uint64_t now)
{
    close(of->fd);
    of->fd = -1;
    peer_link_free(of->link);
    of->link = NULL;
    of->due_ns = now + (breaking[of->role] ? PAUSE_CUT_NS : PAUSE_NS);
}

/* False: it was cut off. */
static bool hear(struct attacker *of)
{
    static uint8_t room[PIECE_BYTES];
    if (of->role == FLOOD_DEAF && of->is_secured)
        return true;
    ssize_t got = recv(of->fd, room, sizeof room, 0);
    if (got < 0)
        return errno == EAGAIN || errno == ENOTCONN;
    if (got == 0)
        return false;
    if (of->is_secured || !of->link)
        return true;
    return peer_link_receive(of->link, bytes_of(room, (size_t)got), 0) ==
           LOFT_OK;
}

static void garble(struct attacker *of)
{
    if (of->role == FLOOD_GARBLER && of->is_secured && of->out.len > 40)
        of->out.at[of->out.len - 8] ^= 1;
}

/* What is to be sent, where nothing is left to send. */
static void think(struct attacker *of)
{
    if (of->sent < of->out.len || !of->link)
        return;
    of->sent = of->out.len = 0;
    peer_link_take(of->link, &of->out, PIECE_BYTES);
    garble(of);
    if (of->is_secured && of->out.len == 0)
        say(of);
}

static bool tell(struct attacker *of)
{
    size_t left = of->out.len - of->sent;
    if (left == 0)
        return true;
    if (of->role == FLOOD_SLOW)
        left = 1;
    ssize_t sent = send(of->fd, of->out.at + of->sent, left, MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == ENOTCONN;
    of->sent += (size_t)sent;
    of->tally->bytes += (size_t)sent;
    if (of->role == FLOOD_SLOW)
        of->due_ns = clock_monotonic_ns() + SECOND_NS / 5;
    return true;
}

static bool is_done(const struct attacker *of, uint64_t now)
{
    if (of->role == FLOOD_COMER && of->is_secured && of->sent == of->out.len)
        return true;
    return of->role == FLOOD_HALF_OPEN && now - of->born_ns > PATIENCE_NS;
}

static void step(struct attacker *of, uint64_t now)
{
    of->now_ns = now;
    if (now < of->due_ns)
        return;
    if (of->fd < 0)
        come(of);
    bool is_up = hear(of);
    think(of);
    if (!is_up || !tell(of) || is_done(of, now))
        go(of, now);
}

static void wait_for(struct attacker *all, unsigned count)
{
    struct pollfd *polled = memory_zalloc(count * sizeof *polled);
    for (unsigned i = 0; i < count; i++) {
        bool is_full = all[i].sent < all[i].out.len;
        bool is_deaf = all[i].role == FLOOD_DEAF && all[i].is_secured;
        polled[i] = (struct pollfd){.fd = all[i].role == FLOOD_SLOW ? -1
                                                                    : all[i].fd,
                                    .events = (short)((is_deaf ? 0 : POLLIN) |
                                                      (is_full ? POLLOUT : 0))};
    }
    poll(polled, count, 5);
    free(polled);
}

static uint64_t cpu_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

void flood_run(struct flood_report *out, const struct flood_config *config)
{
    struct attacker *all = memory_zalloc(config->peers * sizeof *all);
    uint64_t now, spent_ms = cpu_ms();
    for (unsigned i = 0; i < config->peers; i++) {
        all[i] = (struct attacker){.config = config,
                                   .index = i,
                                   .role = i % FLOOD_ROLE_COUNT,
                                   .fd = -1};
        all[i].tally = &out->roles[all[i].role];
    }
    while (now = clock_monotonic_ns(), !*config->has_ended) {
        for (unsigned i = 0; i < config->peers; i++)
            step(&all[i], now);
        wait_for(all, config->peers);
    }
    for (unsigned i = 0; i < config->peers; i++) {
        if (all[i].fd >= 0)
            go(&all[i], now);
        peer_private_key_fini(&all[i].key);
        buffer_free(&all[i].out);
        buffer_free(&all[i].rpc);
    }
    free(all);
    out->cpu_ms = cpu_ms() - spent_ms;
}
