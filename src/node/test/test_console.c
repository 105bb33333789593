#include "node/console.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/listener.h"

/* The server runs in a child process; its exit status tells of leaks. */
static pid_t child;
static uint16_t port;

static void stop(void *context)
{
    loop_stop(context);
}

static NO_RETURN void run_child(int fd)
{
    struct loop *loop;
    struct loop_signal *term;
    struct http_server *server;
    struct http_options options = {0};
    if (loop_open(&loop) != LOFT_OK ||
        loop_signal_open(&term, loop, SIGTERM, stop, loop) != LOFT_OK ||
        http_server_open(&server, loop, fd, &options, console_answer, NULL) !=
            LOFT_OK)
        _exit(9);
    loop_run(loop);
    http_server_close(server);
    loop_signal_close(term);
    loop_close(loop);
    exit(0);
}

static int start(void **state)
{
    int fd = -1;
    (void)state;
    if (listener_open(&fd, &port, "127.0.0.1", 0) != LOFT_OK)
        return -1;
    child = fork();
    if (child == 0)
        run_child(fd);
    close(fd);
    return 0;
}

static int finish(void **state)
{
    int status = -1;
    (void)state;
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    return status;
}

struct answer {
    char *text; /* head and body */
    size_t len;
    const char *body;
    size_t body_len;
};

static int dial(void)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Asks with the fields and reads to the end. */
static struct answer ask(const char *line, const char *fields)
{
    struct buffer text = {0};
    char request[1024], piece[65536];
    int fd = dial();
    snprintf(request, sizeof request,
             "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
             line, fields);
    send(fd, request, strlen(request), MSG_NOSIGNAL);
    for (ssize_t got; (got = recv(fd, piece, sizeof piece, 0)) > 0;)
        buffer_put(&text, piece, (size_t)got);
    close(fd);
    buffer_put_byte(&text, 0);
    struct answer answer = {.text = (char *)text.at, .len = text.len - 1};
    char *end = strstr(answer.text, "\r\n\r\n");
    assert_non_null(end);
    answer.body = end + 4;
    answer.body_len = answer.len - (size_t)(answer.body - answer.text);
    end[2] = 0; /* what is searched for is in the head */
    return answer;
}

static void assert_has(const struct answer *answer, const char *text)
{
    if (!strstr(answer->text, text))
        fail_msg("not in the answer: %s\n%s", text, answer->text);
}

static void assert_file(const struct console_file *file)
{
    char line[300], field[300];
    snprintf(line, sizeof line, "GET %s", file->path);
    struct answer answer = ask(line, "");
    assert_has(&answer, "HTTP/1.1 200");
    snprintf(field, sizeof field, "Content-Type: %s\r\n", file->content_type);
    assert_has(&answer, field);
    snprintf(field, sizeof field, "ETag: %s\r\n", file->etag);
    assert_has(&answer, field);
    assert_int_equal(answer.body_len, file->plain.len);
    assert_memory_equal(answer.body, file->plain.at, file->plain.len);
    free(answer.text);
}

static void every_file_is_served_as_it_is(void **state)
{
    (void)state;
    assert_true(console_file_count > 0);
    for (size_t i = 0; i < console_file_count; i++) {
        assert_file(&console_files[i]);
        if (i)
            assert_true(
                strcmp(console_files[i - 1].path, console_files[i].path) < 0);
    }
}

static void the_root_is_the_page(void **state)
{
    (void)state;
    struct answer answer = ask("GET /", "");
    assert_has(&answer, "Content-Type: text/html; charset=utf-8\r\n");
    free(answer.text);
}

static void pages_run_nothing_of_others(void **state)
{
    (void)state;
    struct answer answer = ask("GET /", "");
    assert_has(&answer, "Content-Security-Policy: default-src 'none'; "
                        "script-src 'self'; style-src 'self'; ");
    assert_has(&answer, "frame-ancestors 'none'");
    assert_has(&answer, "base-uri 'none'");
    assert_has(&answer, "form-action 'none'");
    assert_has(&answer, "X-Content-Type-Options: nosniff\r\n");
    assert_has(&answer, "Referrer-Policy: no-referrer\r\n");
    free(answer.text);
}

