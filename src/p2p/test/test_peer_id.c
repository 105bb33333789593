#include "p2p/peer_id.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"

/* The specification's examples: one peer in two forms, and another. */
static const char bare[] = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
static const char cid[] =
    "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe";
static const char ed25519[] =
    "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

static struct peer_id id_of(const char *text)
{
    struct peer_id id;
    assert_int_equal(peer_id_read_text(&id, bytes_str(text)), LOFT_OK);
    return id;
}

static void both_forms_name_one_peer(void **state)
{
    (void)state;
    struct peer_id a = id_of(bare), b = id_of(cid), c = id_of(ed25519);
    assert_true(peer_id_equal(&a, &b));
    assert_false(peer_id_equal(&a, &c));
}

static void ids_are_written_as_they_were_read(void **state)
{
    (void)state;
    static const char *const texts[] = {bare, ed25519};
    struct buffer out = {0};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct peer_id id = id_of(texts[i]);
        out.len = 0;
        peer_id_put_text(&out, &id);
        assert_true(bytes_equal(buffer_bytes(&out), bytes_str(texts[i])));
    }
    struct peer_id id = id_of(bare);
    out.len = 0;
    peer_id_put_cid(&out, &id);
    assert_true(bytes_equal(buffer_bytes(&out), bytes_str(cid)));
    buffer_free(&out);
}

static void a_short_key_stands_in_the_id(void **state)
{
    (void)state;
    struct peer_id id = id_of(ed25519), again;
    struct peer_public_key key;
    assert_int_equal(peer_id_key(&key, &id), LOFT_OK);
    assert_int_equal(key.type, PEER_KEY_ED25519);
    again = peer_id_of(&key);
    assert_true(peer_id_equal(&id, &again));
    id = id_of(bare);
    assert_int_equal(peer_id_key(&key, &id), LOFT_ERR_NOT_FOUND);
}

static void a_secp256k1_key_stands_in_the_id(void **state)
{
    (void)state;
    static const secret32 one = {.at = {[31] = 1}};
    struct peer_private_key key;
    struct peer_public_key again;
    struct buffer out = {0};
    assert_int_equal(peer_private_key_init(&key, PEER_KEY_SECP256K1, &one),
                     LOFT_OK);
    struct peer_id id = peer_id_of(&key.public);
    peer_id_put_text(&out, &id);
    assert_memory_equal(out.at, "16Uiu2HA", 8);
    assert_int_equal(peer_id_key(&again, &id), LOFT_OK);
    assert_true(peer_public_key_equal(&key.public, &again));
    buffer_free(&out);
}

static void what_is_no_id_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "1",
        "Q",
        "Qm",
        "hello",
        /* a letter changed so that the hash's length is another */
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx50",
        /* a content id of raw data (0x55), and of version 0 and 2 */
        "bafkreie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe",
        "f00720000",
        "f0272000130",
        /* an identity of no bytes, of too many, and of too few */
        "f01720000",
        "f0172002b",
        "f017200020a",
        /* another hash, SHA-1 */
        "f01721114000102030405060708090a0b0c0d0e0f10111213",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct peer_id id;
        assert_int_equal(peer_id_read_text(&id, bytes_str(bad[i])),
                         LOFT_ERR_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_name_one_peer),
        cmocka_unit_test(ids_are_written_as_they_were_read),
        cmocka_unit_test(a_short_key_stands_in_the_id),
        cmocka_unit_test(a_secp256k1_key_stands_in_the_id),
        cmocka_unit_test(what_is_no_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
