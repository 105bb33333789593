/* What one hostile peer does to a host below its protocols: for each attack how
 * much memory and how many bytes of answers it is worth at most, whether the
 * connection stands, and the line of the log that names the peer. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "p2p/identify_message.h"
#include "p2p/link_parts.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_host.h"
#include "p2p/test/sim_network.h"

#define VICTIM_IP 0x0a000001u
#define ATTACKER_IP 0x0a000002u
#define GREETING "\x13/multistream/1.0.0\n"
#define MEMORY_BYTES_MAX ((size_t)128 << 10)
#define ANSWER_BYTES_MAX ((uint64_t)96 << 10)
#define STREAMS_AT_ONCE 5000 /* in one message of Noise */
#define STREAMS_A_MS 100

struct scene {
    struct sim_network *network;
    struct peer_private_key keys[2];
    struct peer_host *victim;
    struct transport transport; /* the attacker's */
    struct transport_conn *conn;
    struct peer_link *link;
    bool is_secured, has_ended;
    struct buffer out;
    size_t memory_most;
};

static struct scene scene;

/* The attacker's side: a link up to the end of the handshake. */

static void flush(void)
{
    scene.out.len = 0;
    peer_link_take(scene.link, &scene.out, (size_t)64 << 10);
    if (scene.out.len > 0)
        scene.transport.ops->send(scene.conn, buffer_bytes(&scene.out));
}

