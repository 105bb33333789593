#include "p2p/peer_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/assert.h"
#include "p2p/test/link_pair.h"
#include "p2p/yamux_frame.h"

#define GREETING "\x13/multistream/1.0.0\n"
#define IDLE_BYTES_MAX 8192

static void got(void *context, struct peer_stream *stream, bytes data)
{
    size_t *count = context;
    (void)stream;
    *count += data.len;
}

static const struct peer_stream_calls counting_calls = {.got = got};
static const struct peer_protocol counting = {.name = "/count/1",
                                              .calls = &counting_calls};
static const char *const names[] = {"/count/1"};

static void begin_secured(struct link_pair *pair, uint32_t seed)
{
    pair_begin(pair, seed, &PAIR_LIMITS, NULL);
    pair_run(pair);
    assert_true(pair->ends[0].is_secured && pair->ends[1].is_secured);
}

static void failed(const struct link_end *end, loft_err err, const char *why)
{
    assert_string_equal(end->why, why);
    assert_int_equal(end->err, err);
    assert_false(peer_link_is_secured(end->link));
    assert_true(peer_link_stats(end->link).memory_bytes < IDLE_BYTES_MAX);
    assert_int_equal(peer_link_receive(end->link, bytes_str("x"), 0),
                     LOFT_ERR_REFUSED);
}

static void both_sides_know_each_other_whatever_the_pieces(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct link_pair pair;
        pair_begin(&pair, seed, &PAIR_LIMITS, NULL);
        pair.piece_bytes_max = seed < 5 ? 1 : 50 * seed;
        pair_run(&pair);
        for (int i = 0; i < 2; i++) {
            struct peer_id other = peer_id_of(&pair.keys[1 - i].public);
            const struct peer_link *link = pair.ends[i].link;
            assert_true(pair.ends[i].is_secured && peer_link_is_secured(link));
            assert_true(peer_id_equal(peer_link_peer(link), &other));
            assert_true(peer_public_key_equal(peer_link_key(link),
                                              &pair.keys[1 - i].public));
        }
        pair_end(&pair);
    }
}

static void an_idle_link_is_small(void **state)
{
    (void)state;
    struct link_pair pair;
    begin_secured(&pair, 1);
    assert_true(peer_link_stats(pair.ends[0].link).memory_bytes <
                IDLE_BYTES_MAX);
    assert_true(peer_link_stats(pair.ends[1].link).memory_bytes <
                IDLE_BYTES_MAX);
    pair_end(&pair);
}

/* Everything that one side has to say reaches the other at once. */
static void flight(struct link_end *from)
{
    struct link_end *to = &from->pair->ends[from == &from->pair->ends[0]];
    pair_take(from);
    if (from->wire.len > 0)
        assert_int_equal(pair_inject(to, buffer_bytes(&from->wire)), LOFT_OK);
    from->wire.len = 0;
}

static void a_dialers_first_answer_takes_two_round_trips(void **state)
{
    (void)state;
    struct link_pair pair;
    size_t count = 0;
    pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
    pair_serve(&pair.ends[1], &counting, &count);
    flight(&pair.ends[0]);
    flight(&pair.ends[1]);
    assert_true(pair.ends[0].is_secured);
    struct peer_stream *stream = peer_link_open_stream(
        pair.ends[0].link, names, 1, &counting_calls, &count);
    assert_non_null(stream);
    assert_true(peer_stream_send(stream, bytes_str("hello")));
    flight(&pair.ends[0]);
    assert_true(pair.ends[1].is_secured);
    assert_int_equal(count, 5);
    pair_end(&pair);
}

static void no_stream_opens_before_the_link_is_secured(void **state)
{
    (void)state;
    struct link_pair pair;
    pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
    assert_null(peer_link_open_stream(pair.ends[0].link, names, 1,
                                      &counting_calls, NULL));
    pair_end(&pair);
}

static void parting_leaves_streams_that_are_open(void **state)
{
    (void)state;
    struct link_pair pair;
    size_t count = 0;
    begin_secured(&pair, 1);
    pair_serve(&pair.ends[1], &counting, &count);
    struct peer_stream *stream = peer_link_open_stream(
        pair.ends[0].link, names, 1, &counting_calls, &count);
    pair_run(&pair);
    peer_link_part(pair.ends[1].link);
    pair_run(&pair);
    assert_true(peer_link_is_parting(pair.ends[0].link));
    assert_null(peer_link_open_stream(pair.ends[0].link, names, 1,
                                      &counting_calls, &count));
    assert_true(peer_stream_send(stream, bytes_str("still")));
    pair_run(&pair);
    assert_int_equal(count, 5);
    pair_end(&pair);
}

