#include "codec/signed_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hex.h"

/* What wallets sign for "hello". */
static void the_prefix_and_the_length_come_first(void **state)
{
    (void)state;
    hash32 expected, digest = signed_message_digest(bytes_str("hello"));
    assert_int_equal(
        hex_read_exact(expected.at, sizeof expected.at,
                       bytes_str("50b2c43fd39106bafbba0da34fc430e1"
                                 "f91e3c96ea2acee2bc34119f92b37750")),
        LOFT_OK);
    assert_memory_equal(digest.at, expected.at, sizeof expected.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prefix_and_the_length_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
