#include "p2p/multiaddr.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"
#include "p2p/peer_id.h"

static struct arena arena;

struct known {
    const char *text, *hex;
};

/* By the protocols' table; the first three are the specification's form of
 * examples, bytes by hand. */
static const struct known known[] = {
    {"/ip4/127.0.0.1/tcp/4001", "047f000001060fa1"},
    {"/ip4/0.0.0.0/udp/1234", "0400000000910204d2"},
    {"/ip6/::1/tcp/8080", "2900000000000000000000000000000001061f90"},
    {"/ip6/2001:db8::8:800:200c:417a/tcp/0",
     "2920010db80000000000080800200c417a060000"},
    {"/dns/a.b/tcp/65535/wss", "3503612e6206ffffde03"},
    {"/dns4/example.com/tcp/443/tls/ws",
     "360b6578616d706c652e636f6d0601bbc003dd03"},
    {"/dns6/x", "370178"},
    {"/dnsaddr/x", "380178"},
    {"/ip4/1.2.3.4/udp/1/quic-v1", "040102030491020001cd03"},
    {"/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
     "a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0"
     "b"},
    {"/ip4/127.0.0.1/tcp/1/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC/"
     "p2p-circuit",
     "047f000001060001a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4"
     "e"
     "c20db76a68911c0ba202"},
};

static void known_addresses_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct buffer binary = {0}, text = {0};
        bytes expected = BYTES_EMPTY;
        assert_int_equal(hex_read(&arena, &expected, bytes_str(known[i].hex)),
                         LOFT_OK);
        assert_int_equal(multiaddr_read_text(&binary, bytes_str(known[i].text)),
                         LOFT_OK);
        assert_true(bytes_equal(buffer_bytes(&binary), expected));
        assert_int_equal(multiaddr_check(expected), LOFT_OK);
        multiaddr_put_text(&text, expected);
        assert_true(bytes_equal(buffer_bytes(&text), bytes_str(known[i].text)));
        buffer_free(&binary);
        buffer_free(&text);
    }
}

static void parts_come_one_by_one(void **state)
{
    (void)state;
    struct buffer binary = {0};
    struct multiaddr_part part;
    assert_int_equal(
        multiaddr_read_text(&binary, bytes_str("/ip4/1.2.3.4/tcp/258/ws")),
        LOFT_OK);
    bytes rest = buffer_bytes(&binary);
    assert_int_equal(multiaddr_next(&part, &rest), LOFT_OK);
    assert_int_equal(part.code, MULTIADDR_IP4);
    assert_true(bytes_equal(part.value, bytes_str("\1\2\3\4")));
    assert_int_equal(multiaddr_next(&part, &rest), LOFT_OK);
    assert_int_equal(part.code, MULTIADDR_TCP);
    assert_int_equal(load_be16(part.value.at), 258);
    assert_int_equal(multiaddr_next(&part, &rest), LOFT_OK);
    assert_int_equal(part.code, MULTIADDR_WS);
    assert_int_equal(part.value.len, 0);
    assert_int_equal(rest.len, 0);
    buffer_free(&binary);
}