static void on_secured(void *context)
{
    (void)context;
    scene.is_secured = true;
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

static const struct peer_link_calls link_calls = {
    .secured = on_secured, .find = find, .output = output};

static void on_connected(void *context)
{
    secret32 keys[2] = {{{7}}, {{9}}};
    (void)context;
    scene.link = peer_link_new(&(struct peer_link_config){
        .is_dialer = true,
        .identity = &scene.keys[1],
        .static_key = &keys[0],
        .ephemeral_key = &keys[1],
        .limits = &PEER_LINK_LIMITS,
        .calls = &link_calls,
    });
    flush();
}

/* Answers after the handshake it does not read. */
static void on_got(void *context, bytes data)
{
    (void)context;
    if (scene.is_secured)
        return;
    assert_int_equal(peer_link_receive(scene.link, data, 0), LOFT_OK);
    flush();
}

static void on_drained(void *context)
{
    (void)context;
}

static void on_ended(void *context, const char *why)
{
    (void)context;
    (void)why;
    scene.has_ended = true;
}

static const struct transport_user user = {on_connected, on_got, on_drained,
                                           on_ended};

static void send_raw(bytes data)
{
    if (!scene.has_ended)
        scene.transport.ops->send(scene.conn, data);
}

static void seal(struct buffer *out, bytes plain)
{
    size_t opened = noise_open_frame(out);
    assert_int_equal(noise_seal(&scene.link->noise.send, out, plain), LOFT_OK);
    noise_close_frame(out, opened);
}

static void say(bytes plain)
{
    struct buffer out = {0};
    seal(&out, plain);
    send_raw(buffer_bytes(&out));
    buffer_free(&out);
}

static void put_frame(struct buffer *out, enum yamux_type type, uint16_t flags,
                      uint32_t stream, uint32_t length)
{
    const struct yamux_header header = {type, flags, stream, length};
    yamux_header_write(buffer_extend(out, YAMUX_HEADER_BYTES), &header);
}

static void say_frame(enum yamux_type type, uint16_t flags, uint32_t stream,
                      uint32_t length)
{
    struct buffer plain = {0};
    put_frame(&plain, type, flags, stream, length);
    say(buffer_bytes(&plain));
    buffer_free(&plain);
}

/* Opens a stream and says this on it, before any answer. */
static void say_on(uint32_t stream, uint16_t flags, bytes text)
{
    struct buffer plain = {0};
    put_frame(&plain, YAMUX_DATA, flags, stream, (uint32_t)text.len);
    buffer_put_bytes(&plain, text);
    say(buffer_bytes(&plain));
    buffer_free(&plain);
}

/* Scenes */

static void make_key(struct peer_private_key *out, uint8_t name)
{
    secret32 secret = {{name, 1}};
    assert_int_equal(peer_private_key_init(out, PEER_KEY_ED25519, &secret),
                     LOFT_OK);
}

static void addr_of(struct buffer *out)
{
    assert_int_equal(
        multiaddr_read_text(out, bytes_str("/ip4/10.0.0.1/tcp/4001")), LOFT_OK);
}

static void run(uint64_t ms)
{
    for (uint64_t i = 0; i < ms; i++) {
        sim_network_run(scene.network, 1);
        size_t now = peer_host_stats(scene.victim).memory_bytes;
        if (now > scene.memory_most)
            scene.memory_most = now;
    }
}

static void begin(void)
{
    struct buffer addr = {0};
    scene = (struct scene){.network = sim_network_new(11)};
    make_key(&scene.keys[0], 1);
    make_key(&scene.keys[1], 2);
    const struct peer_host_config config = {
        .identity = &scene.keys[0],
        .transport = sim_network_transport(scene.network, VICTIM_IP),
        .agent = "test/1",
        .unix_ms = 1700000000000,
    };
    assert_int_equal(peer_host_open(&scene.victim, &config), LOFT_OK);
    addr_of(&addr);
    assert_int_equal(peer_host_listen(scene.victim, buffer_bytes(&addr)),
                     LOFT_OK);
    scene.transport = sim_network_transport(scene.network, ATTACKER_IP);
    assert_int_equal(scene.transport.ops->dial(scene.transport.context,
                                               &scene.conn, buffer_bytes(&addr),
                                               &user, NULL),
                     LOFT_OK);
    buffer_free(&addr);
}

static void begin_secured(void)
{
    begin();
    run(200);
    assert_true(scene.is_secured);
    assert_int_equal(peer_host_count(scene.victim), 1);
}

static void end(void)
{
    scene.transport.ops->close(scene.conn, true);
    peer_link_free(scene.link);
    peer_host_close(scene.victim);
    sim_network_run(scene.network, 2000);
    sim_network_free(scene.network);
    buffer_free(&scene.out);
    peer_private_key_fini(&scene.keys[0]);
    peer_private_key_fini(&scene.keys[1]);
}

/* Attacks of one that has completed the handshake */

static void more_than_the_window(void)
{
    say_frame(YAMUX_DATA, YAMUX_SYN, 1, 256 * 1024 + 1);
}

static void a_number_again(void)
{
    say_frame(YAMUX_WINDOW, YAMUX_SYN, 1, 0);
    say_frame(YAMUX_WINDOW, YAMUX_RST, 1, 0);
    say_frame(YAMUX_WINDOW, YAMUX_SYN, 1, 0);
}

static void a_number_of_the_victims(void)
{
    say_frame(YAMUX_WINDOW, YAMUX_SYN, 400, 0);
}

static void open_many(unsigned at_once)
{
    for (uint32_t stream = 1; stream < 200000 && !scene.has_ended;) {
        struct buffer plain = {0};
        for (unsigned i = 0; i < at_once; i++, stream += 2)
            put_frame(&plain, YAMUX_WINDOW, YAMUX_SYN, stream, 0);
        say(buffer_bytes(&plain));
        buffer_free(&plain);
        run(1);
    }
}

static void many_streams(void)
{
    open_many(STREAMS_A_MS);
}

static void many_pings(void)
{
    for (uint32_t i = 0; i < 1000; i++)
        say_frame(YAMUX_PING, YAMUX_SYN, 0, i);
}

static void data_after_the_end(void)
{
    say_frame(YAMUX_WINDOW, YAMUX_SYN | YAMUX_FIN, 1, 0);
    say_on(1, 0, bytes_str("more"));
}

static void much_data_after_a_reset(void)
{
    static const uint8_t zeros[32768];
    say_frame(YAMUX_WINDOW, YAMUX_SYN, 1, 0);
    say_frame(YAMUX_WINDOW, YAMUX_RST, 1, 0);
    for (int i = 0; i < 9; i++)
        say_on(1, 0, bytes_of(zeros, sizeof zeros));
}

static void a_window_beyond_32_bits(void)
{
    say_frame(YAMUX_WINDOW, YAMUX_SYN, 1, UINT32_MAX);
}

static void another_version(void)
{
    static const uint8_t frame[YAMUX_HEADER_BYTES] = {1};
    say(bytes_of(frame, sizeof frame));
}

static void a_changed_bit(void)
{
    struct buffer out = {0};
    seal(&out, bytes_str("\0\0\0\0\0\0\0\0\0\0\0\0"));
    out.at[out.len - 1] ^= 1;
    send_raw(buffer_bytes(&out));
    buffer_free(&out);
}

static void a_message_twice(void)
{
    struct buffer out = {0}, plain = {0};
    put_frame(&plain, YAMUX_WINDOW, YAMUX_SYN, 1, 0);
    seal(&out, buffer_bytes(&plain));
    send_raw(buffer_bytes(&out));
    send_raw(buffer_bytes(&out));
    buffer_free(&out);
    buffer_free(&plain);
}

static void messages_in_another_order(void)
{
    struct buffer out[2] = {{0}}, plain = {0};
    put_frame(&plain, YAMUX_WINDOW, YAMUX_SYN, 1, 0);
    for (int i = 0; i < 2; i++)
        seal(&out[i], buffer_bytes(&plain));
    send_raw(buffer_bytes(&out[1]));
    send_raw(buffer_bytes(&out[0]));
    buffer_free(&out[0]);
    buffer_free(&out[1]);
    buffer_free(&plain);
}

static void a_message_of_nothing(void)
{
    send_raw(bytes_of((const uint8_t *)"\0\0", 2));
}

/* Those of streams: each ends its stream, and enough of them the connection. */

static void many_times(bytes text)
{
    for (uint32_t i = 0; i < 20; i++)
        say_on(2 * i + 1, YAMUX_SYN, text);
}

static void names_without_end(void)
{
    struct buffer text = {0};
    buffer_put_bytes(&text, bytes_str(GREETING));
    for (int i = 0; i < 1000; i++)
        buffer_put_bytes(&text, bytes_str("\3/a\n"));
    many_times(buffer_bytes(&text));
    buffer_free(&text);
}

static void a_length_of_more_than_may_be(void)
{
    many_times(bytes_str(GREETING "\xff\x7f/a\n"));
}

static void a_length_not_at_its_shortest(void)
{
    many_times(bytes_of((const uint8_t *)GREETING "\x83\0/a\n", 25));
}

static void a_length_without_end(void)
{
    many_times(bytes_str(GREETING "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
}

static void no_greeting(void)
{
    many_times(bytes_str("\7/noise\n"));
}

/* A message that nests, as far as its bytes go: fields of fields. */
static void a_nested_identity(void)
{
    struct buffer text = {0};
    buffer_put_bytes(&text, bytes_str(GREETING "\x14/ipfs/id/push/1.0.0\n"));
    buffer_put_bytes(&text, bytes_str("\xd0\x0f"));
    for (int i = 0; i < 1000; i++)
        buffer_put_bytes(&text, bytes_str("\x0b")); /* groups */
    for (int i = 0; i < 1000; i++)
        buffer_put_bytes(&text, bytes_str("\x0c"));
    for (uint32_t i = 0; i < 10; i++)
        say_on(2 * i + 1, YAMUX_SYN | YAMUX_FIN, buffer_bytes(&text));
    buffer_free(&text);
}

static void a_long_identity(void)
{
    struct buffer text = {0};
    buffer_put_bytes(&text, bytes_str(GREETING "\x14/ipfs/id/push/1.0.0\n"));
    memset(buffer_extend(&text, 30000), 1, 30000);
    for (uint32_t i = 0; i < 10; i++)
        say_on(2 * i + 1, YAMUX_SYN, buffer_bytes(&text));
    buffer_free(&text);
}

static void pushes_without_end(void)
{
    struct buffer text = {0};
    const struct identify_message message = {
        .agent_version = bytes_str("again")};
    buffer_put_bytes(&text, bytes_str(GREETING "\x14/ipfs/id/push/1.0.0\n"));
    identify_put(&text, &message);
    for (uint32_t i = 0; i < 200; i++)
        say_on(2 * i + 1, YAMUX_SYN | YAMUX_FIN, buffer_bytes(&text));
    buffer_free(&text);
}

static void questions_without_end(void)
{
    for (uint32_t i = 0; i < 200; i++)
        say_on(2 * i + 1, YAMUX_SYN | YAMUX_FIN,
               bytes_str(GREETING "\x0f/ipfs/id/1.0.0\n"));
}

static const struct attack {
    const char *name;
    void (*act)(void);
    const char *why; /* as the log has it */
} attacks[] = {
    {"more than the window", more_than_the_window,
     "yamux: 262145 bytes of data where 262144 may come"},
    {"a stream's number again", a_number_again, "yamux: stream 1 opened again"},
    {"a number of the victim's", a_number_of_the_victims,
     "yamux: stream 400 opened, a number of our side"},
    {"a hundred thousand streams", many_streams,
     "yamux: more than 1000 streams opened a second"},
    {"a flood of pings", many_pings, "yamux: more than 20 pings a second"},
    {"data after the end", data_after_the_end,
     "yamux: 4 bytes for stream 1, which is over"},
    {"much data after a reset", much_data_after_a_reset,
     "yamux: 32768 bytes for stream 1, which is over"},
    {"a window beyond 32 bits", a_window_beyond_32_bits,
     "yamux: a window of more than 32 bits"},
    {"another version", another_version, "yamux: version 1"},
    {"a changed bit", a_changed_bit, "noise: "},
    {"a message twice", a_message_twice, "noise: "},
    {"messages in another order", messages_in_another_order, "noise: "},
    {"a message of nothing", a_message_of_nothing, "noise: "},
    {"names without end", names_without_end,
     "multistream: more than 32 protocols proposed"},
    {"a length of more than may be", a_length_of_more_than_may_be,
     "multistream: a message of over 1024 bytes"},
    {"a length not at its shortest", a_length_not_at_its_shortest,
     "multistream: a length that is not in its shortest form"},
    {"a length without end", a_length_without_end,
     "multistream: a message of over 1024 bytes"},
    {"no greeting", no_greeting, "in place of a greeting"},
    {"groups in groups", a_nested_identity, "identify"},
    {"an identity too long", a_long_identity, "identify: too long"},
    {"pushes without end", pushes_without_end, "identify: pushes too often"},
    {"questions without end", questions_without_end,
     "identify: asks too often"},
};

/* The log */

static FILE *log_file;
static int stderr_fd;

static void log_begin(void)
{
    fflush(stderr);
    stderr_fd = dup(2);
    log_file = tmpfile();
    assert_non_null(log_file);
    assert_true(dup2(fileno(log_file), 2) >= 0);
}

/* The caller's to free. */
static char *log_end(void)
{
    struct buffer text = {0};
    fflush(stderr);
    dup2(stderr_fd, 2);
    close(stderr_fd);
    rewind(log_file);
    for (int byte; (byte = fgetc(log_file)) != EOF;)
        buffer_put_byte(&text, (uint8_t)byte);
    buffer_put_byte(&text, 0);
    fclose(log_file);
    return (char *)text.at;
}

/* A line of the event, the attacker's name and the sentence. */
static bool names(const char *log, const char *why)
{
    char start[160];
    struct buffer id = {0};
    const struct peer_id peer = peer_id_of(&scene.keys[1].public);
    peer_id_put_text(&id, &peer);
    snprintf(start, sizeof start, "peer_fault peer=%.*s ", (int)id.len,
             (const char *)id.at);
    buffer_free(&id);
    for (const char *at = log; (at = strstr(at, start)); at++) {
        const char *line_end = strchr(at, '\n');
        const char *found = strstr(at, why);
        if (found && found < line_end)
            return true;
    }
    return false;
}

static void each_attack_is_bounded_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        log_begin();
        begin_secured();
        uint64_t said = peer_host_stats(scene.victim).bytes_out_total;
        attacks[i].act();
        run(500);
        struct peer_host_stats stats = peer_host_stats(scene.victim);
        char *log = log_end();
        print_message("%-30s %6zu bytes held, %6" PRIu64 " answered\n",
                      attacks[i].name, scene.memory_most,
                      stats.bytes_out_total - said);
        if (!names(log, attacks[i].why))
            fail_msg("%s: the log is\n%s", attacks[i].name, log);
        assert_int_equal(peer_host_count(scene.victim), 0);
        assert_int_equal(stats.conns_in, 0);
        assert_int_equal(stats.memory_bytes, 0);
        assert_true(scene.memory_most <= MEMORY_BYTES_MAX);
        assert_true(stats.bytes_out_total - said <= ANSWER_BYTES_MAX);
        free(log);
        end();
    }
}

/* Of the flood of streams the victim looks at as many as may be in a second. */
static void what_follows_a_breach_is_not_looked_at(void **state)
{
    (void)state;
    log_begin();
    begin_secured();
    uint64_t before = peer_host_stats(scene.victim).bytes_in_total;
    open_many(STREAMS_AT_ONCE);
    run(500);
    uint64_t taken = peer_host_stats(scene.victim).bytes_in_total - before;
    free(log_end());
    assert_true(taken <= 2 * STREAMS_AT_ONCE * YAMUX_HEADER_BYTES);
    end();
}

/* Strangers, who have no name yet */

static void a_stranger_that_stops_is_let_go(void **state)
{
    (void)state;
    log_begin();
    begin();
    run(1);
    scene.is_secured = true; /* it answers no more */
    run(PEER_LINK_LIMITS.handshake_ms + 1500);
    char *log = log_end();
    assert_int_equal(peer_host_stats(scene.victim).pending, 0);
    assert_true(scene.has_ended);
    assert_non_null(strstr(log, "peers_refused reason=handshake"));
    assert_non_null(strstr(log, "no handshake within 10000 ms"));
    assert_true(scene.memory_most <= 8192);
    free(log);
    end();
}

/* In place of its last message of the handshake. */
static void a_stranger_that_garbles_is_cut_at_once(void **state)
{
    static const uint8_t garbage[50] = {0, 48, 1, 2, 3};
    (void)state;
    log_begin();
    begin();
    for (int i = 0; i < 200 && peer_host_stats(scene.victim).pending == 0; i++)
        run(1);
    scene.is_secured = true;
    run(200);
    send_raw(bytes_of(garbage, sizeof garbage));
    run(200);
    char *log = log_end();
    assert_true(scene.has_ended);
    assert_int_equal(
        peer_host_stats(scene.victim).refused_total[PEER_HOST_HANDSHAKE], 1);
    assert_non_null(strstr(log, "peers_refused reason=handshake"));
    assert_true(scene.memory_most <= 8192);
    free(log);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attack_is_bounded_and_named),
        cmocka_unit_test(what_follows_a_breach_is_not_looked_at),
        cmocka_unit_test(a_stranger_that_stops_is_let_go),
        cmocka_unit_test(a_stranger_that_garbles_is_cut_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
