#include "crypto/mnemonic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/vec.h"
#include "crypto/digest.h"
#include "crypto/mnemonic_words.h"

static const char *const twelve =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "abandon abandon about";

static void assert_seed(const char *phrase, const char *expected_hex)
{
    uint8_t seed[64], expected[64];
    assert_int_equal(
        mnemonic_seed(seed, bytes_str(phrase), bytes_str("TREZOR")), LOFT_OK);
    assert_int_equal(hex_read_exact(expected, 64, bytes_str(expected_hex)),
                     LOFT_OK);
    assert_memory_equal(seed, expected, 64);
}

/* Of the vectors that BIP-39 refers to. */
static void known_answers(void **state)
{
    (void)state;
    assert_seed(
        twelve,
        "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a"
        "6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04");
    assert_seed(
        "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
        "zoo zoo zoo zoo zoo zoo vote",
        "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e1613912"
        "f0a5b694407be899ffd31ed3992c456cdf60f5d4564b8ba3f05a69890ad");
}

static void the_word_list_is_the_published_one(void **state)
{
    (void)state;
    struct buffer text = {0};
    hash32 expected;
    for (size_t i = 0; i < MNEMONIC_WORDS; i++)
        buffer_printf(&text, "%s\n", mnemonic_words[i]);
    hash32 hash = sha256(buffer_bytes(&text));
    buffer_free(&text);
    assert_int_equal(
        hex_read_exact(expected.at, 32,
                       bytes_str("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9"
                                 "ff8eff3a2ed3b24dbda")),
        LOFT_OK);
    assert_memory_equal(hash.at, expected.at, 32);
}

static void white_space_does_not_matter(void **state)
{
    (void)state;
    uint8_t plain[64], spaced[64];
    assert_int_equal(mnemonic_seed(plain, bytes_str(twelve), BYTES_EMPTY),
                     LOFT_OK);
    assert_int_equal(
        mnemonic_seed(spaced,
                      bytes_str("  abandon abandon\tabandon abandon abandon "
                                "abandon   abandon abandon\nabandon abandon "
                                "abandon about\r\n"),
                      BYTES_EMPTY),
        LOFT_OK);
    assert_memory_equal(plain, spaced, 64);
}

static void assert_refused(const char *phrase)
{
    uint8_t seed[64];
    assert_int_equal(mnemonic_seed(seed, bytes_str(phrase), BYTES_EMPTY),
                     LOFT_ERR_FORMAT);
    assert_null(strstr(err_sentence(), "abandon"));
}

static void refuses_wrong_words_counts_and_checksums(void **state)
{
    (void)state;
    assert_refused("");
    assert_refused("about");
    assert_refused("abandon abandon abandon abandon abandon abandon abandon "
                   "abandon abandon abandon abandon abandon");
    assert_refused("abandon abandon abandon abandon abandon abandon abandon "
                   "abandon abandon abandon abandon aboutt");
    assert_refused("abandon abandon abandon abandon abandon abandon abandon "
                   "abandon abandon abandon abandon aboutaboutabout");
    assert_refused("abandon abandon abandon abandon abandon abandon abandon "
                   "abandon abandon abandon about");
    assert_refused("zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
                   "zoo zoo zoo zoo zoo zoo zoo zoo zoo vote zoo");
}

static void refuses_a_passphrase_that_needs_normalization(void **state)
{
    (void)state;
    uint8_t seed[64];
    char long_one[MNEMONIC_PASSPHRASE_BYTES_MAX + 1];
    memset(long_one, 'a', sizeof long_one);
    assert_int_equal(
        mnemonic_seed(seed, bytes_str(twelve), bytes_str("caf\xc3\xa9")),
        LOFT_ERR_FORMAT);
    assert_int_equal(mnemonic_seed(seed, bytes_str(twelve),
                                   bytes_of(long_one, sizeof long_one)),
                     LOFT_ERR_LIMIT);
    assert_int_equal(mnemonic_seed(seed, bytes_str(twelve),
                                   bytes_of(long_one, sizeof long_one - 1)),
                     LOFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(the_word_list_is_the_published_one),
        cmocka_unit_test(white_space_does_not_matter),
        cmocka_unit_test(refuses_wrong_words_counts_and_checksums),
        cmocka_unit_test(refuses_a_passphrase_that_needs_normalization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
