#include "crypto/chacha20_poly1305.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/json.h"
#include "tests/vectors.h"

static const char *folder;
static struct arena arena;

static bytes get_hex(const struct json *object, const char *key)
{
    bytes text, out = BYTES_EMPTY;
    assert_int_equal(json_get_string(&text, object, key), LOFT_OK);
    assert_int_equal(hex_read(&arena, &out, text), LOFT_OK);
    return out;
}

struct aead_case {
    secret32 key;
    uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES];
    bytes data, plain, sealed;
    bool is_valid;
};

/* False: the nonce is not of the size that this construction has. */
static bool read_case(struct aead_case *out, const struct json *test)
{
    bytes nonce = get_hex(test, "iv"), key = get_hex(test, "key"), result;
    bytes cipher = get_hex(test, "ct"), tag = get_hex(test, "tag");
    uint8_t *sealed = arena_alloc(&arena, cipher.len + tag.len);
    assert_int_equal(json_get_string(&result, test, "result"), LOFT_OK);
    out->is_valid = bytes_equal(result, bytes_str("valid"));
    if (nonce.len != sizeof out->nonce)
        return false;
    assert_int_equal(key.len, sizeof out->key.at);
    memcpy(out->key.at, key.at, key.len);
    memcpy(out->nonce, nonce.at, nonce.len);
    if (cipher.len)
        memcpy(sealed, cipher.at, cipher.len);
    memcpy(sealed + cipher.len, tag.at, tag.len);
    out->sealed = bytes_of(sealed, cipher.len + tag.len);
    out->data = get_hex(test, "aad");
    out->plain = get_hex(test, "msg");
    return true;
}

static void run_case(const struct json *test)
{
    struct aead_case on;
    if (!read_case(&on, test)) {
        assert_false(on.is_valid);
        return;
    }
    uint8_t *out = arena_alloc(&arena, on.sealed.len);
    bool opened = chacha20_poly1305_open(out, &on.key, on.nonce, on.data,
                                         on.sealed);
    assert_int_equal(opened, on.is_valid);
    if (!opened)
        return;
    assert_true(bytes_equal(bytes_of(out, on.plain.len), on.plain));
    chacha20_poly1305_seal(out, &on.key, on.nonce, on.data, on.plain);
    assert_memory_equal(out, on.sealed.at, on.sealed.len);
}

static void wycheproof_cases(void **state)
{
    (void)state;
    size_t count = 0;
    if (!folder)
        skip();
    const struct json *root = vectors_json(
        &arena, arena_printf(&arena, "%s/wycheproof/%s", folder,
                             "chacha20_poly1305_test.json"));
    const struct json *groups = json_get(root, "testGroups");
    for (size_t i = 0; i < json_len(groups); i++) {
        const struct json *tests = json_get(json_at(groups, i), "tests");
        for (size_t j = 0; j < json_len(tests); j++, count++)
            run_case(json_at(tests, j));
    }
    printf("%zu run\n", count);
    assert_true(count >= 300);
    arena_reset(&arena);
}

static void seals_and_opens_in_place(void **state)
{
    (void)state;
    secret32 key;
    uint8_t room[5 + CHACHA20_POLY1305_TAG_BYTES] = "hello";
    const uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES] = {0};
    secret_random(&key);
    chacha20_poly1305_seal(room, &key, nonce, BYTES_EMPTY, bytes_of(room, 5));
    assert_true(chacha20_poly1305_open(room, &key, nonce, BYTES_EMPTY,
                                       bytes_of(room, sizeof room)));
    assert_memory_equal(room, "hello", 5);
}

static void less_than_a_tag_is_refused(void **state)
{
    (void)state;
    secret32 key;
    uint8_t out[1], sealed[CHACHA20_POLY1305_TAG_BYTES - 1] = {0};
    const uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES] = {0};
    secret_random(&key);
    assert_false(chacha20_poly1305_open(out, &key, nonce, BYTES_EMPTY,
                                        bytes_of(sealed, sizeof sealed)));
    assert_false(
        chacha20_poly1305_open(out, &key, nonce, BYTES_EMPTY, BYTES_EMPTY));
}

int main(void)
{
    folder = vectors_unpack("wycheproof.tar.xz");
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_and_opens_in_place),
        cmocka_unit_test(less_than_a_tag_is_refused),
        cmocka_unit_test(wycheproof_cases),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
