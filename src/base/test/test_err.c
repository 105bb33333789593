#include "base/err.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static loft_err open_door(int number)
{
    if (number != 3)
        return err_say(LOFT_ERR_NOT_FOUND, "no door %d", number);
    return LOFT_OK;
}

static loft_err enter(int number)
{
    TRY(open_door(number));
    return LOFT_OK;
}

static void failures_keep_their_code_and_sentence(void **state)
{
    (void)state;
    assert_int_equal(enter(3), LOFT_OK);
    assert_int_equal(enter(4), LOFT_ERR_NOT_FOUND);
    assert_string_equal(err_sentence(), "no door 4");
}

static void context_goes_in_front(void **state)
{
    (void)state;
    loft_err err = err_in(enter(5), "house %s", "A");
    assert_int_equal(err, LOFT_ERR_NOT_FOUND);
    assert_string_equal(err_sentence(), "house A: no door 5");
}

static void long_sentences_are_cut(void **state)
{
    (void)state;
    char words[2 * ERR_SENTENCE_MAX];
    memset(words, 'w', sizeof words);
    words[sizeof words - 1] = 0;
    (void)!err_say(LOFT_ERR_IO, "%s", words);
    assert_int_equal(strlen(err_sentence()), ERR_SENTENCE_MAX);
    for (size_t len = ERR_SENTENCE_MAX - 10; len < ERR_SENTENCE_MAX + 10;
         len++) {
        (void)!err_say(LOFT_ERR_IO, "why");
        (void)!err_in(LOFT_ERR_IO, "%.*s", (int)len, words);
        assert_true(strlen(err_sentence()) <= ERR_SENTENCE_MAX);
        assert_memory_equal(err_sentence(), words, 500);
    }
}

static void *say_elsewhere(void *unused)
{
    (void)unused;
    (void)!err_say(LOFT_ERR_IO, "elsewhere");
    return NULL;
}

static void a_sentence_belongs_to_its_thread(void **state)
{
    (void)state;
    pthread_t thread;
    (void)!err_say(LOFT_ERR_IO, "here");
    assert_int_equal(pthread_create(&thread, NULL, say_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(err_sentence(), "here");
}

static void every_code_has_a_text(void **state)
{
    (void)state;
#define X(name, words) assert_string_equal(err_text(LOFT_ERR_##name), words);
    LOFT_ERRORS(X)
#undef X
    assert_string_equal(err_text((loft_err)999), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_keep_their_code_and_sentence),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(a_sentence_belongs_to_its_thread),
        cmocka_unit_test(every_code_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
