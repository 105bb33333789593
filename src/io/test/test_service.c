#include "io/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A manager's end, in the file system or not. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(
        bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
        0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void expect(int fd, const char *message)
{
    char got[1024];
    ssize_t len = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
    assert_true(len >= 0);
    got[len] = 0;
    assert_string_equal(got, message);
}

static void messages_arrive_whole(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "/tmp/loft-notify-%d", getpid());
    int fd = listen_at(name);
    service_notify("READY=1\nSTATUS=block %d", 7);
    expect(fd, "READY=1\nSTATUS=block 7");
    close(fd);
    unlink(name);
    service_notify("STOPPING=1"); /* nobody is there: fine */
    snprintf(name, sizeof name, "@loft-notify-%d", getpid());
    fd = listen_at(name);
    service_notify("WATCHDOG=1");
    expect(fd, "WATCHDOG=1");
    close(fd);
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_of_this_process(void **state)
{
    (void)state;
    char self[32];
    assert_int_equal(service_watchdog_ms(), 0);
    setenv("NOTIFY_SOCKET", "/nonexistent", 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(service_watchdog_ms(), 30000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(service_watchdog_ms(), 0);
    snprintf(self, sizeof self, "%d", getpid());
    setenv("WATCHDOG_PID", self, 1);
    assert_int_equal(service_watchdog_ms(), 30000);
    setenv("NOTIFY_SOCKET", "relative", 1);
    service_notify("READY=1");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive_whole),
        cmocka_unit_test(the_watchdog_is_of_this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
