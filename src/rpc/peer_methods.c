/* loft_peer...: the node among its peers, over libp2p. Peers are named by
 * their id or, to connect to them, by an address that says where they are. */
#include <stdio.h>

#include "p2p/multiaddr.h"
#include "p2p/peer_actions.h"
#include "p2p/peer_host.h"
#include "p2p/peer_store.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define PERF_BYTES_MAX ((uint64_t)1 << 32)
#define PERF_MS 30000
#define BAN_SECONDS_MAX (UINT64_MAX / 1000)

static bool has_peers(struct rpc_call *call)
{
    return call->host->peers || rpc_fail(call, RPC_SERVER_ERROR,
                                         "this node has no peers (--no-p2p)");
}

/* Writing */

static void put_quantity(struct json_writer *out, const char *key,
                         uint64_t value)
{
    json_key(out, key);
    json_put_quantity(out, value);
}

static void put_buffer(struct json_writer *out, struct buffer *text)
{
    json_put_string(out, buffer_bytes(text));
    buffer_free(text);
}

static void put_id(struct json_writer *out, const struct peer_id *id)
{
    struct buffer text = {0};
    peer_id_put_text(&text, id);
    put_buffer(out, &text);
}

static void put_addr(struct json_writer *out, bytes addr)
{
    struct buffer text = {0};
    if (multiaddr_check(addr) == LOFT_OK)
        multiaddr_put_text(&text, addr);
    put_buffer(out, &text);
}

/* With the peer's id at the end, as others dial it. */
static void put_full_addr(struct json_writer *out, bytes addr,
                          const struct peer_id *id)
{
    struct buffer whole = {0};
    buffer_put_bytes(&whole, addr);
    multiaddr_put_peer(&whole, id);
    put_addr(out, buffer_bytes(&whole));
    buffer_free(&whole);
}

static void put_protocols(struct json_writer *out, const struct peer_info *info)
{
    json_key(out, "protocols");
    json_begin_array(out);
    for (size_t i = 0; i < info->protocol_count; i++)
        json_put_text(out, info->protocols[i]);
    json_end_array(out);
}

static void put_addrs(struct json_writer *out, const struct peer_info *info)
{
    json_key(out, "addresses");
    json_begin_array(out);
    for (size_t i = 0; i < info->addr_count; i++)
        put_addr(out, info->addrs[i]);
    json_end_array(out);
}

static void put_traffic(struct json_writer *out, const struct peer_info *info)
{
    const struct peer_link_stats *stats = &info->stats;
    put_quantity(out, "streamsIn", stats->streams_in);
    put_quantity(out, "streamsOut", stats->streams_out);
    put_quantity(out, "bytesIn", stats->bytes_in);
    put_quantity(out, "bytesOut", stats->bytes_out);
    put_quantity(out, "memoryBytes", stats->memory_bytes);
}

static void put_peer(struct json_writer *out, const struct peer_info *info)
{
    json_begin_object(out);
    json_key(out, "id");
    put_id(out, &info->id);
    json_key(out, "agent");
    json_put_text(out, info->agent);
    json_key(out, "protocolVersion");
    json_put_text(out, info->protocol_version);
    json_key(out, "direction");
    json_put_text(out, info->is_dialer ? "out" : "in");
    json_key(out, "address");
    put_addr(out, info->remote_addr);
    put_quantity(out, "connectedSeconds", info->connected_ms / 1000);
    json_key(out, "roundTripMicroseconds");
    if (info->round_trip_us)
        json_put_quantity(out, info->round_trip_us);
    else
        json_put_null(out);
    put_traffic(out, info);
    put_protocols(out, info);
    put_addrs(out, info);
    json_end_object(out);
}

/* Reading */

static bool param_peer(struct rpc_call *call, struct peer_id *out, unsigned at)
{
    bytes text;
    return (json_read_string(&text, call->params[at]) == LOFT_OK &&
            peer_id_read_text(out, text) == LOFT_OK) ||
           rpc_param_wrong(call, at);
}

/* An address, or an id alone: *has_id then. */
static bool param_target(struct rpc_call *call, struct buffer *addr,
                         struct peer_id *id, bool *has_id)
{
    bytes text;
    loft_err err = json_read_string(&text, call->params[0]);
    *has_id = err == LOFT_OK && text.len > 0 && text.at[0] != '/';
    if (err == LOFT_OK)
        err = *has_id ? peer_id_read_text(id, text)
                      : multiaddr_read_text(addr, text);
    return err == LOFT_OK || rpc_param_wrong(call, 0);
}

