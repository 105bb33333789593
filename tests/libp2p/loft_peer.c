/* A peer of ours that does what it is told: see PEERS.md.
 *
 * Each command is a task that is asked, whenever something happened, whether
 * it has come to its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "io/loop.h"
#include "p2p/gossip.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_actions.h"
#include "p2p/peer_host.h"
#include "p2p/perf.h"
#include "p2p/relay.h"
#include "p2p/relay_transport.h"
#include "p2p/tcp_transport.h"

#define ECHO_NAME "/loft/echo/1.0.0"
#define CHUNK ((size_t)64 << 10)
#define POLL_MS 20
#define WAIT_MS 30000
#define LISTEN_MAX 4

struct task;

typedef bool task_poll(struct task *task); /* true: it is answered */

struct echo_run {
    uint64_t left_to_send, left_to_come, position;
    bool differs, is_over;
    struct peer_stream *stream;
};

/* A message that came. */
struct heard {
    struct heard *next;
    struct peer_id from;
    uint64_t at_ms;
    struct buffer topic, text;
};

struct task {
    struct task *next;
    task_poll *poll;
    uint64_t id, action, started_ns;
    struct peer_id peer;
    struct buffer addr;
    unsigned left; /* pings to come */
    struct echo_run echo;
    struct buffer found; /* numbers, separated by commas */
    char why[PEER_OUTCOME_WHY_BYTES];
};

static struct loop *loop;
static struct tcp_transport *tcp;
static struct relay_transport *relayed;
static struct peer_host *host;
static struct peer_actions *actions;
static struct gossip *gossip;
static struct heard *heard; /* the latest first */
static struct task *tasks;
static struct loop_timer *timer;
static struct buffer input;
static uint8_t pattern[CHUNK];

/* --- answers ------------------------------------------------------------- */

static double elapsed_ms(const struct task *task)
{
    return (double)(clock_monotonic_ns() - task->started_ns) / 1e6;
}

static void write_line(struct buffer *line)
{
    buffer_put_byte(line, '\n');
    for (size_t done = 0; done < line->len;) {
        ssize_t n = write(STDOUT_FILENO, line->at + done, line->len - done);
        if (n < 0 && errno != EINTR)
            exit(0); /* nobody listens any more */
        done += n > 0 ? (size_t)n : 0;
    }
    VEC_FREE(line);
}

/* rest begins with a comma, or is empty. */
static void answer(uint64_t id, const char *rest)
{
    struct buffer line = {0};
    buffer_printf(&line, "{\"id\":%llu%s}", (unsigned long long)id, rest);
    write_line(&line);
}

static void answer_error(uint64_t id, const char *why)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    json_begin_object(&json);
    json_key(&json, "id");
    json_put_u64(&json, id);
    json_key(&json, "error");
    json_put_text(&json, why);
    json_end_object(&json);
    write_line(&text);
}

static void answer_text(uint64_t id, const char *key, bytes value)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    json_begin_object(&json);
    json_key(&json, "id");
    json_put_u64(&json, id);
    json_key(&json, key);
    json_put_string(&json, value);
    json_end_object(&json);
    write_line(&text);
}

static void put_multiaddr(struct json_writer *json, bytes addr)
{
    struct buffer text = {0};
    multiaddr_put_text(&text, addr);
    json_put_string(json, buffer_bytes(&text));
    VEC_FREE(&text);
}

/* --- echo ---------------------------------------------------------------- */

static void serve_echo(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    if (!peer_stream_send(stream, data))
        peer_stream_reset(stream);
    else if (peer_stream_room(stream) < 2 * CHUNK)
        peer_stream_pause(stream, true);
}

static void serve_more(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_pause(stream, false);
}

static void serve_end(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_finish(stream);
}

static const struct peer_stream_calls SERVE_ECHO = {
    .got = serve_echo, .drained = serve_more, .finished = serve_end};

static void send_pattern(void *context, struct peer_stream *stream)
{
    struct echo_run *run = context;
    while (run->left_to_send > 0) {
        size_t len = run->left_to_send < CHUNK ? run->left_to_send : CHUNK;
        if (!peer_stream_send(stream, bytes_of(pattern, len)))
            return;
        run->left_to_send -= len;
    }
    peer_stream_finish(stream);
}

