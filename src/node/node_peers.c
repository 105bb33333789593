/* The node among its peers: who it is, whom it listens for and whom it keeps
 * up. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "node/dispatcher.h"
#include "node/node_core.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_actions.h"
#include "p2p/peer_host.h"
#include "p2p/peer_store.h"
#include "p2p/perf.h"
#include "p2p/relay.h"
#include "p2p/relay_transport.h"
#include "p2p/tcp_transport.h"

#define KEY_FILE_BYTES_MAX 256 /* a message of some 70 */
#define CONNS_SPARE 32

struct node_peers {
    struct peer_private_key key;
    bool has_key;
    struct peer_store *store;
    struct tcp_transport *tcp;
    struct relay_transport *transport; /* over TCP, and through relays */
    struct peer_host *host;
    struct peer_actions *actions;
    struct perf_server *perf; /* NULL: not served */
    struct relay *relay;      /* NULL: we are none */
};

static loft_err failed(const char *path)
{
    return err_say(LOFT_ERR_IO, "--peer-key %s: %s", path, strerror(errno));
}

/* A secp256k1 key, as the accounts have. */
static loft_err make_key(struct peer_private_key *out)
{
    secret32 secret;
    loft_err code;
    do {
        secret_random(&secret);
        code = peer_private_key_init(out, PEER_KEY_SECP256K1, &secret);
    } while (code != LOFT_OK); /* once in 2^127 */
    secret_fini(&secret);
    return code;
}

static loft_err write_key(const struct peer_private_key *key, const char *path)
{
    struct buffer text = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(path);
    peer_private_key_put(&text, key);
    bool ok = write(fd, text.at, text.len) == (ssize_t)text.len &&
              fsync(fd) == 0;
    loft_err code = ok ? LOFT_OK : failed(path);
    close(fd);
    memory_wipe(text.at, text.len);
    buffer_free(&text);
    return code;
}

static loft_err check_mode(int fd, const char *path)
{
    struct stat is;
    if (fstat(fd, &is) != 0)
        return failed(path);
    return is.st_mode & (S_IRWXG | S_IRWXO)
               ? err_say(LOFT_ERR_USAGE,
                         "--peer-key %s: others may read or change it "
                         "(chmod 600)",
                         path)
               : LOFT_OK;
}

static loft_err read_key_from(struct peer_private_key *out, int fd,
                              const char *path)
{
    uint8_t text[KEY_FILE_BYTES_MAX + 1];
    TRY(check_mode(fd, path));
    ssize_t len = read(fd, text, sizeof text);
    if (len < 0)
        return failed(path);
    loft_err code = len > KEY_FILE_BYTES_MAX
                        ? err_say(LOFT_ERR_FORMAT, "too long for a key")
                        : peer_private_key_read(out,
                                                bytes_of(text, (size_t)len));
    memory_wipe(text, sizeof text);
    return code == LOFT_OK ? code : err_in(code, "--peer-key %s", path);
}

/* The node's own: made when it is not there. */
static loft_err open_key(struct peer_private_key *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return failed(path);
    if (fd < 0) {
        TRY(make_key(out));
        return write_key(out, path);
    }
    loft_err code = read_key_from(out, fd, path);
    close(fd);
    return code;
}

/* A temporary node is somebody else each time. */
static loft_err find_key(struct node *node)
{
    const struct options *options = node->options;
    struct node_peers *peers = node->p2p;
    loft_err code;
    if (*options->peer_key)
        code = open_key(&peers->key, options->peer_key);
    else if (options->temporary)
        code = make_key(&peers->key);
    else
        code = open_key(&peers->key,
                        arena_printf(&node->arena, "%s/peer.key", node->dir));
    peers->has_key = code == LOFT_OK;
    return code;
}

static loft_err open_host(struct node *node)
{
    struct node_peers *peers = node->p2p;
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    const char *path = arena_printf(&node->arena, "%s/peers", node->dir);
    limits.conns_high = (unsigned)node->options->peers_max;
    limits.conns_max = node_peers_files(node->options);
    limits.conns_per_ip_max = (unsigned)node->options->peers_per_address;
    limits.arrivals_per_ip_per_s = (unsigned)node->options->peer_arrivals;
    TRY(peer_store_open(&peers->store, path));
    TRY(peer_store_write_apart(peers->store, node->loop));
    uint64_t now = clock_unix_ms();
    peers->tcp = tcp_transport_new(node->loop);
    const struct transport tcp = tcp_transport_of(peers->tcp);
    peers->transport = relay_transport_new(&tcp);
    struct peer_host_config config = {
        .identity = &peers->key,
        .transport = relay_transport_of(peers->transport),
        .limits = &limits,
        .agent = "loft/" LOFT_VERSION,
        .store = peers->store,
        .unix_ms = now,
    };
    TRY(peer_host_open(&peers->host, &config));
    relay_transport_bind(peers->transport, peers->host, now);
    return LOFT_OK;
}