static void data_passes_unharmed_in_bulk(void **state)
{
    (void)state;
    struct link_pair pair;
    size_t count = 0, sent = 0;
    static const uint8_t data[100000];
    begin_secured(&pair, 3);
    pair.piece_bytes_max = 100000;
    pair_serve(&pair.ends[1], &counting, &count);
    struct peer_stream *stream = peer_link_open_stream(
        pair.ends[0].link, names, 1, &counting_calls, &count);
    while (sent < 20000000) {
        if (peer_stream_send(stream, bytes_of(data, sizeof data)))
            sent += sizeof data;
        else
            pair_run(&pair);
    }
    pair_run(&pair);
    assert_int_equal(count, sent);
    assert_int_equal(peer_link_stats(pair.ends[0].link).bytes_out,
                     peer_link_stats(pair.ends[1].link).bytes_in);
    pair_end(&pair);
}

/* A side of the test's own, that speaks Noise as libp2p does but has its own
 * mind beyond. */
struct stranger {
    struct peer_private_key key;
    struct peer_handshake handshake;
    struct noise_session noise;
};

static void stranger_begin(struct stranger *stranger, enum noise_role role,
                           const char *const *muxers, size_t muxer_count)
{
    const secret32 a = {.at = {1}}, b = {.at = {2}}, c = {.at = {3}};
    assert_int_equal(
        peer_private_key_init(&stranger->key, PEER_KEY_ED25519, &a), LOFT_OK);
    const struct peer_handshake_config config = {
        .role = role,
        .identity = &stranger->key,
        .static_key = &b,
        .ephemeral_key = &c,
        .muxers = muxers,
        .muxer_count = muxer_count,
    };
    peer_handshake_begin(&stranger->handshake, &config);
}

static void stranger_writes(struct stranger *stranger, struct link_end *end)
{
    struct buffer out = {0};
    assert_int_equal(peer_handshake_write(&stranger->handshake, &out), LOFT_OK);
    pair_inject(end, buffer_bytes(&out));
    buffer_free(&out);
}

static void stranger_reads(struct stranger *stranger, bytes *rest)
{
    bytes message = BYTES_EMPTY;
    assert_true(noise_next_frame(&message, rest));
    assert_int_equal(peer_handshake_read(&stranger->handshake, message),
                     LOFT_OK);
}

static void stranger_seals(struct stranger *stranger, struct link_end *end,
                           bytes plain)
{
    struct buffer out = {0};
    size_t opened = noise_open_frame(&out);
    assert_int_equal(noise_seal(&stranger->noise.send, &out, plain), LOFT_OK);
    noise_close_frame(&out, opened);
    pair_inject(end, buffer_bytes(&out));
    buffer_free(&out);
}

static void stranger_opens(struct stranger *stranger, bytes *rest,
                           const char *expected)
{
    bytes message = BYTES_EMPTY;
    struct buffer out = {0};
    assert_true(noise_next_frame(&message, rest));
    assert_int_equal(noise_open(&stranger->noise.receive, &out, message),
                     LOFT_OK);
    assert_true(bytes_equal(buffer_bytes(&out), bytes_str(expected)));
    buffer_free(&out);
}

/* The stranger dials the listener, up to the end of the handshake. */
static void stranger_dials(struct stranger *stranger, struct link_pair *pair,
                           const char *const *muxers, size_t muxer_count)
{
    struct link_end *end = &pair->ends[1];
    pair_begin(pair, 1, &PAIR_LIMITS, NULL);
    stranger_begin(stranger, NOISE_INITIATOR, muxers, muxer_count);
    pair_inject(end, bytes_str(GREETING "\7/noise\n"));
    stranger_writes(stranger, end);
    pair_take(end);
    bytes rest = buffer_bytes(&end->wire);
    assert_memory_equal(rest.at, GREETING "\7/noise\n", 28);
    rest = bytes_of(rest.at + 28, rest.len - 28);
    stranger_reads(stranger, &rest);
    assert_int_equal(rest.len, 0);
    end->wire.len = 0;
    stranger_writes(stranger, end);
    noise_split(&stranger->noise, &stranger->handshake.noise);
}