static void compare(void *context, struct peer_stream *stream, bytes data)
{
    (void)stream;
    struct echo_run *run = context;
    while (data.len > 0) {
        size_t at = run->position % CHUNK;
        size_t len = data.len < CHUNK - at ? data.len : CHUNK - at;
        run->differs |= memcmp(pattern + at, data.at, len) != 0;
        run->position += len;
        data = bytes_of(data.at + len, data.len - len);
    }
}

static void echo_over(void *context, struct peer_stream *stream,
                      enum peer_stream_end end)
{
    (void)stream, (void)end;
    struct echo_run *run = context;
    run->is_over = true;
    run->stream = NULL;
    loop_timer_start(timer, 0);
}

static const struct peer_stream_calls ASK_ECHO = {
    .got = compare, .drained = send_pattern, .ended = echo_over};
static const struct peer_stream_calls NO_CALLS = {0};

static bool poll_echo(struct task *task)
{
    char rest[64];
    struct echo_run *run = &task->echo;
    bool is_whole = run->position == run->left_to_come && !run->differs;
    if (!run->is_over)
        return false;
    snprintf(rest, sizeof rest, ",\"ms\":%f", elapsed_ms(task));
    if (is_whole)
        answer(task->id, rest);
    else
        answer_error(task->id, "other bytes came back, or not all");
    return true;
}

static loft_err begin_echo(struct task *task, const struct json *command)
{
    static const char *const NAMES[] = {ECHO_NAME};
    struct echo_run *run = &task->echo;
    TRY(json_get_u64(&run->left_to_send, command, "bytes"));
    run->left_to_come = run->left_to_send;
    run->stream = peer_host_open_stream(host, &task->peer, NAMES, 1, &ASK_ECHO,
                                        run);
    if (!run->stream)
        return err_say(LOFT_ERR_NOT_FOUND, "no stream to this peer");
    send_pattern(run, run->stream);
    task->poll = poll_echo;
    return LOFT_OK;
}

/* --- dial, ping, perf ---------------------------------------------------- */

static bool poll_dial(struct task *task)
{
    char rest[256];
    struct buffer id = {0};
    if (task->why[0]) {
        answer_error(task->id, task->why);
        return true;
    }
    if (!peer_host_is_connected(host, &task->peer))
        return false;
    peer_id_put_text(&id, &task->peer);
    snprintf(rest, sizeof rest, ",\"peer\":\"%.*s\",\"ms\":%f", (int)id.len,
             (const char *)id.at, elapsed_ms(task));
    answer(task->id, rest);
    VEC_FREE(&id);
    return true;
}

static void on_connected(void *context, const struct peer_id *peer)
{
    (void)context, (void)peer;
    loop_timer_start(timer, 0);
}

static void on_failed(void *context, const struct peer_id *peer,
                      const char *why)
{
    (void)context;
    for (struct task *task = tasks; task; task = task->next)
        if (task->poll == poll_dial && peer && peer_id_equal(&task->peer, peer))
            snprintf(task->why, sizeof task->why, "%s", why);
    loop_timer_start(timer, 0);
}

static const struct peer_watcher WATCHER = {.connected = on_connected,
                                            .failed = on_failed};

static loft_err begin_dial(struct task *task, const struct json *command)
{
    struct multiaddr_part part = {0};
    bytes addr = buffer_bytes(&task->addr);
    (void)command;
    for (bytes rest = addr; rest.len > 0;)
        TRY(multiaddr_next(&part, &rest));
    if (part.code != MULTIADDR_P2P)
        return err_say(LOFT_ERR_USAGE, "the address names no peer");
    TRY(peer_id_read(&task->peer, part.value));
    task->poll = poll_dial;
    return peer_host_connect(host, &task->peer, &addr, 1);
}

