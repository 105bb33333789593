/* The whole stack, from protocols to bytes, on a network that breaks: hosts
 * that keep each other connected, and letters between them, each a stream. A
 * letter arrives whole, once, or its sender learns that it may not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/memory.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_host.h"
#include "p2p/test/sim_network.h"

#define HOSTS 8
#define LETTERS_MAX 4096
#define LETTER_BYTES_MAX 400000
#define HEAD_BYTES 8 /* number and length */
#define FIRST_IP 0x0a000001u
#define PORT 4000

struct letter {
    struct member *from, *to;
    uint32_t number, len;
    size_t sent;
    bool is_read;      /* whole, by the other side */
    bool is_confirmed; /* we heard so */
    bool is_over;
    enum peer_stream_end end;
};

struct member {
    struct world *world;
    struct peer_private_key key;
    struct peer_host *host;
    uint32_t ip;
    unsigned lost;
};

struct world {
    struct sim_network *network;
    struct member members[HOSTS];
    struct letter letters[LETTERS_MAX];
    uint32_t count;
};

static uint8_t byte_of(uint32_t number, size_t at)
{
    return (uint8_t)(number * 31 + at * 7 + (at >> 8));
}

/* Reading */

struct reader {
    struct member *member;
    uint8_t head[HEAD_BYTES];
    size_t got;
    unsigned pauses;
};

static void check_letter(const struct reader *reader, bytes data)
{
    uint32_t number = load_be32(reader->head);
    for (size_t i = 0; i < data.len; i++)
        if (data.at[i] != byte_of(number, reader->got + i))
            fail_msg("byte %zu of letter %u", reader->got + i, number);
}

static void reader_got(void *context, struct peer_stream *stream, bytes data)
{
    struct reader *reader = context;
    (void)stream;
    while (data.len > 0 && reader->got < HEAD_BYTES) {
        reader->head[reader->got++] = data.at[0];
        data = bytes_of(data.at + 1, data.len - 1);
    }
    check_letter(reader, data);
    reader->got += data.len;
}

static void reader_finished(void *context, struct peer_stream *stream)
{
    struct reader *reader = context;
    struct world *world = reader->member->world;
    assert_true(reader->got >= HEAD_BYTES);
    struct letter *letter = &world->letters[load_be32(reader->head)];
    assert_ptr_equal(letter->to, reader->member);
    assert_int_equal(reader->got, HEAD_BYTES + load_be32(reader->head + 4));
    assert_int_equal(letter->len, reader->got - HEAD_BYTES);
    assert_false(letter->is_read);
    letter->is_read = true;
    assert_true(peer_stream_send(stream, bytes_str("!")));
    peer_stream_finish(stream);
}

static void reader_ended(void *context, struct peer_stream *stream,
                         enum peer_stream_end end)
{
    (void)stream;
    (void)end;
    free(context);
}

static const struct peer_stream_calls reader_calls = {
    .got = reader_got, .finished = reader_finished, .ended = reader_ended};

static void *accept_letter(void *context, struct peer_stream *stream)
{
    (void)stream;
    struct reader *reader = MEMORY_NEW(struct reader);
    reader->member = context;
    return reader;
}

static const struct peer_protocol post = {
    .name = "/test/post/1", .calls = &reader_calls, .accept = accept_letter};
/* Half of the letters ask for a later version first. */
static const char *const names[] = {"/test/post/2", "/test/post/1"};

/* Writing */

static void write_on(struct letter *letter, struct peer_stream *stream)
{
    uint8_t page[5000];
    while (letter->sent < letter->len) {
        size_t len = letter->len - letter->sent;
        if (len > sizeof page)
            len = sizeof page;
        for (size_t i = 0; i < len; i++)
            page[i] = byte_of(letter->number, HEAD_BYTES + letter->sent + i);
        if (!peer_stream_send(stream, bytes_of(page, len)))
            return;
        letter->sent += len;
    }
    peer_stream_finish(stream);
}

static void letter_drained(void *context, struct peer_stream *stream)
{
    write_on(context, stream);
}

static void letter_got(void *context, struct peer_stream *stream, bytes data)
{
    struct letter *letter = context;
    (void)stream;
    assert_true(bytes_equal(data, bytes_str("!")));
    assert_true(letter->is_read && !letter->is_confirmed);
    letter->is_confirmed = true;
}