static const char *const yamux[] = {"/yamux/1.0.0"};

static void a_dialer_without_early_muxers_negotiates_one(void **state)
{
    (void)state;
    struct link_pair pair;
    struct stranger stranger;
    struct link_end *end = &pair.ends[1];
    stranger_dials(&stranger, &pair, NULL, 0);
    assert_false(end->is_secured);
    stranger_seals(&stranger, end, bytes_str(GREETING "\x0d/mplex/6.7.0\n"));
    stranger_seals(&stranger, end, bytes_str("\x0d/yamux/1.0.0\n"));
    assert_true(end->is_secured);
    pair_take(end);
    bytes rest = buffer_bytes(&end->wire);
    stranger_opens(&stranger, &rest, GREETING "\3na\n");
    stranger_opens(&stranger, &rest, "\x0d/yamux/1.0.0\n");
    pair_end(&pair);
}

static void a_listener_without_early_muxers_is_asked(void **state)
{
    (void)state;
    struct link_pair pair;
    struct stranger stranger;
    struct link_end *end = &pair.ends[0];
    pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
    stranger_begin(&stranger, NOISE_RESPONDER, NULL, 0);
    pair_take(end);
    bytes rest = bytes_of(end->wire.at + 28, end->wire.len - 28);
    stranger_reads(&stranger, &rest);
    assert_int_equal(rest.len, 0);
    end->wire.len = 0;
    pair_inject(end, bytes_str(GREETING "\7/noise\n"));
    stranger_writes(&stranger, end);
    pair_take(end);
    rest = buffer_bytes(&end->wire);
    stranger_reads(&stranger, &rest);
    noise_split(&stranger.noise, &stranger.handshake.noise);
    stranger_opens(&stranger, &rest, GREETING "\x0d/yamux/1.0.0\n");
    assert_false(end->is_secured);
    stranger_seals(&stranger, end, bytes_str(GREETING "\x0d/yamux/1.0.0\n"));
    assert_true(end->is_secured);
    pair_end(&pair);
}

static void a_listener_without_noise_is_named(void **state)
{
    (void)state;
    struct link_pair pair;
    pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
    pair_inject(&pair.ends[0], bytes_str(GREETING "\3na\n"));
    failed(&pair.ends[0], LOFT_ERR_REFUSED,
           "multistream: the other side does not speak '/noise'");
    pair_end(&pair);
}

static void another_peer_than_expected_is_refused(void **state)
{
    (void)state;
    struct link_pair pair;
    struct peer_id other = {.at = {1}, .len = 1};
    pair_begin(&pair, 1, &PAIR_LIMITS, &other);
    pair_run(&pair);
    failed(&pair.ends[0], LOFT_ERR_REFUSED,
           "noise: another peer than expected");
    assert_false(pair.ends[1].is_secured);
    pair_end(&pair);
}

static void a_peer_with_a_stolen_key_is_refused(void **state)
{
    (void)state;
    struct link_pair pair;
    pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
    pair.keys[1].public = pair.keys[0].public;
    pair_run(&pair);
    failed(&pair.ends[0], LOFT_ERR_REFUSED,
           "noise: an identity that did not sign its static key");
    pair_end(&pair);
}

/* Points of small order: their shared key would be known to anyone. */
static void points_of_small_order_are_refused(void **state)
{
    (void)state;
    static const uint8_t points[][32] = {{0}, {1}};
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct link_pair pair;
        struct buffer text = {0};
        pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
        buffer_put_bytes(&text, bytes_str(GREETING "\7/noise\n"));
        buffer_put(&text, "\0\x20", 2);
        buffer_put(&text, points[i], 32);
        pair_inject(&pair.ends[1], buffer_bytes(&text));
        buffer_free(&text);
        assert_int_equal(pair.ends[1].err, LOFT_ERR_REFUSED);
        assert_non_null(strstr(pair.ends[1].why, "small order"));
        pair_end(&pair);
    }
}

