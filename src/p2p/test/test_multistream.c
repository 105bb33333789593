#include "p2p/multistream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define GREETING "\x13/multistream/1.0.0\n"

static bool knows_b(void *context, bytes name)
{
    (void)context;
    return bytes_equal(name, bytes_str("/b"));
}

static const struct multistream_calls calls = {knows_b};

static loft_err hear(struct multistream *select, bool *agreed,
                     struct buffer *out, const char *text, size_t len)
{
    bytes rest = bytes_of(text, len);
    return multistream_receive(select, agreed, &rest, out);
}

static void said(struct buffer *out, const char *text)
{
    assert_true(bytes_equal(buffer_bytes(out), bytes_str(text)));
    out->len = 0;
}

/* What each side says, byte by byte of the other's, until both agree. */
static const char *run(const char *const *names, size_t count, loft_err *err)
{
    struct multistream sides[2];
    struct buffer wires[2] = {{0}, {0}};
    size_t read[2] = {0, 0};
    bool agreed[2] = {false, false};
    multistream_dial(&sides[0], &wires[0], names, count);
    multistream_listen(&sides[1], &calls, NULL);
    *err = LOFT_OK;
    for (int i = 0; *err == LOFT_OK && !(agreed[0] && agreed[1]); i ^= 1) {
        struct buffer *in = &wires[1 - i];
        while (*err == LOFT_OK && !agreed[i] && read[i] < in->len) {
            bytes one = bytes_of(in->at + read[i]++, 1);
            *err = multistream_receive(&sides[i], &agreed[i], &one, &wires[i]);
        }
    }
    const char *name = multistream_name(&sides[0]);
    for (int i = 0; i < 2; i++) {
        buffer_free(&wires[i]);
        multistream_fini(&sides[i]);
    }
    return name;
}

static void the_first_name_that_both_know_is_agreed_on(void **state)
{
    (void)state;
    loft_err err;
    static const char *const three[] = {"/a", "/b", "/c"};
    static const char *const none[] = {"/a", "/c"};
    assert_string_equal(run(three, 3, &err), "/b");
    assert_int_equal(err, LOFT_OK);
    run(none, 2, &err);
    assert_int_equal(err, LOFT_ERR_REFUSED);
    assert_string_equal(err_sentence(),
                        "multistream: the other side does not speak '/c'");
}

static void bytes_behind_the_agreement_are_left(void **state)
{
    (void)state;
    bool agreed;
    struct multistream select;
    struct buffer out = {0};
    bytes rest = bytes_str(GREETING "\3/b\nrest");
    multistream_listen(&select, &calls, NULL);
    assert_int_equal(multistream_receive(&select, &agreed, &rest, &out),
                     LOFT_OK);
    assert_true(agreed);
    assert_true(bytes_equal(rest, bytes_str("rest")));
    said(&out, GREETING "\3/b\n");
    buffer_free(&out);
    multistream_fini(&select);
}

static void a_list_of_names_is_not_given(void **state)
{
    (void)state;
    bool agreed;
    struct multistream select;
    struct buffer out = {0};
    multistream_listen(&select, &calls, NULL);
    assert_int_equal(hear(&select, &agreed, &out, GREETING "\3ls\n", 24),
                     LOFT_OK);
    assert_false(agreed);
    said(&out, GREETING "\3na\n");
    buffer_free(&out);
    multistream_fini(&select);
}

/* The ping-pong of proposals that never end. */
static void proposals_are_bounded(void **state)
{
    (void)state;
    bool agreed;
    struct multistream select;
    struct buffer out = {0};
    loft_err err;
    unsigned offers = 0;
    multistream_listen(&select, &calls, NULL);
    assert_int_equal(hear(&select, &agreed, &out, GREETING, 20), LOFT_OK);
    while ((err = hear(&select, &agreed, &out, "\3ls\n", 4)) == LOFT_OK)
        assert_true(++offers <= MULTISTREAM_OFFERS_MAX);
    assert_int_equal(err, LOFT_ERR_LIMIT);
    assert_string_equal(err_sentence(),
                        "multistream: more than 32 protocols proposed");
    assert_true(out.len <= 20 + 4 * MULTISTREAM_OFFERS_MAX);
    buffer_free(&out);
    multistream_fini(&select);
}

static const struct {
    const char *text;
    size_t len;
    loft_err err;
    const char *sentence;
} hostile[] = {
    {"\0", 1, LOFT_ERR_FORMAT, "multistream: an empty message"},
    {"\x81\0", 2, LOFT_ERR_FORMAT,
     "multistream: a length that is not in its shortest form"},
    {"\x81\x08", 2, LOFT_ERR_LIMIT,
     "multistream: a message of over 1024 bytes"},
    {"\xff\xff", 2, LOFT_ERR_LIMIT,
     "multistream: a message of over 1024 bytes"},
    {"\3abc", 4, LOFT_ERR_FORMAT, "multistream: a message without a line feed"},
    {"\3/b\n", 4, LOFT_ERR_FORMAT, "multistream: '/b' in place of a greeting"},
};

static void hostile_messages_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
        for (size_t first = 0; first <= 1; first++) {
            bool agreed;
            struct multistream select;
            struct buffer out = {0};
            multistream_listen(&select, &calls, NULL);
            loft_err err = LOFT_OK;
            if (first)
                err = hear(&select, &agreed, &out, hostile[i].text, 1);
            if (err == LOFT_OK)
                err = hear(&select, &agreed, &out, hostile[i].text + first,
                           hostile[i].len - first);
            assert_int_equal(err, hostile[i].err);
            assert_string_equal(err_sentence(), hostile[i].sentence);
            buffer_free(&out);
            multistream_fini(&select);
        }
}

static void an_answer_that_is_none_is_refused(void **state)
{
    (void)state;
    bool agreed;
    static const char *const names[] = {"/b"};
    struct multistream select;
    struct buffer out = {0};
    multistream_dial(&select, &out, names, 1);
    assert_true(multistream_is_last(&select));
    assert_int_equal(hear(&select, &agreed, &out, GREETING "\3/c\n", 24),
                     LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(),
                        "multistream: '/c' answers a proposal of '/b'");
    buffer_free(&out);
    multistream_fini(&select);
}

static void a_name_may_fill_a_message(void **state)
{
    (void)state;
    bool agreed;
    struct multistream select;
    struct buffer out = {0}, in = {0};
    multistream_listen(&select, &calls, NULL);
    assert_int_equal(hear(&select, &agreed, &out, GREETING, 20), LOFT_OK);
    buffer_put(&in, "\x80\x08", 2);
    memset(buffer_extend(&in, MULTISTREAM_MESSAGE_BYTES_MAX), 'x',
           MULTISTREAM_MESSAGE_BYTES_MAX);
    in.at[in.len - 1] = '\n';
    for (size_t i = 0; i < in.len; i++) {
        assert_int_equal(
            hear(&select, &agreed, &out, (const char *)in.at + i, 1), LOFT_OK);
        assert_true(select.partial.cap <= 2 * MULTISTREAM_MESSAGE_BYTES_MAX);
    }
    said(&out, GREETING "\3na\n");
    buffer_free(&in);
    buffer_free(&out);
    multistream_fini(&select);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_name_that_both_know_is_agreed_on),
        cmocka_unit_test(bytes_behind_the_agreement_are_left),
        cmocka_unit_test(a_list_of_names_is_not_given),
        cmocka_unit_test(proposals_are_bounded),
        cmocka_unit_test(hostile_messages_are_named),
        cmocka_unit_test(an_answer_that_is_none_is_refused),
        cmocka_unit_test(a_name_may_fill_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
