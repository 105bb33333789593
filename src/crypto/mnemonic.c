#include "crypto/mnemonic.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/mnemonic_words.h"

#define WORDS_MAX 24
#define ROUNDS 2048

struct phrase {
    uint16_t word[WORDS_MAX]; /* indexes in the list */
    size_t words;
    char text[WORDS_MAX * MNEMONIC_WORD_ROOM]; /* with single spaces */
    size_t len;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int compare_word(const void *a, const void *b)
{
    return strcmp(a, b);
}

static loft_err add_word(struct phrase *phrase, bytes word)
{
    char text[MNEMONIC_WORD_ROOM] = {0};
    const char(*found)[MNEMONIC_WORD_ROOM] = NULL;
    if (phrase->words == WORDS_MAX)
        return err_say(LOFT_ERR_FORMAT, "a mnemonic of more than %d words",
                       WORDS_MAX);
    if (word.len < sizeof text) {
        memcpy(text, word.at, word.len);
        found = bsearch(text, mnemonic_words, MNEMONIC_WORDS, sizeof text,
                        compare_word);
    }
    memory_wipe(text, sizeof text);
    if (!found)
        return err_say(LOFT_ERR_FORMAT,
                       "word %zu of the mnemonic is not in the English list",
                       phrase->words + 1);
    if (phrase->words)
        phrase->text[phrase->len++] = ' ';
    memcpy(phrase->text + phrase->len, word.at, word.len);
    phrase->len += word.len;
    phrase->word[phrase->words++] = (uint16_t)(found - mnemonic_words);
    return LOFT_OK;
}

static loft_err read_words(struct phrase *phrase, bytes text)
{
    size_t at = 0;
    for (;;) {
        while (at < text.len && is_space(text.at[at]))
            at++;
        size_t start = at;
        while (at < text.len && !is_space(text.at[at]))
            at++;
        if (at == start)
            return LOFT_OK;
        TRY(add_word(phrase, bytes_of(text.at + start, at - start)));
    }
}

/* Eleven bits a word: 32 bits of entropy and one of checksum for every three
 * words, the checksum being the first bits of the entropy's SHA-256. */
static loft_err check_sum(const struct phrase *phrase)
{
    uint8_t packed[WORDS_MAX * 11 / 8] = {0};
    if (phrase->words < 12 || phrase->words % 3 != 0)
        return err_say(LOFT_ERR_FORMAT,
                       "a mnemonic of %zu words, not 12, 15, 18, 21 or 24",
                       phrase->words);
    for (size_t bit = 0; bit < phrase->words * 11; bit++)
        if (phrase->word[bit / 11] >> (10 - bit % 11) & 1)
            packed[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
    size_t entropy_len = phrase->words / 3 * 4, sum_bits = phrase->words / 3;
    hash32 hash = sha256(bytes_of(packed, entropy_len));
    unsigned others = (unsigned)(8 - sum_bits);
    bool right = packed[entropy_len] >> others == hash.at[0] >> others;
    memory_wipe(packed, sizeof packed);
    memory_wipe(&hash, sizeof hash);
    return right ? LOFT_OK
                 : err_say(LOFT_ERR_FORMAT,
                           "the mnemonic's checksum is wrong: is a word "
                           "mistyped or out of its place?");
}

static loft_err check_passphrase(bytes passphrase)
{
    if (passphrase.len > MNEMONIC_PASSPHRASE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "a passphrase of more than %d bytes",
                       MNEMONIC_PASSPHRASE_BYTES_MAX);
    for (size_t i = 0; i < passphrase.len; i++)
        if (passphrase.at[i] >= 0x80)
            return err_say(LOFT_ERR_FORMAT,
                           "a passphrase with characters beyond ASCII");
    return LOFT_OK;
}

static loft_err stretch(uint8_t *seed, const struct phrase *phrase,
                        bytes passphrase)
{
    uint8_t salt[8 + MNEMONIC_PASSPHRASE_BYTES_MAX] = "mnemonic";
    if (passphrase.len)
        memcpy(salt + 8, passphrase.at, passphrase.len);
    loft_err err = kdf_pbkdf2_sha512(
        seed, MNEMONIC_SEED_BYTES, bytes_of(phrase->text, phrase->len),
        bytes_of(salt, 8 + passphrase.len), ROUNDS);
    memory_wipe(salt, sizeof salt);
    return err;
}

loft_err mnemonic_seed(uint8_t seed[MNEMONIC_SEED_BYTES], bytes phrase,
                       bytes passphrase)
{
    struct phrase read = {0};
    loft_err err = check_passphrase(passphrase);
    if (err == LOFT_OK)
        err = read_words(&read, phrase);
    if (err == LOFT_OK)
        err = check_sum(&read);
    if (err == LOFT_OK)
        err = stretch(seed, &read, passphrase);
    memory_wipe(&read, sizeof read);
    return err;
}