static void long_messages_of_the_handshake_are_refused(void **state)
{
    (void)state;
    struct link_pair pair;
    struct buffer text = {0};
    pair_begin(&pair, 1, &PAIR_LIMITS, NULL);
    buffer_put_bytes(&text, bytes_str(GREETING "\7/noise\n\xff\xff"));
    memset(buffer_extend(&text, 65535), 0, 65535);
    pair_inject(&pair.ends[1], buffer_bytes(&text));
    buffer_free(&text);
    failed(&pair.ends[1], LOFT_ERR_LIMIT,
           "noise: a message of 65535 bytes in the handshake");
    pair_end(&pair);
}

/* One byte of the handshake changed, each in turn: the link never opens for
 * both, and no key but the true ones is ever believed. */
static void a_changed_byte_of_the_handshake_is_noticed(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (size_t at = 0;; at += 7) {
            struct link_pair pair;
            pair_begin(&pair, 9, &PAIR_LIMITS, NULL);
            size_t seen = 0;
            bool changed = false;
            for (int turn = 0; turn < 4; turn++) {
                struct link_end *end = &pair.ends[turn & 1];
                pair_take(end);
                if ((turn & 1) == who && !changed &&
                    at < seen + end->wire.len) {
                    end->wire.at[at - seen] ^= 0x40;
                    changed = true;
                }
                seen += (turn & 1) == who ? end->wire.len : 0;
                while (pair_carry(end))
                    ;
            }
            pair_wait(&pair, PAIR_LIMITS.handshake_ms);
            if (changed) {
                assert_false(pair.ends[0].is_secured &&
                             pair.ends[1].is_secured);
                assert_true(pair.ends[0].err || pair.ends[1].err);
            }
            pair_end(&pair);
            if (!changed)
                break;
        }
}

static void a_handshake_that_stops_at_any_byte_times_out(void **state)
{
    (void)state;
    struct link_pair whole;
    pair_begin(&whole, 4, &PAIR_LIMITS, NULL);
    for (int who = 0; who < 2; who++)
        for (size_t stop = 0;; stop += who ? 3 : 1) {
            struct link_pair pair;
            size_t given = 0;
            bool is_cut = false;
            pair_begin(&pair, 4, &PAIR_LIMITS, NULL);
            for (int turn = 0; turn < 4; turn++) {
                struct link_end *end = &pair.ends[turn & 1];
                pair_take(end);
                if ((turn & 1) != who) {
                    while (pair_carry(end))
                        ;
                    continue;
                }
                for (size_t i = 0; i < end->wire.len && !is_cut; i++) {
                    is_cut = given++ == stop;
                    if (!is_cut)
                        pair_inject(&pair.ends[1 - who],
                                    bytes_of(end->wire.at + i, 1));
                }
                end->wire.len = 0;
            }
            struct link_end *waits = &pair.ends[1 - who];
            if (is_cut) {
                assert_false(waits->is_secured);
                assert_int_equal(waits->next_ms,
                                 1000 + PAIR_LIMITS.handshake_ms);
                pair.now_ms += PAIR_LIMITS.handshake_ms - 1;
                pair_take(waits);
                assert_int_equal(waits->err, LOFT_OK);
                assert_true(peer_link_stats(waits->link).memory_bytes <
                            IDLE_BYTES_MAX);
                pair.now_ms++;
                pair_take(waits);
                failed(waits, LOFT_ERR_TIMEOUT,
                       "p2p: no handshake within 5000 ms");
            } else {
                assert_true(waits->is_secured);
            }
            pair_end(&pair);
            if (!is_cut)
                break;
        }
    pair_end(&whole);
}

/* Two messages of the dialer after the handshake, each in a frame. */
static void two_messages(struct link_pair *pair, struct buffer *first,
                         struct buffer *second)
{
    struct peer_stream *stream = peer_link_open_stream(
        pair->ends[0].link, names, 1, &counting_calls, NULL);
    struct buffer *messages[] = {first, second};
    for (int i = 0; i < 2; i++) {
        assert_true(peer_stream_send(stream, bytes_str("hello")));
        pair_take(&pair->ends[0]);
        buffer_put_bytes(messages[i], buffer_bytes(&pair->ends[0].wire));
        pair->ends[0].wire.len = 0;
    }
}

static const char *const broken = "noise: a message that the key does not open";