static void letter_ended(void *context, struct peer_stream *stream,
                         enum peer_stream_end end)
{
    struct letter *letter = context;
    (void)stream;
    assert_false(letter->is_over);
    letter->is_over = true;
    letter->end = end;
    if (end == PEER_STREAM_DONE)
        assert_true(letter->is_confirmed);
}

static const struct peer_stream_calls letter_calls = {
    .got = letter_got, .drained = letter_drained, .ended = letter_ended};

static struct letter *post_letter(struct member *from, struct member *to,
                                  uint32_t len)
{
    struct world *world = from->world;
    uint8_t head[HEAD_BYTES];
    bool asks_first = world->count & 1;
    assert_true(world->count < LETTERS_MAX);
    struct letter *letter = &world->letters[world->count];
    *letter = (struct letter){
        .from = from, .to = to, .number = world->count, .len = len};
    struct peer_stream *stream = peer_host_open_stream(
        from->host, peer_host_id(to->host), names + !asks_first, 1 + asks_first,
        &letter_calls, letter);
    if (!stream)
        return NULL;
    world->count++;
    store_be32(head, letter->number);
    store_be32(head + 4, len);
    assert_true(peer_stream_send(stream, bytes_of(head, sizeof head)));
    write_on(letter, stream);
    return letter;
}

/* The world */

static void on_disconnected(void *context, const struct peer_id *peer)
{
    struct member *member = context;
    (void)peer;
    member->lost++;
}

static const struct peer_watcher watcher = {.disconnected = on_disconnected};

static struct buffer addr_of(const struct member *member)
{
    struct buffer addr = {0};
    uint8_t at[8] = {MULTIADDR_IP4, 0, 0, 0, 0, MULTIADDR_TCP};
    store_be32(at + 1, member->ip);
    store_be16(at + 6, PORT);
    buffer_put(&addr, at, sizeof at);
    return addr;
}

static void join(struct world *world, unsigned index)
{
    struct member *member = &world->members[index];
    secret32 secret;
    memset(secret.at, (int)index + 1, sizeof secret.at);
    *member = (struct member){.world = world, .ip = FIRST_IP + index};
    assert_int_equal(
        peer_private_key_init(&member->key, PEER_KEY_ED25519, &secret),
        LOFT_OK);
    const struct peer_host_config config = {
        .identity = &member->key,
        .transport = sim_network_transport(world->network, member->ip),
        .agent = "test",
        .unix_ms = 1700000000000,
    };
    struct buffer addr = addr_of(member);
    assert_int_equal(peer_host_open(&member->host, &config), LOFT_OK);
    assert_int_equal(peer_host_listen(member->host, buffer_bytes(&addr)),
                     LOFT_OK);
    peer_host_handle(member->host, &post, member);
    peer_host_watch(member->host, &watcher, member);
    buffer_free(&addr);
}

static struct world *world_new(uint64_t seed)
{
    struct world *world = MEMORY_NEW(struct world);
    world->network = sim_network_new(seed);
    sim_network_delay(world->network, 1, 40);
    for (unsigned i = 0; i < HOSTS; i++)
        join(world, i);
    return world;
}

static void world_free(struct world *world)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        peer_host_close(world->members[i].host);
        peer_private_key_fini(&world->members[i].key);
    }
    sim_network_free(world->network);
    free(world);
}

static void keep(struct member *from, struct member *to)
{
    struct buffer addr = addr_of(to);
    assert_int_equal(
        peer_host_keep(from->host, peer_host_id(to->host), buffer_bytes(&addr)),
        LOFT_OK);
    buffer_free(&addr);
}

/* Every pair is kept by one side, every third by both. */
static void keep_all(struct world *world)
{
    for (unsigned a = 0; a < HOSTS; a++)
        for (unsigned b = 0; b < a; b++) {
            keep(&world->members[a], &world->members[b]);
            if ((a + b) % 3 == 0)
                keep(&world->members[b], &world->members[a]);
        }
}

static bool are_all_connected(const struct world *world)
{
    for (unsigned i = 0; i < HOSTS; i++)
        if (peer_host_count(world->members[i].host) != HOSTS - 1)
            return false;
    return true;
}

static void post_some(struct world *world, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct member *from =
            &world->members[sim_network_draw(world->network, HOSTS)];
        struct member *to =
            &world->members[sim_network_draw(world->network, HOSTS)];
        uint64_t most = sim_network_draw(world->network, 8) ? 3000
                                                            : LETTER_BYTES_MAX;
        if (from != to)
            post_letter(from, to,
                        (uint32_t)sim_network_draw(world->network, most));
    }
}

