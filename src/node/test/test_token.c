#include "node/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static loft_err read_text(struct token *out, const char *text)
{
    char path[] = "/tmp/loft-token-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    loft_err code = token_read(out, path);
    unlink(path);
    return code;
}

static void the_secret_of_the_file_is_asked_for(void **state)
{
    struct token token;
    (void)state;
    assert_int_equal(read_text(&token, " 0123456789abcdef\n"), LOFT_OK);
    assert_int_equal(token_check(&token, NULL), TOKEN_NONE);
    assert_int_equal(token_check(&token, "Bearer 0123456789abcdef"),
                     TOKEN_RIGHT);
    assert_int_equal(token_check(&token, "bearer 0123456789abcdef "),
                     TOKEN_RIGHT);
    assert_int_equal(token_check(&token, "Bearer 0123456789abcdeF"),
                     TOKEN_WRONG);
    assert_int_equal(token_check(&token, "Bearer 0123456789abcde"),
                     TOKEN_WRONG);
    assert_int_equal(token_check(&token, "Bearer "), TOKEN_WRONG);
    assert_int_equal(token_check(&token, "Basic 0123456789abcdef"),
                     TOKEN_WRONG);
}

static void a_short_secret_is_none(void **state)
{
    struct token token;
    (void)state;
    assert_int_equal(read_text(&token, "0123456789abcde\n"), LOFT_ERR_USAGE);
    assert_int_equal(read_text(&token, ""), LOFT_ERR_USAGE);
    assert_int_equal(token_read(&token, "/nowhere/at/all"), LOFT_ERR_IO);
}

static void without_a_file_everybody_may_write(void **state)
{
    const struct token token = {0};
    (void)state;
    assert_int_equal(token_check(&token, NULL), TOKEN_RIGHT);
    assert_int_equal(token_check(&token, "Bearer x"), TOKEN_RIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_secret_of_the_file_is_asked_for),
        cmocka_unit_test(a_short_secret_is_none),
        cmocka_unit_test(without_a_file_everybody_may_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