static bool param_optional(struct rpc_call *call, uint64_t *out, unsigned at,
                           uint64_t initial, uint64_t most)
{
    *out = initial;
    if (call->params[at] && !rpc_param_quantity(call, out, at))
        return false;
    return *out <= most || rpc_fail(call, RPC_INVALID_PARAMS,
                                    "invalid argument %u: more than %llu", at,
                                    (unsigned long long)most);
}

/* Waiting: the call sleeps until there is an outcome. */

struct wait {
    uint64_t id;
    struct peer_outcome outcome;
};

static bool begin_wait(struct rpc_call *call, struct wait **out)
{
    *out = ARENA_NEW(call->arena, struct wait);
    return call->place != RPC_ANYWHERE ||
           rpc_fail(call, RPC_SERVER_ERROR, "no place to wait for a peer");
}

/* False: rpc_go() or rpc_fail() was called. */
static bool has_outcome(struct rpc_call *call, rpc_function *again,
                        struct wait *wait)
{
    if (!peer_actions_take(call->host->peer_actions, wait->id, &wait->outcome))
        return rpc_go(call, RPC_WHEN_WOKEN, again, wait);
    return wait->outcome.is_good ||
           rpc_fail(call, RPC_SERVER_ERROR, "%s", wait->outcome.why);
}

/* The methods */

bool loft_peer_id(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    const struct peer_host *host = call->host->peers;
    bytes addr;
    if (!has_peers(call))
        return false;
    const struct peer_id *id = peer_host_id(host);
    json_begin_object(out);
    json_key(out, "id");
    put_id(out, id);
    json_key(out, "addresses");
    json_begin_array(out);
    for (size_t i = 0; peer_host_addr(host, i, &addr); i++)
        put_full_addr(out, addr, id);
    json_end_array(out);
    put_quantity(out, "peers", peer_host_count(host));
    json_end_object(out);
    return true;
}

bool loft_peers(struct rpc_call *call)
{
    const struct peer_host *host = call->host->peers;
    struct peer_id id;
    struct peer_info info;
    if (!has_peers(call))
        return false;
    json_begin_array(call->out);
    for (size_t i = 0; peer_host_peer_at(host, i, &id); i++)
        if (peer_host_info(host, &id, &info))
            put_peer(call->out, &info);
    json_end_array(call->out);
    return true;
}

static bool await_connection(struct rpc_call *call)
{
    struct wait *wait = call->kept;
    struct peer_info info;
    if (!has_outcome(call, await_connection, wait))
        return false;
    if (!peer_host_info(call->host->peers, &wait->outcome.peer, &info))
        return rpc_fail(call, RPC_SERVER_ERROR, "the peer has left again");
    put_peer(call->out, &info);
    return true;
}

bool loft_peer_connect(struct rpc_call *call)
{
    struct buffer addr = {0};
    struct peer_id id;
    struct wait *wait;
    bool has_id;
    if (!has_peers(call) || !param_target(call, &addr, &id, &has_id) ||
        !begin_wait(call, &wait)) {
        buffer_free(&addr);
        return false;
    }
    loft_err err = peer_actions_connect(call->host->peer_actions, &wait->id,
                                        has_id ? &id : NULL,
                                        buffer_bytes(&addr));
    buffer_free(&addr);
    if (err != LOFT_OK)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
    call->kept = wait;
    return await_connection(call);
}

bool loft_peer_disconnect(struct rpc_call *call)
{
    struct peer_id id;
    if (!has_peers(call) || !param_peer(call, &id, 0))
        return false;
    json_put_bool(call->out, peer_host_is_connected(call->host->peers, &id));
    peer_host_disconnect(call->host->peers, &id);
    return true;
}

static bool await_ping(struct rpc_call *call)
{
    struct wait *wait = call->kept;
    if (!has_outcome(call, await_ping, wait))
        return false;
    json_begin_object(call->out);
    put_quantity(call->out, "roundTripMicroseconds",
                 wait->outcome.round_trip_us);
    json_end_object(call->out);
    return true;
}

bool loft_peer_ping(struct rpc_call *call)
{
    struct peer_id id;
    struct wait *wait;
    if (!has_peers(call) || !param_peer(call, &id, 0) ||
        !begin_wait(call, &wait))
        return false;
    if (peer_actions_ping(call->host->peer_actions, &wait->id, &id) != LOFT_OK)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
    call->kept = wait;
    return await_ping(call);
}