static void who_takes_gzip_gets_it(void **state)
{
    (void)state;
    struct answer answer = ask("GET /", "Accept-Encoding: br, gzip\r\n");
    assert_has(&answer, "Content-Encoding: gzip\r\n");
    assert_has(&answer, "Vary: Accept-Encoding\r\n");
    assert_memory_equal(answer.body, "\x1f\x8b", 2);
    free(answer.text);
    answer = ask("GET /", "Accept-Encoding: gzip;q=0\r\n");
    assert_null(strstr(answer.text, "Content-Encoding"));
    free(answer.text);
}

static void accept_encoding_is_read_with_its_weights(void **state)
{
    static const struct {
        const char *text;
        bool takes;
    } cases[] = {
        {"gzip", true},
        {"deflate, gzip;q=1.0, *;q=0.5", true},
        {"*", true},
        {"GZIP", true},
        {"gzip;q=0.001", true},
        {"gzip ; q=0", false},
        {"gzip;q=0.000", false},
        {"*;q=0", false},
        {"identity", false},
        {"xgzip", false},
        {"", false},
        {",, ,", false},
        {"br;q=1,gzip", true},
        {"br;q=0,deflate", false},
    };
    (void)state;
    assert_false(console_takes_gzip(NULL));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (console_takes_gzip(cases[i].text) != cases[i].takes)
            fail_msg("wrong about '%s'", cases[i].text);
}

static void what_the_browser_has_is_not_sent_again(void **state)
{
    char field[200];
    (void)state;
    snprintf(field, sizeof field, "If-None-Match: W/%s\r\n",
             console_files[0].etag);
    char line[300];
    snprintf(line, sizeof line, "GET %s", console_files[0].path);
    struct answer answer = ask(line, field);
    assert_has(&answer, "HTTP/1.1 304");
    assert_has(&answer, console_files[0].etag);
    assert_int_equal(answer.body_len, 0);
    free(answer.text);
    answer = ask(line, "If-None-Match: \"another\"\r\n");
    assert_has(&answer, "HTTP/1.1 200");
    free(answer.text);
}

static void head_has_the_length_and_no_body(void **state)
{
    char field[100];
    (void)state;
    char line[300];
    snprintf(line, sizeof line, "HEAD %s", console_files[0].path);
    struct answer answer = ask(line, "");
    snprintf(field, sizeof field, "Content-Length: %zu\r\n",
             console_files[0].plain.len);
    assert_has(&answer, field);
    assert_int_equal(answer.body_len, 0);
    free(answer.text);
}

static void what_is_not_there_gets_404(void **state)
{
    static const char *const lines[] = {
        "GET /nothing.js", "GET /../node.c",   "GET /vendor/",
        "GET /index",      "GET //index.html", "GET /%2e%2e/etc/passwd",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct answer answer = ask(lines[i], "");
        assert_has(&answer, "HTTP/1.1 404");
        free(answer.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_encoding_is_read_with_its_weights),
        cmocka_unit_test_setup_teardown(every_file_is_served_as_it_is, start,
                                        finish),
        cmocka_unit_test_setup_teardown(the_root_is_the_page, start, finish),
        cmocka_unit_test_setup_teardown(pages_run_nothing_of_others, start,
                                        finish),
        cmocka_unit_test_setup_teardown(who_takes_gzip_gets_it, start, finish),
        cmocka_unit_test_setup_teardown(what_the_browser_has_is_not_sent_again,
                                        start, finish),
        cmocka_unit_test_setup_teardown(head_has_the_length_and_no_body, start,
                                        finish),
        cmocka_unit_test_setup_teardown(what_is_not_there_gets_404, start,
                                        finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