static bool poll_ping(struct task *task)
{
    struct peer_outcome outcome;
    if (!peer_actions_take(actions, task->action, &outcome))
        return false;
    if (outcome.is_good)
        buffer_printf(&task->found, "%s%f", task->found.len ? "," : "",
                      (double)outcome.round_trip_us / 1e3);
    if (outcome.is_good && --task->left > 0) {
        if (peer_actions_ping(actions, &task->action, &task->peer) == LOFT_OK)
            return false;
        snprintf(outcome.why, sizeof outcome.why, "%s", err_sentence());
        outcome.is_good = false;
    }
    if (outcome.is_good) {
        struct buffer rest = {0};
        buffer_printf(&rest, ",\"ms\":[%.*s]", (int)task->found.len,
                      (const char *)task->found.at);
        buffer_put_byte(&rest, 0);
        answer(task->id, (const char *)rest.at);
        VEC_FREE(&rest);
    } else {
        answer_error(task->id, outcome.why);
    }
    return true;
}

static loft_err begin_ping(struct task *task, const struct json *command)
{
    uint64_t count = 1;
    if (json_get(command, "count"))
        TRY(json_get_u64(&count, command, "count"));
    task->left = (unsigned)count;
    task->poll = poll_ping;
    return peer_actions_ping(actions, &task->action, &task->peer);
}

static bool poll_perf(struct task *task)
{
    char rest[64];
    struct peer_outcome outcome;
    if (!peer_actions_take(actions, task->action, &outcome))
        return false;
    snprintf(rest, sizeof rest, ",\"ms\":%f", elapsed_ms(task));
    if (outcome.is_good && outcome.perf.is_complete)
        answer(task->id, rest);
    else
        answer_error(task->id,
                     outcome.is_good ? "not all of it passed" : outcome.why);
    return true;
}

static loft_err begin_perf(struct task *task, const struct json *command)
{
    struct perf_order order = {.ms_max = WAIT_MS};
    TRY(json_get_u64(&order.upload_bytes, command, "up"));
    TRY(json_get_u64(&order.download_bytes, command, "down"));
    task->poll = poll_perf;
    return peer_actions_perf(actions, &task->action, &task->peer, &order);
}

/* --- who is there -------------------------------------------------------- */

static bool poll_hangup(struct task *task)
{
    if (peer_host_is_connected(host, &task->peer))
        return false;
    answer(task->id, "");
    return true;
}

static loft_err begin_hangup(struct task *task, const struct json *command)
{
    (void)command;
    task->poll = poll_hangup;
    peer_host_disconnect(host, &task->peer);
    return LOFT_OK;
}

static bool poll_peers(struct task *task)
{
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    struct peer_id id;
    json_begin_object(&json);
    json_key(&json, "id");
    json_put_u64(&json, task->id);
    json_key(&json, "peers");
    json_begin_array(&json);
    for (size_t i = 0; peer_host_peer_at(host, i, &id); i++) {
        struct buffer name = {0};
        peer_id_put_text(&name, &id);
        json_put_string(&json, buffer_bytes(&name));
        VEC_FREE(&name);
    }
    json_end_array(&json);
    json_end_object(&json);
    write_line(&text);
    return true;
}

static loft_err begin_peers(struct task *task, const struct json *command)
{
    (void)command;
    task->poll = poll_peers;
    return LOFT_OK;
}

static bool poll_identify(struct task *task)
{
    struct peer_info info;
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    if (!peer_host_info(host, &task->peer, &info) || !info.agent[0])
        return false;
    json_begin_object(&json);
    json_key(&json, "id");
    json_put_u64(&json, task->id);
    json_key(&json, "agent");
    json_put_text(&json, info.agent);
    json_key(&json, "protocols");
    json_begin_array(&json);
    for (size_t i = 0; i < info.protocol_count; i++)
        json_put_text(&json, info.protocols[i]);
    json_end_array(&json);
    json_key(&json, "addrs");
    json_begin_array(&json);
    for (size_t i = 0; i < info.addr_count; i++)
        put_multiaddr(&json, info.addrs[i]);
    json_end_array(&json);
    json_end_object(&json);
    write_line(&text);
    return true;
}

static loft_err begin_identify(struct task *task, const struct json *command)
{
    (void)command;
    task->poll = poll_identify;
    return LOFT_OK;
}

