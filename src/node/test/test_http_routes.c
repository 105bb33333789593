#include "node/http_routes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/attributes.h"

static char answered;

static void answer_a(void *context, struct http_request *request)
{
    (void)request;
    assert_ptr_equal(context, &answered);
    answered = 'a';
}

static void answer_b(void *context, struct http_request *request)
{
    (void)context;
    (void)request;
    answered = 'b';
}

static void answer_c(void *context, struct http_request *request)
{
    (void)context;
    (void)request;
    answered = 'c';
}

static const struct http_route routes[] = {
    {HTTP_POST, "/", answer_a},
    {HTTP_GET, "/", answer_b},
    {HTTP_GET, "/page/one", answer_a},
    {HTTP_GET, "/page/*", answer_c},
};

static char answer_of(enum http_method method, const char *path)
{
    struct http_request request = {.method = method, .path = path};
    answered = 0;
    http_routes_answer(routes, ARRAY_LEN(routes), &answered, &request);
    return answered;
}

static void method_and_path_choose(void **state)
{
    (void)state;
    assert_int_equal(answer_of(HTTP_POST, "/"), 'a');
    assert_int_equal(answer_of(HTTP_GET, "/"), 'b');
}

static void a_star_stands_for_all_that_begin_so(void **state)
{
    (void)state;
    assert_int_equal(answer_of(HTTP_GET, "/page/two"), 'c');
    assert_int_equal(answer_of(HTTP_GET, "/page/"), 'c');
}

static void earlier_rows_win(void **state)
{
    (void)state;
    assert_int_equal(answer_of(HTTP_GET, "/page/one"), 'a');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(method_and_path_choose),
        cmocka_unit_test(a_star_stands_for_all_that_begin_so),
        cmocka_unit_test(earlier_rows_win),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