static void the_older_name_of_p2p_is_read(void **state)
{
    (void)state;
    struct buffer old = {0}, new = {0};
    assert_int_equal(
        multiaddr_read_text(
            &old, bytes_str("/ipfs/"
                            "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")),
        LOFT_OK);
    assert_int_equal(
        multiaddr_read_text(
            &new, bytes_str("/p2p/bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445h"
                            "e3omzpjbx5xqxe")),
        LOFT_OK);
    assert_true(bytes_equal(buffer_bytes(&old), buffer_bytes(&new)));
    buffer_free(&old);
    buffer_free(&new);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/",
        "//",
        "ip4/1.2.3.4",
        "/ip4",
        "/ip4/",
        "/ip4/1.2.3",
        "/ip4/1.2.3.256",
        "/ip4/::1",
        "/ip4/1.2.3.4/",
        "/ip4/01.2.3.4",
        "/ip6/1.2.3.4",
        "/ip6/::1::",
        "/ip6/fe80::1%eth0",
        "/ip4/1.2.3.4/tcp",
        "/ip4/1.2.3.4/tcp/",
        "/ip4/1.2.3.4/tcp/65536",
        "/tcp/-1",
        "/tcp/01",
        "/tcp/a",
        "/tcp/100000",
        "/dns/",
        "/dns//tcp/1",
        "/dns/a b",
        "/dns/a\x7f",
        "/p2p/",
        "/p2p/x",
        "/p2p-circuit/x",
        "/onion/x",
        "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNK",
        "/IP4/1.2.3.4",
    };
    struct buffer out = {0};
    buffer_put_byte(&out, 7);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(multiaddr_read_text(&out, bytes_str(bad[i])),
                         LOFT_ERR_FORMAT);
        assert_int_equal(out.len, 1);
    }
    buffer_free(&out);
}

static void other_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "04",                     /* no value */
        "047f0000",               /* cut */
        "047f00000106",           /* a second part cut */
        "84007f000001",           /* a code that is not in its shortest form */
        "00",           "ff7f",   /* no such protocol */
        "3500",         "350561", /* an empty name, a cut one */
        "35026100",     "350161ff",   /* a name with a zero; more after it */
        "a50300",       "a503021200", /* ids of no bytes */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        bytes addr = BYTES_EMPTY;
        assert_int_equal(hex_read(&arena, &addr, bytes_str(bad[i])), LOFT_OK);
        assert_int_equal(multiaddr_check(addr), LOFT_ERR_FORMAT);
    }
    assert_int_equal(multiaddr_check(BYTES_EMPTY), LOFT_ERR_FORMAT);
}

static void long_addresses_are_refused(void **state)
{
    (void)state;
    struct buffer parts = {0};
    static const uint8_t circuit[] = {0xa2, 0x02};
    static const uint8_t zeros[MULTIADDR_BYTES_MAX + 1];
    for (int i = 0; i < MULTIADDR_PARTS_MAX; i++)
        buffer_put(&parts, circuit, sizeof circuit);
    assert_int_equal(multiaddr_check(buffer_bytes(&parts)), LOFT_OK);
    buffer_put(&parts, circuit, sizeof circuit);
    assert_int_equal(multiaddr_check(buffer_bytes(&parts)), LOFT_ERR_LIMIT);
    assert_int_equal(multiaddr_check(bytes_of(zeros, sizeof zeros)),
                     LOFT_ERR_LIMIT);
    buffer_free(&parts);
}

static void an_address_through_a_relay_is_put_together(void **state)
{
    static const char text[] =
        "/ip4/192.0.2.1/tcp/4001"
        "/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
        "/p2p-circuit";
    struct buffer whole = {0}, made = {0};
    struct peer_id id;
    (void)state;
    assert_int_equal(multiaddr_read_text(&whole, bytes_str(text)), LOFT_OK);
    assert_int_equal(
        multiaddr_read_text(&made, bytes_str("/ip4/192.0.2.1/tcp/4001")),
        LOFT_OK);
    assert_int_equal(
        peer_id_read_text(&id, bytes_of(text + 28, sizeof text - 41)), LOFT_OK);
    multiaddr_put_peer(&made, &id);
    assert_false(multiaddr_is_relayed(buffer_bytes(&made)));
    multiaddr_put_circuit(&made);
    assert_true(multiaddr_is_relayed(buffer_bytes(&made)));
    assert_true(bytes_equal(buffer_bytes(&made), buffer_bytes(&whole)));
    buffer_free(&whole);
    buffer_free(&made);
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_addresses_are_read_and_written),
        cmocka_unit_test(parts_come_one_by_one),
        cmocka_unit_test(the_older_name_of_p2p_is_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(other_bytes_are_refused),
        cmocka_unit_test(long_addresses_are_refused),
        cmocka_unit_test(an_address_through_a_relay_is_put_together),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