/* The address through a relay, once it stands among ours. */
static bool poll_reserve(struct task *task)
{
    bytes addr;
    struct buffer text = {0};
    for (size_t i = 0; peer_host_addr(host, i, &addr); i++) {
        text.len = 0;
        multiaddr_put_text(&text, addr);
        buffer_put_byte(&text, 0);
        text.len--;
        if (strstr((const char *)text.at, "/p2p-circuit")) {
            struct peer_id id = *peer_host_id(host);
            buffer_printf(&text, "/p2p/");
            peer_id_put_text(&text, &id);
            answer_text(task->id, "addr", buffer_bytes(&text));
            VEC_FREE(&text);
            return true;
        }
    }
    VEC_FREE(&text);
    return false;
}

static loft_err begin_reserve(struct task *task, const struct json *command)
{
    (void)command;
    task->poll = poll_reserve;
    TRY(multiaddr_read_text(&task->addr, bytes_of("/p2p-circuit", 12)));
    return peer_host_listen(host, buffer_bytes(&task->addr));
}

/* --- gossip -------------------------------------------------------------- */

static void hear(void *context, const struct gossip_message *message)
{
    (void)context;
    struct heard *one = calloc(1, sizeof *one);
    if (peer_id_read(&one->from, message->from) != LOFT_OK)
        abort(); /* it was verified */
    one->at_ms = clock_unix_ms();
    buffer_put_bytes(&one->topic, message->topic);
    buffer_put_bytes(&one->text, message->data);
    one->next = heard;
    heard = one;
}

static void forget_heard(void)
{
    for (struct heard *one; (one = heard);) {
        heard = one->next;
        VEC_FREE(&one->topic);
        VEC_FREE(&one->text);
        free(one);
    }
}

static bool poll_done(struct task *task)
{
    answer(task->id, "");
    return true;
}

static loft_err begin_subscribe(struct task *task, const struct json *command)
{
    static const struct gossip_use USE = {.deliver = hear};
    bytes topic;
    TRY(json_get_string(&topic, command, "topic"));
    if (!gossip)
        return err_say(LOFT_ERR_USAGE, "without --gossip there is none");
    task->poll = poll_done;
    return gossip_subscribe(gossip, topic, &USE);
}

static loft_err begin_publish(struct task *task, const struct json *command)
{
    bytes topic, text;
    TRY(json_get_string(&topic, command, "topic"));
    TRY(json_get_string(&text, command, "text"));
    if (!gossip)
        return err_say(LOFT_ERR_USAGE, "without --gossip there is none");
    task->poll = poll_done;
    return gossip_publish(gossip, NULL, topic, text);
}

static void put_heard(struct json_writer *json, const struct heard *one)
{
    struct buffer from = {0};
    peer_id_put_text(&from, &one->from);
    json_begin_object(json);
    json_key(json, "text");
    json_put_string(json, buffer_bytes(&one->text));
    json_key(json, "from");
    json_put_string(json, buffer_bytes(&from));
    json_key(json, "at");
    json_put_u64(json, one->at_ms);
    json_end_object(json);
    VEC_FREE(&from);
}

static loft_err begin_heard(struct task *task, const struct json *command)
{
    bytes topic;
    struct buffer text = {0};
    struct json_writer json = {.out = &text};
    TRY(json_get_string(&topic, command, "topic"));
    json_begin_object(&json);
    json_key(&json, "id");
    json_put_u64(&json, task->id);
    json_key(&json, "messages");
    json_begin_array(&json);
    for (const struct heard *one = heard; one; one = one->next)
        if (bytes_equal(buffer_bytes(&one->topic), topic))
            put_heard(&json, one);
    json_end_array(&json);
    json_end_object(&json);
    write_line(&text);
    return LOFT_OK;
}

static loft_err begin_counts(struct task *task, const struct json *command)
{
    char rest[160];
    struct gossip_stats stats = gossip_stats(gossip);
    (void)command;
    snprintf(rest, sizeof rest, ",\"delivered\":%llu,\"duplicates\":%llu",
             (unsigned long long)stats.router.counts.delivered,
             (unsigned long long)stats.router.counts.duplicates);
    answer(task->id, rest);
    return LOFT_OK;
}

static loft_err begin_stop(struct task *task, const struct json *command)
{
    (void)command;
    answer(task->id, "");
    loop_stop(loop);
    return LOFT_OK;
}

/* --- commands ------------------------------------------------------------ */

