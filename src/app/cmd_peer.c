/* The node's peers: who they are, and what may be done about them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/node_client.h"
#include "app/output.h"

#define PERF_BYTES ((uint64_t)100 << 20)
#define PERF_BYTES_MAX ((uint64_t)1 << 32)
#define PERF_SECONDS 60
#define PINGS_MAX 1000
#define PING_PAUSE_MS 1000

static const struct field peer_fields[] = {
    {"agent", "agent", FIELD_TEXT},
    {"address", "address", FIELD_TEXT},
    {"direction", "direction", FIELD_TEXT},
    {"connectedSeconds", "for seconds", FIELD_NUMBER},
    {"roundTripMicroseconds", "round trip us", FIELD_NUMBER},
    {"streamsIn", "streams in", FIELD_NUMBER},
    {"streamsOut", "streams out", FIELD_NUMBER},
    {"bytesIn", "bytes in", FIELD_NUMBER},
    {"bytesOut", "bytes out", FIELD_NUMBER},
};

static const char *text_of(struct node_client *node, const struct json *value)
{
    bytes text = BYTES_EMPTY;
    if (json_read_string(&text, value) != LOFT_OK)
        return "";
    return output_clean(node->arena, text);
}

static void show_peer(struct node_client *node, const struct json *peer)
{
    output_title("%s", text_of(node, json_get(peer, "id")));
    output_fields(node->arena, peer, peer_fields, ARRAY_LEN(peer_fields));
}

/* Asks with the first operand alone. */
static loft_err ask_of_peer(struct node_client *node,
                            const struct json **result, const char *method)
{
    struct json_writer *params = node_begin(node, method);
    json_put_text(params, node->line->argv[0]);
    return node_end(node, result);
}

static loft_err show_id(struct node_client *node)
{
    const struct json *result;
    TRY(node_ask(node, &result, "loft_peerId"));
    if (output_is_json(node->line)) {
        output_value(result);
        return LOFT_OK;
    }
    const struct json *addresses = json_get(result, "addresses");
    output_line("id", "%s", text_of(node, json_get(result, "id")));
    for (size_t i = 0; i < json_len(addresses); i++)
        output_line(i ? "" : "addresses", "%s",
                    text_of(node, json_at(addresses, i)));
    return LOFT_OK;
}

static loft_err list_peers(struct node_client *node)
{
    const struct json *peers;
    TRY(node_ask(node, &peers, "loft_peers"));
    if (output_is_json(node->line)) {
        output_value(peers);
        return LOFT_OK;
    }
    for (size_t i = 0; i < json_len(peers); i++)
        show_peer(node, json_at(peers, i));
    if (json_len(peers) == 0)
        puts("no peers are connected");
    return LOFT_OK;
}

static loft_err connect_peer(struct node_client *node)
{
    const struct json *peer;
    TRY(ask_of_peer(node, &peer, "loft_peerConnect"));
    if (output_is_json(node->line))
        output_value(peer);
    else
        show_peer(node, peer);
    return LOFT_OK;
}

/* What a method did, or that there was nothing to do. */
static loft_err show_done(struct node_client *node, const struct json *result,
                          const char *done, const char *not_done)
{
    bool is_done = false;
    TRY(json_read_bool(&is_done, result));
    if (output_is_json(node->line))
        output_value(result);
    else
        puts(is_done ? done : not_done);
    return LOFT_OK;
}

static loft_err disconnect_peer(struct node_client *node)
{
    const struct json *result;
    TRY(ask_of_peer(node, &result, "loft_peerDisconnect"));
    return show_done(node, result, "disconnected", "was not connected");
}

static loft_err unban_peer(struct node_client *node)
{
    const struct json *result;
    TRY(ask_of_peer(node, &result, "loft_peerUnban"));
    return show_done(node, result, "may connect again", "was not banned");
}

static loft_err ban_peer(struct node_client *node)
{
    const struct command_line *line = node->line;
    const struct json *result;
    const char *why = command_option(line, "--why");
    uint64_t seconds = 0;
    TRY(command_number(line, "--seconds", &seconds, 1, UINT32_MAX));
    struct json_writer *params = node_begin(node, "loft_peerBan");
    json_put_text(params, line->argv[0]);
    json_put_quantity(params, seconds);
    if (why)
        json_put_text(params, why);
    TRY(node_end(node, &result));
    return show_done(node, result, "banned", "not banned");
}

static loft_err list_bans(struct node_client *node)
{
    static const struct field fields[] = {
        {"until", "until", FIELD_TIME},
        {"why", "why", FIELD_TEXT},
    };
    const struct json *bans;
    TRY(node_ask(node, &bans, "loft_peerBans"));
    if (output_is_json(node->line)) {
        output_value(bans);
        return LOFT_OK;
    }
    for (size_t i = 0; i < json_len(bans); i++) {
        const struct json *ban = json_at(bans, i);
        output_title("%s", text_of(node, json_get(ban, "id")));
        output_fields(node->arena, ban, fields, ARRAY_LEN(fields));
    }
    if (json_len(bans) == 0)
        puts("nobody is banned");
    return LOFT_OK;
}