static void wake_calls(void *context)
{
    struct node *node = context;
    dispatcher_wake(node->dispatcher);
}

static struct relay_limits relay_limits_of(const struct options *options)
{
    return (struct relay_limits){
        .reservations_max = (unsigned)options->relay_reservations_max,
        .reservations_per_ip_max =
            (unsigned)options->relay_address_reservations_max,
        .reservation_s = (unsigned)options->relay_reservation_seconds,
        .circuits_max = (unsigned)options->relay_circuits_max,
        .circuits_per_peer_max = (unsigned)options->relay_peer_circuits_max,
        .circuit_s = (unsigned)options->relay_circuit_seconds_max,
        .circuit_bytes_max = options->relay_circuit_bytes_max,
    };
}

/* What others may ask of this node, and what its operator does. */
static void open_services(struct node *node)
{
    const struct options *options = node->options;
    struct node_peers *peers = node->p2p;
    peers->actions = peer_actions_open(peers->host, wake_calls, node);
    if (options->peer_perf)
        peers->perf = perf_serve(peers->host, &PERF_LIMITS);
    const struct relay_limits limits = relay_limits_of(options);
    if (options->relay)
        peers->relay = relay_open(peers->host, &limits, clock_unix_ms());
    node->host.peers = peers->host;
    node->host.peer_actions = peers->actions;
}

/* What an option says of each of its addresses. */
static loft_err for_each(struct node *node, const char *option,
                         const struct option_list *list,
                         loft_err (*call)(struct peer_host *host, bytes addr))
{
    for (size_t i = 0; i < list->count; i++) {
        struct buffer addr = {0};
        loft_err code = multiaddr_read_text(&addr, bytes_str(list->at[i]));
        if (code == LOFT_OK)
            code = call(node->p2p->host, buffer_bytes(&addr));
        buffer_free(&addr);
        if (code != LOFT_OK)
            return err_in(code == LOFT_ERR_FORMAT ? LOFT_ERR_USAGE : code,
                          "--%s %s", option, list->at[i]);
    }
    return LOFT_OK;
}

static loft_err keep(struct peer_host *host, bytes addr)
{
    return peer_host_keep(host, NULL, addr);
}

static void log_id(const struct peer_host *host)
{
    struct buffer text = {0};
    peer_id_put_text(&text, peer_host_id(host));
    log_info("peer_id", "id=%.*s", (int)text.len, (const char *)text.at);
    buffer_free(&text);
}

unsigned node_peers_files(const struct options *options)
{
    unsigned wanted = (unsigned)options->peers_max;
    return options->no_p2p ? 0 : wanted + wanted / 4 + CONNS_SPARE;
}

loft_err node_open_peers(struct node *node)
{
    const struct options *options = node->options;
    if (options->no_p2p)
        return LOFT_OK;
    node->p2p = MEMORY_NEW(struct node_peers);
    TRY(find_key(node));
    TRY(open_host(node));
    open_services(node);
    if (options->listen.count || options->peer.count)
        log_id(node->host.peers);
    TRY(for_each(node, "listen", &options->listen, peer_host_listen));
    return for_each(node, "peer", &options->peer, keep);
}

bool node_relay_stats(const struct node *node, struct relay_stats *out)
{
    const struct node_peers *peers = node->p2p;
    if (!peers || !peers->relay)
        return false;
    *out = relay_stats(peers->relay);
    return true;
}

void node_close_peers(struct node *node)
{
    struct node_peers *peers = node->p2p;
    if (!peers)
        return;
    peer_actions_close(peers->actions);
    peer_host_close(peers->host);
    relay_close(peers->relay);
    perf_server_free(peers->perf);
    relay_transport_free(peers->transport);
    tcp_transport_free(peers->tcp);
    peer_store_close(peers->store);
    if (peers->has_key)
        peer_private_key_fini(&peers->key);
    node->host.peers = NULL;
    node->host.peer_actions = NULL;
    free(peers);
}