static const struct verb {
    const char *name;
    loft_err (*begin)(struct task *task, const struct json *command);
} VERBS[] = {
    {"counts", begin_counts},   {"dial", begin_dial},
    {"echo", begin_echo},       {"hangup", begin_hangup},
    {"heard", begin_heard},     {"identify", begin_identify},
    {"peers", begin_peers},     {"perf", begin_perf},
    {"ping", begin_ping},       {"publish", begin_publish},
    {"reserve", begin_reserve}, {"subscribe", begin_subscribe},
    {"stop", begin_stop},
};

static void task_free(struct task *task)
{
    VEC_FREE(&task->addr);
    VEC_FREE(&task->found);
    free(task);
}

static void task_end(struct task *task)
{
    if (task->echo.stream) {
        peer_stream_use(task->echo.stream, &NO_CALLS, NULL);
        peer_stream_reset(task->echo.stream);
    }
    task_free(task);
}

static loft_err read_task(struct task *task, const struct json *command)
{
    bytes text;
    TRY(json_get_u64(&task->id, command, "id"));
    if (json_get(command, "peer")) {
        TRY(json_get_string(&text, command, "peer"));
        TRY(peer_id_read_text(&task->peer, text));
    }
    if (json_get(command, "addr")) {
        TRY(json_get_string(&text, command, "addr"));
        TRY(multiaddr_read_text(&task->addr, text));
    }
    TRY(json_get_string(&text, command, "do"));
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (bytes_equal(text, bytes_of(VERBS[i].name, strlen(VERBS[i].name))))
            return VERBS[i].begin(task, command);
    return err_say(LOFT_ERR_USAGE, "no such command");
}

static void poll_tasks(void *context)
{
    (void)context;
    for (struct task **at = &tasks; *at;) {
        struct task *task = *at;
        bool is_late = elapsed_ms(task) > 4 * WAIT_MS;
        if (is_late)
            answer_error(task->id, "it takes too long");
        if (is_late || task->poll(task)) {
            *at = task->next;
            task_end(task);
        } else {
            at = &task->next;
        }
    }
    loop_timer_start(timer, POLL_MS);
}

static void begin_command(bytes line)
{
    struct arena arena;
    const struct json *command;
    struct task *task = calloc(1, sizeof *task);
    arena_init(&arena);
    task->started_ns = clock_monotonic_ns();
    if (json_parse(&command, &arena, line, &JSON_FROM_PEER) != LOFT_OK ||
        read_task(task, command) != LOFT_OK) {
        answer_error(task->id, err_sentence());
        task_free(task);
    } else if (!task->poll) {
        task_free(task);
    } else {
        task->next = tasks;
        tasks = task;
    }
    arena_fini(&arena);
    poll_tasks(NULL);
}

static void read_commands(void *context)
{
    (void)context;
    uint8_t *end;
    ssize_t n = read(STDIN_FILENO, buffer_extend(&input, 4096), 4096);
    input.len -= 4096 - (n > 0 ? (size_t)n : 0);
    if (n == 0)
        loop_stop(loop);
    while (input.len && (end = memchr(input.at, '\n', input.len))) {
        size_t len = (size_t)(end - input.at);
        begin_command(bytes_of(input.at, len));
        memmove(input.at, end + 1, input.len - len - 1);
        input.len -= len + 1;
    }
}

/* --- the peer ------------------------------------------------------------ */

struct arguments {
    enum peer_key_type key;
    const char *listen[LISTEN_MAX];
    unsigned listen_count;
    bool is_relay, gossips;
};

static loft_err read_arguments(struct arguments *out, int argc, char **argv)
{
    *out = (struct arguments){.key = PEER_KEY_ED25519};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (!strcmp(argv[i], "--relay"))
            out->is_relay = true;
        else if (!strcmp(argv[i], "--gossip"))
            out->gossips = true;
        else if (!strcmp(argv[i], "--key") && has_value)
            out->key = strcmp(argv[++i], "secp256k1") ? PEER_KEY_ED25519
                                                      : PEER_KEY_SECP256K1;
        else if (!strcmp(argv[i], "--listen") && has_value &&
                 out->listen_count < LISTEN_MAX)
            out->listen[out->listen_count++] = argv[++i];
        else
            return err_say(LOFT_ERR_USAGE, "what is %s?", argv[i]);
    }
    return LOFT_OK;
}

