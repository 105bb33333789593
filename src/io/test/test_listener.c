#include "io/listener.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void a_path_is_this_users_alone(void **state)
{
    char folder[] = "/tmp/loft-listener-XXXXXX", path[64];
    struct stat kind;
    int fd = -1, second = -1;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.ipc", folder);
    assert_int_equal(listener_open_path(&fd, path), LOFT_OK);
    assert_int_equal(stat(path, &kind), 0);
    assert_int_equal(kind.st_mode & 0777, 0600);
    assert_int_equal(listener_accept(fd), -1);
    assert_int_equal(listener_open_path(&second, path), LOFT_ERR_BUSY);
    /* One that a dead process has left is taken over. */
    close(fd);
    assert_int_equal(listener_open_path(&second, path), LOFT_OK);
    close(second);
    unlink(path);
    /* What is no socket stays. */
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(listener_open_path(&fd, path), LOFT_ERR_BUSY);
    assert_int_equal(unlink(path), 0);
    rmdir(folder);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    char path[200];
    int fd = -1;
    (void)state;
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = 0;
    assert_int_equal(listener_open_path(&fd, path), LOFT_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_zero_takes_a_free_port),
        cmocka_unit_test(a_taken_port_is_busy),
        cmocka_unit_test(a_foreign_address_is_refused),
        cmocka_unit_test(a_path_is_this_users_alone),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