static uint64_t first_seed(void)
{
    const char *text = getenv("SEED");
    uint64_t seed = !text                         ? 1
                    : strcmp(text, "random") == 0 ? (uint64_t)time(NULL)
                                                  : strtoull(text, NULL, 0);
    printf("SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static unsigned count_ends(const struct world *world, enum peer_stream_end end)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < world->count; i++)
        count += world->letters[i].is_over && world->letters[i].end == end;
    return count;
}

static void every_letter_arrives_where_nothing_breaks(void **state)
{
    (void)state;
    struct world *world = world_new(first_seed());
    sim_network_pieces(world->network, 3000);
    keep_all(world);
    sim_network_run(world->network, 5000);
    assert_true(are_all_connected(world));
    /* Of two dials at once, one went by now. */
    for (unsigned i = 0; i < HOSTS; i++)
        world->members[i].lost = 0;
    for (int i = 0; i < 10; i++) {
        post_some(world, 20);
        sim_network_run(world->network, 100);
    }
    sim_network_run(world->network, 60000);
    assert_true(world->count > 100);
    assert_int_equal(count_ends(world, PEER_STREAM_DONE), world->count);
    for (unsigned i = 0; i < HOSTS; i++)
        assert_int_equal(world->members[i].lost, 0);
    world_free(world);
}

/* Connections break under the letters: none is read in part or twice, each
 * sender is told the truth, and all find each other again. */
static void broken_connections_lose_letters_and_no_truth(void **state)
{
    (void)state;
    uint64_t seed = first_seed();
    for (uint64_t run = 0; run < 3; run++) {
        struct world *world = world_new(seed + run);
        unsigned lost = 0;
        sim_network_pieces(world->network, 3000);
        keep_all(world);
        sim_network_run(world->network, 5000);
        sim_network_breaks(world->network, 40000);
        for (int i = 0; i < 60; i++) {
            post_some(world, 10);
            sim_network_run(world->network, 500);
        }
        sim_network_breaks(world->network, 0);
        sim_network_run(world->network, 10 * 60000);
        for (uint32_t i = 0; i < world->count; i++) {
            const struct letter *letter = &world->letters[i];
            assert_true(letter->is_over);
            assert_true(letter->end == PEER_STREAM_DONE ||
                        letter->end == PEER_STREAM_LOST);
            assert_true(letter->end != PEER_STREAM_DONE || letter->is_read);
        }
        for (unsigned i = 0; i < HOSTS; i++)
            lost += world->members[i].lost;
        printf("%u letters: %u done, %u lost; %u connections lost\n",
               world->count, count_ends(world, PEER_STREAM_DONE),
               count_ends(world, PEER_STREAM_LOST), lost);
        assert_true(lost > 20 && count_ends(world, PEER_STREAM_LOST) > 5);
        assert_true(count_ends(world, PEER_STREAM_DONE) > 50);
        assert_true(are_all_connected(world));
        uint32_t before = world->count;
        post_some(world, 50);
        sim_network_run(world->network, 60000);
        for (uint32_t i = before; i < world->count; i++)
            assert_int_equal(world->letters[i].end, PEER_STREAM_DONE);
        world_free(world);
    }
}

/* 25 ms away at 40 MB/s: the first window of 256 KiB alone would take half a
 * second for each 2.6 MB. */
static void a_long_way_is_filled(void **state)
{
    (void)state;
    struct world *world = world_new(first_seed());
    sim_network_delay(world->network, 25, 25);
    sim_network_rate(world->network, 40000);
    keep(&world->members[0], &world->members[1]);
    sim_network_run(world->network, 2000);
    struct letter *letter = post_letter(&world->members[0], &world->members[1],
                                        40000000);
    assert_non_null(letter);
    uint64_t start = sim_network_now(world->network);
    while (!letter->is_over && sim_network_now(world->network) - start < 60000)
        sim_network_run(world->network, 10);
    assert_true(letter->is_over && letter->end == PEER_STREAM_DONE);
    uint64_t took = sim_network_now(world->network) - start;
    printf("40 MB in %llu ms, of 1000 at the least\n",
           (unsigned long long)took);
    assert_true(took < 2000);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_letter_arrives_where_nothing_breaks),
        cmocka_unit_test(broken_connections_lose_letters_and_no_truth),
        cmocka_unit_test(a_long_way_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
