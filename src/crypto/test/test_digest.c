#include "crypto/digest.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/hex.h"
#include "crypto/blake2b_rounds.h"

static void random_fill(void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)rand();
}

static void sha256_agrees_with_openssl_at_every_length(void **state)
{
    (void)state;
    uint8_t data[300], expected[32];
    random_fill(data, sizeof data);
    for (size_t len = 0; len <= sizeof data; len++) {
        unsigned got;
        assert_true(EVP_Digest(data, len, expected, &got, EVP_sha256(), NULL));
        hash32 hash = sha256(bytes_of(data, len));
        assert_memory_equal(hash.at, expected, 32);
    }
}

static void sha256_known_answer(void **state)
{
    (void)state;
    hash32 expected, hash = sha256(bytes_str("abc"));
    assert_int_equal(
        hex_read_exact(expected.at, 32,
                       bytes_str("ba7816bf8f01cfea414140de5dae2223b00361a396177"
                                 "a9cb410ff61f20015ad")),
        LOFT_OK);
    assert_memory_equal(hash.at, expected.at, 32);
}

static void assert_ripemd160(bytes data, const char *expected_hex)
{
    uint8_t expected[20], hash[20];
    assert_int_equal(hex_read_exact(expected, 20, bytes_str(expected_hex)),
                     LOFT_OK);
    ripemd160(hash, data);
    assert_memory_equal(hash, expected, 20);
}

/* The answers that the authors publish with RIPEMD-160. */
static void ripemd160_known_answers(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
        {"a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"},
        {"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {"message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"},
        {"abcdefghijklmnopqrstuvwxyz",
         "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "b0e20b6e3116640286ed3a87a5713079b21f5189"},
        {"1234567890123456789012345678901234567890"
         "1234567890123456789012345678901234567890",
         "9b752e45573d4b39f4dbd3323cab82bf63326bfb"},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        assert_ripemd160(bytes_str(answers[i][0]), answers[i][1]);
    uint8_t *million = malloc(1000000);
    memset(million, 'a', 1000000);
    assert_ripemd160(bytes_of(million, 1000000),
                     "52783243c1697bdbe16d37f97f68f08325dc1528");
    free(million);
}

static const uint64_t blake2b_start[8] = {
    0x6a09e667f3bcc908 ^ 0x01010040,
    0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1,
    0x510e527fade682d1,
    0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
};

static void blake2b_block(uint64_t h[8], const uint8_t *block, size_t len,
                          uint64_t total, bool final)
{
    uint8_t padded[128] = {0};
    uint64_t m[16], t[2] = {total, 0};
    if (len)
        memcpy(padded, block, len);
    for (size_t i = 0; i < 16; i++)
        m[i] = load_le64(padded + 8 * i);
    blake2b_f(h, 12, m, t, final);
}

static void blake2b(uint8_t out[64], const uint8_t *data, size_t len)
{
    uint64_t h[8];
    memcpy(h, blake2b_start, sizeof h);
    uint64_t done = 0;
    for (; len > 128; data += 128, len -= 128)
        blake2b_block(h, data, 128, done += 128, false);
    blake2b_block(h, data, len, done + len, true);
    for (size_t i = 0; i < 8; i++)
        store_le64(out + 8 * i, h[i]);
}

static void blake2b_built_on_f_agrees_with_openssl(void **state)
{
    (void)state;
    uint8_t data[600], expected[64], hash[64];
    random_fill(data, sizeof data);
    for (size_t len = 0; len <= sizeof data; len++) {
        unsigned got;
        assert_true(
            EVP_Digest(data, len, expected, &got, EVP_blake2b512(), NULL));
        blake2b(hash, data, len);
        assert_memory_equal(hash, expected, 64);
    }
}

/* EIP-152's test vectors 4 to 7: "abc", with 0 rounds, 12, 12 not final, and
 * 1. */
static void blake2b_f_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t rounds;
        bool final;
        const char *expected;
    } answers[] = {
        {0, true,
         "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
         "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"},
        {12, true,
         "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
         "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
        {12, false,
         "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
         "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735"},
        {1, true,
         "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
         "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421"},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        uint64_t h[8], m[16] = {0x636261}, t[2] = {3, 0};
        uint8_t expected[64], got[64];
        memcpy(h, blake2b_start, sizeof h);
        blake2b_f(h, answers[i].rounds, m, t, answers[i].final);
        for (size_t j = 0; j < 8; j++)
            store_le64(got + 8 * j, h[j]);
        assert_int_equal(
            hex_read_exact(expected, 64, bytes_str(answers[i].expected)),
            LOFT_OK);
        assert_memory_equal(got, expected, 64);
    }
}

static void blake2b_rounds_agree_in_every_form(void **state)
{
    (void)state;
#if LOFT_X86_64
    if (!cpu_features()->avx2)
        skip();
    for (uint32_t rounds = 0; rounds < 100; rounds++) {
        uint64_t v[16], again[16], m[16];
        random_fill(v, sizeof v);
        random_fill(m, sizeof m);
        memcpy(again, v, sizeof v);
        blake2b_rounds_portable(v, m, rounds);
        blake2b_rounds_avx2(again, m, rounds);
        assert_memory_equal(v, again, sizeof v);
    }
#else
    skip();
#endif
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_known_answer),
        cmocka_unit_test(sha256_agrees_with_openssl_at_every_length),
        cmocka_unit_test(ripemd160_known_answers),
        cmocka_unit_test(blake2b_f_known_answers),
        cmocka_unit_test(blake2b_built_on_f_agrees_with_openssl),
        cmocka_unit_test(blake2b_rounds_agree_in_every_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