static void greet(void)
{
    struct buffer text = {0}, id = {0};
    struct json_writer json = {.out = &text};
    bytes addr;
    peer_id_put_text(&id, peer_host_id(host));
    json_begin_object(&json);
    json_key(&json, "peer");
    json_put_string(&json, buffer_bytes(&id));
    json_key(&json, "addrs");
    json_begin_array(&json);
    for (size_t i = 0; peer_host_addr(host, i, &addr); i++)
        put_multiaddr(&json, addr);
    json_end_array(&json);
    json_end_object(&json);
    write_line(&text);
    VEC_FREE(&id);
}

static loft_err listen_at(const char *text)
{
    struct buffer addr = {0};
    loft_err err = multiaddr_read_text(&addr, bytes_of(text, strlen(text)));
    if (err == LOFT_OK)
        err = peer_host_listen(host, buffer_bytes(&addr));
    VEC_FREE(&addr);
    return err;
}

static loft_err run(const struct arguments *arguments,
                    const struct peer_private_key *key)
{
    static const struct peer_protocol ECHO = {.name = ECHO_NAME,
                                              .calls = &SERVE_ECHO};
    struct transport below = tcp_transport_of(tcp);
    relayed = relay_transport_new(&below);
    struct peer_host_config config = {.identity = key,
                                      .transport = relay_transport_of(relayed),
                                      .agent = "loft/" LOFT_VERSION};
    TRY(peer_host_open(&host, &config));
    relay_transport_bind(relayed, host, clock_unix_ms());
    peer_host_handle(host, &ECHO, NULL);
    struct perf_server *perf = perf_serve(host, &PERF_LIMITS);
    struct relay_limits limits = RELAY_LIMITS;
    limits.circuit_s = 0;
    limits.circuit_bytes_max = 0;
    struct relay *relay = arguments->is_relay
                              ? relay_open(host, &limits, clock_unix_ms())
                              : NULL;
    const struct gossip_config gossip_config = {.unix_ms = clock_unix_ms()};
    if (arguments->gossips)
        gossip = gossip_open(host, &gossip_config);
    peer_host_watch(host, &WATCHER, NULL);
    actions = peer_actions_open(host, poll_tasks, NULL);
    loft_err err = LOFT_OK;
    for (unsigned i = 0; err == LOFT_OK && i < arguments->listen_count; i++)
        err = listen_at(arguments->listen[i]);
    if (err == LOFT_OK) {
        greet();
        loop_run(loop);
    }
    while (tasks) {
        struct task *task = tasks;
        tasks = task->next;
        task_end(task);
    }
    peer_actions_close(actions);
    peer_host_close(host);
    gossip_close(gossip);
    forget_heard();
    relay_close(relay);
    perf_server_free(perf);
    relay_transport_free(relayed);
    return err;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct peer_private_key key;
    struct loop_watch *watch = NULL;
    secret32 secret;
    secret_random(&secret);
    for (size_t i = 0; i < CHUNK; i++)
        pattern[i] = (uint8_t)(i * 31 + (i >> 8));
    loft_err err = read_arguments(&arguments, argc, argv);
    if (err == LOFT_OK)
        err = peer_private_key_init(&key, arguments.key, &secret);
    secret_fini(&secret);
    if (err == LOFT_OK)
        err = loop_open(&loop);
    if (err == LOFT_OK) {
        tcp = tcp_transport_new(loop);
        timer = loop_timer_open(loop, poll_tasks, NULL);
        err = loop_watch_open(&watch, loop, STDIN_FILENO, read_commands, NULL);
    }
    if (err == LOFT_OK)
        err = run(&arguments, &key);
    if (err != LOFT_OK)
        fprintf(stderr, "loft_peer: %s\n", err_sentence());
    loop_watch_close(watch);
    loop_timer_close(timer);
    tcp_transport_free(tcp);
    loop_close(loop);
    peer_private_key_fini(&key);
    VEC_FREE(&input);
    return err == LOFT_OK ? 0 : 1;
}