static void messages_replayed_reordered_or_changed_are_refused(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct link_pair pair;
        struct buffer first = {0}, second = {0};
        size_t count = 0;
        begin_secured(&pair, 6);
        pair_serve(&pair.ends[1], &counting, &count);
        two_messages(&pair, &first, &second);
        struct link_end *end = &pair.ends[1];
        if (how == 0) {
            assert_int_equal(pair_inject(end, buffer_bytes(&first)), LOFT_OK);
            pair_inject(end, buffer_bytes(&first));
            assert_int_equal(count, 5);
        } else if (how == 1) {
            pair_inject(end, buffer_bytes(&second));
            assert_int_equal(count, 0);
        } else {
            first.at[first.len - 20] ^= 1;
            pair_inject(end, buffer_bytes(&first));
            assert_int_equal(count, 0);
        }
        failed(end, LOFT_ERR_REFUSED, broken);
        buffer_free(&first);
        buffer_free(&second);
        pair_end(&pair);
    }
}

static void an_empty_message_is_refused(void **state)
{
    (void)state;
    struct link_pair pair;
    begin_secured(&pair, 6);
    pair_inject(&pair.ends[1], bytes_of("\0\0", 2));
    failed(&pair.ends[1], LOFT_ERR_FORMAT, "noise: a message cut short");
    pair_end(&pair);
}

/* A frame that breaks Yamux's rules ends the link, with a word to the other
 * side about whose fault it was. */
static void a_breach_is_answered_with_a_parting(void **state)
{
    (void)state;
    struct link_pair pair;
    struct stranger stranger;
    struct link_end *end = &pair.ends[1];
    static const uint8_t frame[YAMUX_HEADER_BYTES] = {0, 0, 0, 1, 0, 0,
                                                      0, 2, 0, 0, 0, 0};
    stranger_dials(&stranger, &pair, yamux, 1);
    assert_true(end->is_secured);
    stranger_seals(&stranger, end, bytes_of(frame, sizeof frame));
    failed(end, LOFT_ERR_REFUSED,
           "yamux: stream 2 opened, a number of our side");
    pair_take(end);
    bytes rest = buffer_bytes(&end->wire), message = BYTES_EMPTY;
    struct buffer plain = {0};
    assert_true(noise_next_frame(&message, &rest));
    assert_int_equal(noise_open(&stranger.noise.receive, &plain, message),
                     LOFT_OK);
    assert_memory_equal(plain.at, "\0\3\0\0\0\0\0\0\0\0\0\1", 12);
    buffer_free(&plain);
    pair_end(&pair);
}

/* A megabyte that a stranger names and does not send takes no memory. */
static void a_message_is_kept_no_larger_than_it_came(void **state)
{
    (void)state;
    struct link_pair pair;
    begin_secured(&pair, 6);
    pair_inject(&pair.ends[1], bytes_of("\xff\xff", 2));
    for (int i = 0; i < 1000; i++)
        pair_inject(&pair.ends[1], bytes_of("x", 1));
    assert_true(peer_link_stats(pair.ends[1].link).memory_bytes <
                IDLE_BYTES_MAX);
    pair_end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_know_each_other_whatever_the_pieces),
        cmocka_unit_test(an_idle_link_is_small),
        cmocka_unit_test(a_dialers_first_answer_takes_two_round_trips),
        cmocka_unit_test(no_stream_opens_before_the_link_is_secured),
        cmocka_unit_test(parting_leaves_streams_that_are_open),
        cmocka_unit_test(data_passes_unharmed_in_bulk),
        cmocka_unit_test(a_dialer_without_early_muxers_negotiates_one),
        cmocka_unit_test(a_listener_without_early_muxers_is_asked),
        cmocka_unit_test(a_listener_without_noise_is_named),
        cmocka_unit_test(another_peer_than_expected_is_refused),
        cmocka_unit_test(a_peer_with_a_stolen_key_is_refused),
        cmocka_unit_test(points_of_small_order_are_refused),
        cmocka_unit_test(long_messages_of_the_handshake_are_refused),
        cmocka_unit_test(a_changed_byte_of_the_handshake_is_noticed),
        cmocka_unit_test(a_handshake_that_stops_at_any_byte_times_out),
        cmocka_unit_test(messages_replayed_reordered_or_changed_are_refused),
        cmocka_unit_test(an_empty_message_is_refused),
        cmocka_unit_test(a_breach_is_answered_with_a_parting),
        cmocka_unit_test(a_message_is_kept_no_larger_than_it_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
