#include "net/http_client.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "io/listener.h"

struct server {
    pid_t child;
    char url[64];
};

static bool has_head(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    return end && (!length || strlen(end + 4) >= strtoul(length + 16, 0, 10));
}

/* Reads a request and answers with its own bytes as the body, where `reply` is
 * a format for their number; or with the reply as it is. */
static void answer_one(int peer, const char *reply, bool echoes)
{
    char request[4096] = "", head[512];
    size_t len = 0;
    while (!has_head(request) && len < sizeof request - 1) {
        ssize_t got = read(peer, request + len, sizeof request - 1 - len);
        if (got <= 0)
            _exit(1);
        len += (size_t)got;
        request[len] = 0;
    }
    if (!echoes) {
        if (write(peer, reply, strlen(reply)) < 0)
            _exit(1);
        return;
    }
    int head_len = snprintf(head, sizeof head,
                            "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                            len);
    if (write(peer, head, (size_t)head_len) < 0 ||
        write(peer, request, len) < 0)
        _exit(1);
}

/* A server in a process of its own, for `count` requests on one connection;
 * afterwards it is silent for a while. */
static struct server serve(const char *reply, bool echoes, int count)
{
    struct server server;
    int fd;
    uint16_t port;
    assert_int_equal(listener_open(&fd, &port, "127.0.0.1", 0), LOFT_OK);
    snprintf(server.url, sizeof server.url, "http://127.0.0.1:%u/", port);
    server.child = fork();
    if (server.child == 0) {
        int peer;
        while ((peer = accept(fd, NULL, NULL)) < 0)
            usleep(1000);
        while (count--)
            answer_one(peer, reply, echoes);
        usleep(400000);
        _exit(0);
    }
    close(fd);
    return server;
}

static void end(const struct server *server)
{
    waitpid(server->child, NULL, 0);
}

static struct http_client *client_of(const struct server *server)
{
    struct http_client *client;
    struct http_client_options options = {.url = server->url,
                                          .timeout_ms = 200,
                                          .reply_bytes_max = 1000,
                                          .token = "secret"};
    assert_int_equal(http_client_open(&client, &options), LOFT_OK);
    return client;
}

static void a_request_says_what_it_is_told_to(void **state)
{
    (void)state;
    struct server server = serve("", true, 2);
    struct http_client *client = client_of(&server);
    struct buffer reply = {0};
    unsigned status = 0;
    assert_int_equal(http_client_post(client, &reply, &status,
                                      "application/json", bytes_str("{}")),
                     LOFT_OK);
    buffer_put_byte(&reply, 0);
    const char *text = (const char *)reply.at;
    assert_int_equal(status, 200);
    assert_non_null(strstr(text, "POST / HTTP/1.1\r\n"));
    assert_non_null(strstr(text, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(text, "Authorization: Bearer secret\r\n"));
    assert_null(strstr(text, "Expect:"));
    assert_non_null(strstr(text, "\r\n\r\n{}"));
    reply.len = 0;
    assert_int_equal(http_client_get(client, &reply, &status, "/healthz"),
                     LOFT_OK);
    assert_memory_equal(reply.at, "GET /healthz HTTP/1.1\r\n", 23);
    http_client_close(client);
    buffer_free(&reply);
    end(&server);
}

static void failures_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        loft_err code;
        unsigned status;
    } cases[] = {
        {"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", LOFT_OK, 403},
        {"HTTP/1.1 302 Away\r\nLocation: http://127.0.0.1:1/\r\n"
         "Content-Length: 0\r\n\r\n",
         LOFT_OK, 302},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", LOFT_ERR_TIMEOUT,
         0},
        {"", LOFT_ERR_TIMEOUT, 0},
        {"nonsense\r\n\r\n", LOFT_ERR_IO, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server server = serve(cases[i].reply, false, 1);
        struct http_client *client = client_of(&server);
        struct buffer reply = {0};
        unsigned status = 0;
        loft_err code = http_client_post(client, &reply, &status, "text/plain",
                                         bytes_str("x"));
        if (code != cases[i].code || status != cases[i].status)
            fail_msg("%s: %d %u %s", cases[i].reply, code, status,
                     err_sentence());
        http_client_close(client);
        buffer_free(&reply);
        end(&server);
    }
}

static void a_reply_has_a_size(void **state)
{
    (void)state;
    static char text[1200] = "HTTP/1.1 200 OK\r\nContent-Length: 1100\r\n\r\n";
    size_t head = strlen(text);
    memset(text + head, 'x', 1100);
    struct server server = serve(text, false, 1);
    struct http_client *client = client_of(&server);
    struct buffer reply = {0};
    unsigned status;
    assert_int_equal(
        http_client_post(client, &reply, &status, "text/plain", bytes_str("x")),
        LOFT_ERR_LIMIT);
    http_client_close(client);
    buffer_free(&reply);
    end(&server);
}

static void urls_are_of_http(void **state)
{
    (void)state;
    static const char *const urls[] = {"", "ftp://127.0.0.1/", "file:///etc",
                                       "127.0.0.1:8545", "http://"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct http_client *client;
        struct http_client_options options = {.url = urls[i]};
        assert_int_equal(http_client_open(&client, &options), LOFT_ERR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_says_what_it_is_told_to),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(a_reply_has_a_size),
        cmocka_unit_test(urls_are_of_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
