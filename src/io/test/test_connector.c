#include "io/connector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/listener.h"

struct trial {
    struct loop *loop;
    struct connector *connector;
    int fd, calls;
    struct endpoint at;
    char why[200];
};

static void done(void *context, int fd, const struct endpoint *at,
                 const char *why)
{
    struct trial *trial = context;
    trial->calls++;
    trial->fd = fd;
    trial->at = *at;
    if (why)
        strncpy(trial->why, why, sizeof trial->why - 1);
    connector_close(trial->connector);
    trial->connector = NULL;
}

static struct endpoint loopback(uint16_t port)
{
    return (struct endpoint){.ip = {127, 0, 0, 1}, .port = port};
}

/* A listener, and a port where nobody listens. */
static void open_ports(int *fd, struct endpoint *taken, struct endpoint *free)
{
    struct endpoint any = loopback(0);
    int other;
    assert_int_equal(listener_open_at(fd, taken, &any), LOFT_OK);
    assert_int_equal(listener_open_at(&other, free, &any), LOFT_OK);
    close(other);
}

static void try_ports(struct trial *trial, const struct endpoint *to,
                      size_t count)
{
    *trial = (struct trial){.fd = -1};
    assert_int_equal(loop_open(&trial->loop), LOFT_OK);
    trial->connector = connector_open(trial->loop, to, count, 20000, done,
                                      trial);
    assert_int_equal(trial->calls, 0);
    loop_run(trial->loop); /* until nothing is left to wait for */
    loop_close(trial->loop);
    assert_int_equal(trial->calls, 1);
}

static void the_next_endpoint_serves_where_one_fails(void **state)
{
    struct trial trial;
    struct endpoint to[2];
    int fd;
    (void)state;
    open_ports(&fd, &to[1], &to[0]);
    try_ports(&trial, to, 2);
    assert_true(trial.fd >= 0);
    assert_int_equal(trial.at.port, to[1].port);
    close(trial.fd);
    close(fd);
}

static void all_failing_is_told_with_the_last_reason(void **state)
{
    struct trial trial;
    struct endpoint taken, to;
    int fd;
    (void)state;
    open_ports(&fd, &taken, &to);
    try_ports(&trial, &to, 1);
    assert_int_equal(trial.fd, -1);
    assert_non_null(strstr(trial.why, "127.0.0.1:"));
    close(fd);
}

static void one_that_is_closed_says_nothing(void **state)
{
    struct trial trial = {.fd = -1};
    struct endpoint taken, free;
    int fd;
    (void)state;
    open_ports(&fd, &taken, &free);
    assert_int_equal(loop_open(&trial.loop), LOFT_OK);
    connector_close(connector_open(trial.loop, &taken, 1, 20000, done, &trial));
    loop_run(trial.loop);
    assert_int_equal(trial.calls, 0);
    loop_close(trial.loop);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_endpoint_serves_where_one_fails),
        cmocka_unit_test(all_failing_is_told_with_the_last_reason),
        cmocka_unit_test(one_that_is_closed_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
