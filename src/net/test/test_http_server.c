#include "net/http_server.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/listener.h"

/* The server runs in a child process; its exit status tells of leaks. */
struct fixture {
    pid_t child;
    uint16_t port;
};

struct service {
    struct loop *loop;
    struct http_server *server;
    struct http_request *held;
    struct loop_timer *timer;
};

static void answer_held(void *context)
{
    struct service *service = context;
    if (service->held)
        http_respond_text(service->held, 200, "later");
    service->held = NULL;
}

static void serve(void *context, struct http_request *request)
{
    struct service *service = context;
    if (strcmp(request->path, "/hold") == 0 && !service->held) {
        service->held = request; /* until the end, or /release */
    } else if (strcmp(request->path, "/later") == 0) {
        service->held = request;
        loop_timer_start(service->timer, 20);
    } else if (strcmp(request->path, "/release") == 0) {
        answer_held(service);
        http_respond_text(request, 200, "released");
    } else if (request->method == HTTP_POST) {
        struct buffer body = {0};
        buffer_put_bytes(&body, request->body);
        http_respond(request, 200, "application/octet-stream", &body);
    } else {
        http_respond_text(request, 404, request->path);
    }
}

static void stop(void *context)
{
    loop_stop(context);
}

static NO_RETURN void run_child(int fd)
{
    static const char *const origins[] = {"https://dapp.example"};
    struct http_options options = {
        .body_bytes_max = 100000,
        .header_bytes_max = 8192,
        .connections_max = 20,
        .idle_seconds_max = 3,
        .allow_origins = origins,
        .allow_origin_count = 1,
    };
    struct service service = {0};
    struct loop_signal *term = NULL;
    if (loop_open(&service.loop) != LOFT_OK ||
        loop_signal_open(&term, service.loop, SIGTERM, stop, service.loop) !=
            LOFT_OK ||
        http_server_open(&service.server, service.loop, fd, &options, serve,
                         &service) != LOFT_OK)
        _exit(9);
    service.timer = loop_timer_open(service.loop, answer_held, &service);
    loop_run(service.loop);
    http_server_close(service.server);
    answer_held(&service); /* an answer after the close is dropped */
    loop_timer_close(service.timer);
    loop_signal_close(term);
    loop_close(service.loop);
    exit(0);
}

static int start(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    int fd = -1;
    if (listener_open(&fd, &fixture->port, "127.0.0.1", 0) != LOFT_OK)
        return -1;
    fixture->child = fork();
    if (fixture->child == 0)
        run_child(fd);
    close(fd);
    *state = fixture;
    return 0;
}

static int finish(void **state)
{
    struct fixture *fixture = *state;
    int status = -1;
    kill(fixture->child, SIGTERM);
    waitpid(fixture->child, &status, 0);
    free(fixture);
    return status; /* 0: ended cleanly and without leaks */
}