static bool await_perf(struct rpc_call *call)
{
    struct wait *wait = call->kept;
    const struct perf_result *result = &wait->outcome.perf;
    if (!has_outcome(call, await_perf, wait))
        return false;
    json_begin_object(call->out);
    put_quantity(call->out, "uploadBytes", result->upload_bytes);
    put_quantity(call->out, "downloadBytes", result->download_bytes);
    put_quantity(call->out, "uploadMicroseconds", result->upload_us);
    put_quantity(call->out, "downloadMicroseconds", result->download_us);
    json_end_object(call->out);
    return true;
}

bool loft_peer_perf(struct rpc_call *call)
{
    struct peer_id id;
    struct perf_order order = {.ms_max = PERF_MS};
    struct wait *wait;
    if (!has_peers(call) || !param_peer(call, &id, 0) ||
        !param_optional(call, &order.upload_bytes, 1, 0, PERF_BYTES_MAX) ||
        !param_optional(call, &order.download_bytes, 2, 0, PERF_BYTES_MAX) ||
        !begin_wait(call, &wait))
        return false;
    if (peer_actions_perf(call->host->peer_actions, &wait->id, &id, &order) !=
        LOFT_OK)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
    call->kept = wait;
    return await_perf(call);
}

bool loft_peer_ban(struct rpc_call *call)
{
    struct peer_id id;
    uint64_t seconds;
    const char *why = "by its operator";
    if (!has_peers(call) || !param_peer(call, &id, 0) ||
        !param_optional(call, &seconds, 1, 0, BAN_SECONDS_MAX))
        return false;
    if (call->params[2] && json_read_text(&why, call->params[2]) != LOFT_OK)
        return rpc_param_wrong(call, 2);
    if (peer_id_equal(&id, peer_host_id(call->host->peers)))
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 0: the peer is this one");
    peer_host_ban(call->host->peers, &id, seconds * 1000, why);
    json_put_bool(call->out, true);
    return true;
}

bool loft_peer_unban(struct rpc_call *call)
{
    struct peer_id id;
    if (!has_peers(call) || !param_peer(call, &id, 0))
        return false;
    json_put_bool(call->out, peer_host_is_banned(call->host->peers, &id));
    peer_host_unban(call->host->peers, &id);
    return true;
}

static void put_ban(struct json_writer *out, const struct peer_entry *entry)
{
    json_begin_object(out);
    json_key(out, "id");
    put_id(out, &entry->id);
    json_key(out, "until");
    if (entry->banned_until_ms == UINT64_MAX)
        json_put_null(out);
    else
        json_put_quantity(out, entry->banned_until_ms / 1000);
    json_key(out, "why");
    json_put_text(out, entry->banned_why);
    json_end_object(out);
}

bool loft_peer_bans(struct rpc_call *call)
{
    if (!has_peers(call))
        return false;
    const struct peer_store *store = peer_host_store(call->host->peers);
    json_begin_array(call->out);
    for (size_t i = 0; i < peer_store_count(store); i++) {
        struct peer_entry entry;
        peer_store_at(store, i, &entry);
        if (peer_host_is_banned(call->host->peers, &entry.id))
            put_ban(call->out, &entry);
    }
    json_end_array(call->out);
    return true;
}

bool net_peer_count(struct rpc_call *call)
{
    const struct peer_host *host = call->host->peers;
    json_put_quantity(call->out, host ? peer_host_count(host) : 0);
    return true;
}

/* As geth has it, of what libp2p knows. */
static void put_admin_peer(struct json_writer *out,
                           const struct peer_info *info)
{
    json_begin_object(out);
    json_key(out, "id");
    put_id(out, &info->id);
    json_key(out, "name");
    json_put_text(out, info->agent);
    json_key(out, "caps");
    json_begin_array(out);
    for (size_t i = 0; i < info->protocol_count; i++)
        json_put_text(out, info->protocols[i]);
    json_end_array(out);
    json_key(out, "network");
    json_begin_object(out);
    json_key(out, "remoteAddress");
    put_addr(out, info->remote_addr);
    json_key(out, "inbound");
    json_put_bool(out, !info->is_dialer);
    json_end_object(out);
    json_end_object(out);
}

bool admin_peers(struct rpc_call *call)
{
    const struct peer_host *host = call->host->peers;
    struct peer_id id;
    struct peer_info info;
    json_begin_array(call->out);
    for (size_t i = 0; host && peer_host_peer_at(host, i, &id); i++)
        if (peer_host_info(host, &id, &info))
            put_admin_peer(call->out, &info);
    json_end_array(call->out);
    return true;
}
