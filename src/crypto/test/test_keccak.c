#include "crypto/keccak.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/keccak_f.h"

static void assert_hash(const char *text, const char *expected_hex)
{
    hash32 expected, got = keccak256(bytes_str(text));
    assert_int_equal(hex_read_exact(expected.at, 32, bytes_str(expected_hex)),
                     LOFT_OK);
    assert_memory_equal(got.at, expected.at, 32);
}

static void known_answers(void **state)
{
    (void)state;
    assert_hash(
        "", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_hash(
        "abc",
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert_hash(
        "The quick brown fox jumps over the lazy dog",
        "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
}

static void constants_are_what_their_names_say(void **state)
{
    (void)state;
    hash32 of_nothing = keccak256(BYTES_EMPTY);
    hash32 of_empty_string = keccak256(bytes_of("\x80", 1));
    assert_true(hash32_equal(&of_nothing, &KECCAK_EMPTY));
    assert_true(hash32_equal(&of_empty_string, &KECCAK_EMPTY_TRIE));
}

/* The sponge by the book, a byte at a time. */
static hash32 sponge(const uint8_t *data, size_t len, uint8_t padding)
{
    uint64_t state[KECCAK_LANES] = {0};
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        state[at / 8] ^= (uint64_t)data[i] << (8 * (at % 8));
        if (++at == KECCAK_RATE) {
            keccak_f(state);
            at = 0;
        }
    }
    state[at / 8] ^= (uint64_t)padding << (8 * (at % 8));
    state[KECCAK_RATE / 8 - 1] ^= (uint64_t)0x80 << 56;
    keccak_f(state);
    hash32 out;
    for (size_t i = 0; i < 32; i++)
        out.at[i] = (uint8_t)(state[i / 8] >> (8 * (i % 8)));
    return out;
}

#define LEN_MAX 700

static uint8_t *random_data(size_t len)
{
    uint8_t *data = malloc(len ? len : 1);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)rand();
    return data;
}

/* OpenSSL has no Keccak with the original padding, but SHA-3 shares the
 * permutation: it vouches for the sponge above, and that for keccak256(). */
static void every_length_agrees_with_sha3s_sponge(void **state)
{
    (void)state;
    for (size_t len = 0; len <= LEN_MAX; len++) {
        uint8_t *data = random_data(len), sha3[32];
        unsigned got;
        assert_true(EVP_Digest(data, len, sha3, &got, EVP_sha3_256(), NULL));
        hash32 ours = sponge(data, len, 0x06);
        assert_memory_equal(ours.at, sha3, 32);
        hash32 expected = sponge(data, len, 0x01);
        hash32 hash = keccak256(bytes_of(data, len));
        assert_memory_equal(hash.at, expected.at, 32);
        free(data);
    }
}

static void assert_hashes(const hash32 *hashes, const bytes *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hash32 expected = keccak256(data[i]);
        assert_memory_equal(hashes[i].at, expected.at, 32);
    }
}

static void assert_many(const bytes *data, size_t count)
{
    hash32 *hashes = malloc((count ? count : 1) * sizeof *hashes);
    keccak256_many(hashes, data, count);
    assert_hashes(hashes, data, count);
    const struct keccak_width *widths[KECCAK_WIDTHS_MAX];
    for (size_t i = keccak_widths(widths); i-- > 0;) {
        struct keccak_width width = *widths[i];
        memset(hashes, 0, count * sizeof *hashes);
        keccak256_many_by(&width, hashes, data, count);
        assert_hashes(hashes, data, count);
        width.least = 1; /* the wide form to the end */
        memset(hashes, 0, count * sizeof *hashes);
        keccak256_many_by(&width, hashes, data, count);
        assert_hashes(hashes, data, count);
    }
    free(hashes);
}

static void many_agree_with_one_by_one(void **state)
{
    (void)state;
    static const size_t len_max[] = {1, 136, 137, 300, LEN_MAX, 5000};
    for (size_t round = 0; round < 300; round++) {
        size_t count = round < 40 ? round : (size_t)rand() % 100;
        bytes *data = malloc((count ? count : 1) * sizeof *data);
        size_t most = len_max[round % ARRAY_LEN(len_max)];
        for (size_t i = 0; i < count; i++) {
            size_t len = (size_t)rand() % (most + 1);
            data[i] = bytes_of(random_data(len), len);
        }
        assert_many(data, count);
        for (size_t i = 0; i < count; i++)
            free((void *)data[i].at);
        free(data);
    }
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(constants_are_what_their_names_say),
        cmocka_unit_test(every_length_agrees_with_sha3s_sponge),
        cmocka_unit_test(many_agree_with_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