static int dial(const struct fixture *fixture)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons(fixture->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void set_patience(int fd, int milliseconds)
{
    struct timeval patience = {milliseconds / 1000, milliseconds % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the text has come, or the other side ends. */
static char *read_until(int fd, const char *text)
{
    static char seen[400000];
    size_t len = 0;
    seen[0] = 0;
    while (!strstr(seen, text) && len + 1 < sizeof seen) {
        ssize_t got = recv(fd, seen + len, sizeof seen - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        seen[len] = 0;
    }
    return seen;
}

static void assert_answer(const struct fixture *fixture, const char *request,
                          const char *status, const char *text)
{
    int fd = dial(fixture);
    send_text(fd, request);
    char *seen = read_until(fd, text);
    if (strncmp(seen, status, strlen(status)) != 0 || !strstr(seen, text))
        fail_msg("asked:\n%.300s\ngot:\n%.500s", request, seen);
    close(fd);
}

#define HEAD " HTTP/1.1\r\nHost: localhost\r\n"

static void a_posted_body_reaches_the_handler(void **state)
{
    assert_answer(*state, "POST /" HEAD "Content-Length: 5\r\n\r\nhello",
                  "HTTP/1.1 200", "\r\n\r\nhello");
    assert_answer(*state, "GET /nothing?x=1" HEAD "\r\n", "HTTP/1.1 404",
                  "\r\n\r\n/nothing\n");
}

static void a_chunked_body_is_put_together(void **state)
{
    assert_answer(*state,
                  "POST /" HEAD "Transfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                  "HTTP/1.1 200", "\r\n\r\nabcde");
}

static void a_request_may_come_byte_by_byte(void **state)
{
    const char *request = "POST /" HEAD "Content-Length: 5\r\n\r\nhello";
    int fd = dial(*state);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    for (const char *at = request; *at; at++)
        assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
    assert_non_null(strstr(read_until(fd, "hello"), "\r\n\r\nhello"));
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    int fd = dial(*state);
    send_text(fd, "POST /" HEAD "Content-Length: 3\r\n\r\none"
                  "POST /later" HEAD "Content-Length: 0\r\n\r\n"
                  "POST /" HEAD "Content-Length: 5\r\n\r\nthree");
    char *seen = read_until(fd, "three");
    char *one = strstr(seen, "one"), *later = strstr(seen, "later"),
         *three = strstr(seen, "three");
    assert_true(one && later && three && one < later && later < three);
    close(fd);
}

static void a_connection_serves_many_requests(void **state)
{
    int fd = dial(*state);
    for (int i = 0; i < 50; i++) {
        send_text(fd, "POST /" HEAD "Content-Length: 4\r\n\r\nmore");
        assert_non_null(strstr(read_until(fd, "more"), "HTTP/1.1 200"));
    }
    close(fd);
}

static void an_answer_may_come_later(void **state)
{
    assert_answer(*state, "GET /later" HEAD "\r\n", "HTTP/1.1 200", "later");
    /* Promptly, though nothing else happens on the connections. */
    int fd = dial(*state);
    set_patience(fd, 1000);
    send_text(fd, "POST /later" HEAD "Content-Length: 2\r\n\r\nhi");
    assert_non_null(strstr(read_until(fd, "later"), "HTTP/1.1 200"));
    close(fd);
}

static void a_client_that_leaves_while_it_waits_does_no_harm(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial(fixture);
    send_text(fd, "GET /hold" HEAD "\r\n");
    usleep(50000);
    close(fd);
    assert_answer(fixture, "GET /release" HEAD "\r\n", "HTTP/1.1 200",
                  "released");
}

static void a_close_drops_what_is_still_held(void **state)
{
    int fd = dial(*state);
    send_text(fd, "GET /hold" HEAD "\r\n");
    usleep(50000); /* the fixture's end checks that nothing leaked */
    close(fd);
}

static void a_huge_body_is_refused_by_its_claim(void **state)
{
    assert_answer(*state, "POST /" HEAD "Content-Length: 10000001\r\n\r\n",
                  "HTTP/1.1 413", "--body-bytes-max");
    assert_answer(*state,
                  "POST /" HEAD
                  "Content-Length: 100001\r\nExpect: 100-continue\r\n\r\n",
                  "HTTP/1.1 413", "--body-bytes-max");
}

static void a_large_body_is_read_before_it_is_refused(void **state)
{
    int fd = dial(*state);
    static char body[100001 + 1];
    memset(body, 'x', sizeof body - 1);
    send_text(fd, "POST /" HEAD "Content-Length: 100001\r\n\r\n");
    send_text(fd, body);
    const char *seen = read_until(fd, "--body-bytes-max");
    assert_non_null(strstr(seen, "HTTP/1.1 413"));
    /* The connection is as good as before. */
    send_text(fd, "GET /next" HEAD "\r\n");
    assert_non_null(strstr(read_until(fd, "/next"), "404"));
    close(fd);
}

static void a_large_chunked_body_is_refused(void **state)
{
    int fd = dial(*state);
    send_text(fd, "POST /" HEAD "Transfer-Encoding: chunked\r\n\r\n");
    static char piece[1 + 0x1000];
    memset(piece, 'x', sizeof piece - 1);
    for (int i = 0; i < 30; i++) {
        send_text(fd, "1000\r\n");
        send_text(fd, piece);
        send_text(fd, "\r\n");
    }
    send_text(fd, "0\r\n\r\n");
    assert_non_null(strstr(read_until(fd, "allows"), "HTTP/1.1 413"));
    close(fd);
}

static void a_body_without_end_is_cut_off(void **state)
{
    int fd = dial(*state);
    send_text(fd, "POST /" HEAD "Transfer-Encoding: chunked\r\n\r\n");
    static char piece[1 + 0x1000];
    memset(piece, 'x', sizeof piece - 1);
    bool cut = false;
    for (int i = 0; i < 3000 && !cut; i++)
        cut = send(fd, "1000\r\n", 6, MSG_NOSIGNAL) < 0 ||
              send(fd, piece, 0x1000, MSG_NOSIGNAL) < 0 ||
              send(fd, "\r\n", 2, MSG_NOSIGNAL) < 0;
    assert_true(cut);
    close(fd);
}

static void a_large_head_is_refused(void **state)
{
    static char request[20000];
    int len = snprintf(request, sizeof request, "GET /" HEAD "X-Fill: ");
    memset(request + len, 'a', 8300);
    strcpy(request + len + 8300, "\r\n\r\n");
    assert_answer(*state, request, "HTTP/1.1 431", "\r\n\r\n");
}

static void foreign_hosts_and_origins_are_refused(void **state)
{
    assert_answer(*state, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                  "HTTP/1.1 403", "Host is not allowed");
    assert_answer(*state,
                  "POST /" HEAD "Origin: http://evil.example\r\n"
                  "Content-Length: 2\r\n\r\nhi",
                  "HTTP/1.1 403", "origin is not allowed");
    assert_answer(*state, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400", "\r\n");
}

static void allowed_origins_get_cors_headers(void **state)
{
    assert_answer(*state,
                  "OPTIONS /" HEAD "Origin: https://dapp.example\r\n"
                  "Access-Control-Request-Method: POST\r\n\r\n",
                  "HTTP/1.1 204",
                  "Access-Control-Allow-Origin: https://dapp.example");
    assert_answer(*state,
                  "POST /" HEAD "Origin: http://localhost:3000\r\n"
                  "Content-Length: 2\r\n\r\nhi",
                  "HTTP/1.1 200",
                  "Access-Control-Allow-Origin: http://localhost:3000");
}

static void other_methods_are_not_allowed(void **state)
{
    assert_answer(*state, "DELETE /" HEAD "\r\n", "HTTP/1.1 405",
                  "Allow: GET, POST, OPTIONS");
}

static void garbage_is_a_bad_request(void **state)
{
    static const char *const garbage[] = {
        "\x16\x03\x01\x02 TLS?\r\n\r\n",
        "POST /" HEAD "Content-Length: abc\r\n\r\n",
        "POST /" HEAD "Content-Length: -1\r\n\r\n",
        "POST /" HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
        int fd = dial(*state);
        send_text(fd, garbage[i]);
        char *seen = read_until(fd, "\r\n\r\n");
        assert_true(!*seen || strstr(seen, " 4"));
        close(fd);
    }
    assert_answer(*state, "GET /x" HEAD "\r\n", "HTTP/1.1 404", "/x");
}

static void silent_connections_are_closed(void **state)
{
    int fd = dial(*state);
    send_text(fd, "POST /" HEAD "Content-Length: 5\r\n\r\nhe");
    char byte;
    assert_true(recv(fd, &byte, 1, 0) <= 0);
    close(fd);
}

static void the_longest_waiting_gives_way_to_a_new_connection(void **state)
{
    int fds[21];
    for (int i = 0; i < 21; i++) {
        fds[i] = dial(*state);
        send_text(fds[i], "GET /x" HEAD "\r\n");
        assert_non_null(strstr(read_until(fds[i], "/x"), "404"));
        if (i == 0) /* the newest is not it */
            continue;
        send_text(fds[0], "GET /x" HEAD "\r\n");
        if (i < 20)
            assert_non_null(strstr(read_until(fds[0], "/x"), "404"));
    }
    assert_non_null(strstr(read_until(fds[0], "/x"), "404"));
    assert_string_equal(read_until(fds[1], "/x"), "");
    for (int i = 0; i < 21; i++)
        close(fds[i]);
}

static void a_request_that_trickles_is_cut_off(void **state)
{
    int fd = dial(*state), sent = 0;
    send_text(fd, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    while (send(fd, "a", 1, MSG_NOSIGNAL) == 1) {
        usleep(200000);
        assert_in_range(++sent, 1, 40);
    }
    assert_true(sent > 10);
    close(fd);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(a_posted_body_reaches_the_handler),
        SERVED(a_chunked_body_is_put_together),
        SERVED(a_request_may_come_byte_by_byte),
        SERVED(pipelined_requests_are_answered_in_order),
        SERVED(a_connection_serves_many_requests),
        SERVED(an_answer_may_come_later),
        SERVED(a_client_that_leaves_while_it_waits_does_no_harm),
        SERVED(a_close_drops_what_is_still_held),
        SERVED(a_huge_body_is_refused_by_its_claim),
        SERVED(a_large_body_is_read_before_it_is_refused),
        SERVED(a_large_chunked_body_is_refused),
        SERVED(a_body_without_end_is_cut_off),
        SERVED(a_large_head_is_refused),
        SERVED(foreign_hosts_and_origins_are_refused),
        SERVED(allowed_origins_get_cors_headers),
        SERVED(other_methods_are_not_allowed),
        SERVED(garbage_is_a_bad_request),
        SERVED(silent_connections_are_closed),
        SERVED(the_longest_waiting_gives_way_to_a_new_connection),
        SERVED(a_request_that_trickles_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
