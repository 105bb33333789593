#include "io/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void port_zero_takes_a_free_port(void **state)
{
    (void)state;
    int fd = -1;
    uint16_t port = 0;
    assert_int_equal(listener_open(&fd, &port, "127.0.0.1", 0), LOFT_OK);
    assert_true(port > 0);
    close(fd);
}

static void a_taken_port_is_busy(void **state)
{
    (void)state;
    int first = -1, second = -1;
    uint16_t port = 0, other = 0;
    assert_int_equal(listener_open(&first, &port, "127.0.0.1", 0), LOFT_OK);
    assert_int_equal(listener_open(&second, &other, "127.0.0.1", port),
                     LOFT_ERR_BUSY);
    assert_non_null(strstr(err_sentence(), "in use"));
    close(first);
}

static void a_foreign_address_is_refused(void **state)
{
    (void)state;
    int fd = -1;
    uint16_t port = 0;
    assert_int_equal(listener_open(&fd, &port, "192.0.2.1", 0), LOFT_ERR_IO);
    assert_int_equal(listener_open(&fd, &port, "256.1.2.3.4", 0), LOFT_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_zero_takes_a_free_port),
        cmocka_unit_test(a_taken_port_is_busy),
        cmocka_unit_test(a_foreign_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