static loft_err ping_once(struct node_client *node)
{
    const struct json *result;
    uint64_t us = 0;
    TRY(ask_of_peer(node, &result, "loft_peerPing"));
    if (output_is_json(node->line)) {
        output_value(result);
        return LOFT_OK;
    }
    TRY(json_read_quantity_u64(&us, json_get(result, "roundTripMicroseconds")));
    printf("answered in %" PRIu64 ".%03" PRIu64 " ms\n", us / 1000, us % 1000);
    return LOFT_OK;
}

static loft_err ping_peer(struct node_client *node)
{
    uint64_t count = 1;
    TRY(command_number(node->line, "--count", &count, 1, PINGS_MAX));
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            TRY(node_wait(node, PING_PAUSE_MS));
        TRY(ping_once(node));
    }
    return LOFT_OK;
}

static loft_err show_speed(const struct json *result, const char *label,
                           const char *bytes_key, const char *us_key)
{
    uint64_t len = 0, us = 0;
    TRY(json_read_quantity_u64(&len, json_get(result, bytes_key)));
    TRY(json_read_quantity_u64(&us, json_get(result, us_key)));
    if (len > 0)
        output_line(label, "%.1f MB/s (%" PRIu64 " bytes in %.3f s)",
                    us ? (double)len / (double)us : 0, len, (double)us / 1e6);
    return LOFT_OK;
}

static loft_err measure_peer(struct node_client *node)
{
    const struct command_line *line = node->line;
    const struct json *result;
    uint64_t up = PERF_BYTES, down = PERF_BYTES;
    TRY(command_number(line, "--upload", &up, 0, PERF_BYTES_MAX));
    TRY(command_number(line, "--download", &down, 0, PERF_BYTES_MAX));
    struct json_writer *params = node_begin(node, "loft_peerPerf");
    json_put_text(params, line->argv[0]);
    json_put_quantity(params, up);
    json_put_quantity(params, down);
    TRY(node_end(node, &result));
    if (output_is_json(line)) {
        output_value(result);
        return LOFT_OK;
    }
    TRY(show_speed(result, "upload", "uploadBytes", "uploadMicroseconds"));
    return show_speed(result, "download", "downloadBytes",
                      "downloadMicroseconds");
}

#define RUN(function, work)                              \
    static int function(const struct command_line *line) \
    {                                                    \
        return node_command(line, work);                 \
    }

RUN(run_id, show_id)
RUN(run_list, list_peers)
RUN(run_connect, connect_peer)
RUN(run_disconnect, disconnect_peer)
RUN(run_ping, ping_peer)
RUN(run_perf, measure_peer)
RUN(run_ban, ban_peer)
RUN(run_unban, unban_peer)
RUN(run_bans, list_bans)

const struct command command_peer_id = {
    .name = "peer id",
    .operands = "",
    .summary = "who the node is among peers, and at which addresses",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_id,
};

const struct command command_peer_list = {
    .name = "peer list",
    .operands = "",
    .summary = "the peers that are connected",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_list,
};

const struct command command_peer_connect = {
    .name = "peer connect",
    .operands = "ADDRESS",
    .least = 1,
    .most = 1,
    .summary = "connect to a peer, and wait for that",
    .help = "ADDRESS is where it is and, best, who: "
            "/ip4/192.0.2.1/tcp/4001/p2p/12D3Koo...\nThe id alone will do for "
            "a peer that the node has met. Without \"/p2p/\" whoever\nanswers "
            "is connected.\n",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_connect,
};

const struct command command_peer_disconnect = {
    .name = "peer disconnect",
    .operands = "PEER",
    .least = 1,
    .most = 1,
    .summary = "end the connection to a peer",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_disconnect,
};

const struct command command_peer_ping = {
    .name = "peer ping",
    .operands = "PEER",
    .least = 1,
    .most = 1,
    .summary = "how long a peer takes to answer",
    .options = (const struct command_option[]){NODE_OPTIONS,
                                               {"--count", "N",
                                                "so often, a second apart (1)"},
                                               {0}},
    .run = run_ping,
};

const struct command command_peer_perf = {
    .name = "peer perf",
    .operands = "PEER",
    .least = 1,
    .most = 1,
    .summary = "how fast bytes go to a peer and come from it",
    .help = "The peer has to serve this, as loftd does with --peer-perf.\n",
    .options = (const struct command_option[]){NODE_OPTIONS,
                                               {"--upload", "BYTES",
                                                "send so many (104857600)"},
                                               {"--download", "BYTES",
                                                "ask for so many (104857600)"},
                                               {0}},
    .timeout_seconds = PERF_SECONDS,
    .run = run_perf,
};

const struct command command_peer_ban = {
    .name = "peer ban",
    .operands = "PEER",
    .least = 1,
    .most = 1,
    .summary = "have nothing to do with a peer any more",
    .help = "Its connection ends, and it gets no other, from restart to "
            "restart.\n",
    .options =
        (const struct command_option[]){
            NODE_OPTIONS,
            {"--seconds", "N", "for so long (until loft peer unban)"},
            {"--why", "TEXT", "for whoever reads the list of bans"},
            {0}},
    .run = run_ban,
};

const struct command command_peer_unban = {
    .name = "peer unban",
    .operands = "PEER",
    .least = 1,
    .most = 1,
    .summary = "let a peer connect again",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_unban,
};

const struct command command_peer_bans = {
    .name = "peer bans",
    .operands = "",
    .summary = "who is banned, and why",
    .options = (const struct command_option[]){NODE_OPTIONS, {0}},
    .run = run_bans,
};
