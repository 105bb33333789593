#include "io/line_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

/* A server in a process of its own: for each connection it reads a line and
 * sends what it is told to, in two pieces. */
static pid_t serve(const char *first, const char *second)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/loft-line-%d", getpid());
    unlink(path);
    strcpy(where.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(listen(fd, 4), 0);
    pid_t child = fork();
    if (child) {
        close(fd);
        return child;
    }
    int peer = accept(fd, NULL, NULL);
    char byte = 0;
    while (byte != '\n' && read(peer, &byte, 1) == 1)
        ;
    bool ok = write(peer, first, strlen(first)) >= 0;
    usleep(20000);
    ok &= write(peer, second, strlen(second)) >= 0;
    usleep(*second ? 0 : 300000);
    _exit(ok ? 0 : 1);
}

static loft_err exchange(struct buffer *reply, size_t max)
{
    struct line_client *client;
    TRY(line_client_open(&client, path, 100, max));
    loft_err code = line_client_exchange(client, reply, bytes_str("{}"));
    line_client_close(client);
    return code;
}

static void end(pid_t child)
{
    waitpid(child, NULL, 0);
    unlink(path);
}

static void a_reply_ends_with_its_line(void **state)
{
    (void)state;
    struct buffer reply = {0};
    pid_t child = serve("{\"a\":", "1}\nmore");
    assert_int_equal(exchange(&reply, 100), LOFT_OK);
    assert_int_equal(reply.len, 7);
    assert_memory_equal(reply.at, "{\"a\":1}", 7);
    buffer_free(&reply);
    end(child);
}

static void silence_breaks_and_size_are_told_apart(void **state)
{
    (void)state;
    struct buffer reply = {0};
    pid_t child = serve("{", "");
    assert_int_equal(exchange(&reply, 100), LOFT_ERR_TIMEOUT);
    end(child);
    child = serve("{", "}");
    assert_int_equal(exchange(&reply, 100), LOFT_ERR_IO);
    end(child);
    child = serve("{1234567890}", "\n");
    assert_int_equal(exchange(&reply, 9), LOFT_ERR_LIMIT);
    end(child);
    assert_int_equal(exchange(&reply, 9), LOFT_ERR_IO); /* nobody listens */
    buffer_free(&reply);
}

static void a_path_has_a_length(void **state)
{
    (void)state;
    struct line_client *client;
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(line_client_open(&client, longest, 100, 100),
                     LOFT_ERR_USAGE);
    assert_int_equal(line_client_open(&client, "", 100, 100), LOFT_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_ends_with_its_line),
        cmocka_unit_test(silence_breaks_and_size_are_told_apart),
        cmocka_unit_test(a_path_has_a_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
