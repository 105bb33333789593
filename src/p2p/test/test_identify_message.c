#include "p2p/identify_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/uvarint.h"

struct trial {
    struct arena arena;
    struct buffer wire;
};

static int begin(void **state)
{
    static struct trial trial;
    trial = (struct trial){0};
    arena_init(&trial.arena);
    *state = &trial;
    return 0;
}

static int end(void **state)
{
    struct trial *trial = *state;
    arena_fini(&trial->arena);
    buffer_free(&trial->wire);
    return 0;
}

static struct identify_message message_of(bytes *names, size_t count)
{
    return (struct identify_message){.agent_version = bytes_str("agent"),
                                     .protocols = {names, count}};
}

static loft_err read_back(struct trial *trial, struct identify_message *out)
{
    return identify_read(&trial->arena, out, buffer_bytes(&trial->wire));
}

static void a_message_is_read_as_it_was_put(void **state)
{
    struct trial *trial = *state;
    bytes names[] = {bytes_str("/a"), bytes_str("/b")};
    struct identify_message one = message_of(names, 2), back;
    one.signed_record = bytes_str("record");
    identify_put(&trial->wire, &one);
    assert_int_equal(read_back(trial, &back), LOFT_OK);
    assert_true(bytes_equal(back.agent_version, one.agent_version));
    assert_true(bytes_equal(back.signed_record, one.signed_record));
    assert_int_equal(back.protocols.len, 2);
    assert_true(bytes_equal(back.protocols.at[1], names[1]));
    assert_null(back.public_key.at);
}

/* As go-libp2p sends what is large. */
static void several_messages_are_one(void **state)
{
    struct trial *trial = *state;
    bytes names[] = {bytes_str("/a"), bytes_str("/b")};
    struct identify_message one = message_of(names, 1), back;
    struct identify_message two = {.signed_record = bytes_str("record"),
                                   .protocols = {names + 1, 1}};
    identify_put(&trial->wire, &one);
    identify_put(&trial->wire, &two);
    assert_int_equal(read_back(trial, &back), LOFT_OK);
    assert_true(bytes_equal(back.agent_version, bytes_str("agent")));
    assert_true(bytes_equal(back.signed_record, bytes_str("record")));
    assert_int_equal(back.protocols.len, 2);
}

static void too_many_messages_are_refused(void **state)
{
    struct trial *trial = *state;
    struct identify_message one = message_of(NULL, 0), back;
    for (int i = 0; i < IDENTIFY_MESSAGES_MAX; i++)
        identify_put(&trial->wire, &one);
    assert_int_equal(read_back(trial, &back), LOFT_OK);
    identify_put(&trial->wire, &one);
    assert_int_equal(read_back(trial, &back), LOFT_ERR_FORMAT);
}

static void lists_are_bounded_over_all_messages(void **state)
{
    struct trial *trial = *state;
    bytes names[IDENTIFY_PROTOCOLS_MAX / 2 + 1];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        names[i] = bytes_str("/a");
    struct identify_message one = message_of(names,
                                             sizeof names / sizeof *names),
                            back;
    identify_put(&trial->wire, &one);
    assert_int_equal(read_back(trial, &back), LOFT_OK);
    identify_put(&trial->wire, &one);
    assert_int_equal(read_back(trial, &back), LOFT_ERR_LIMIT);
}

static void what_is_cut_or_empty_or_too_long_is_refused(void **state)
{
    struct trial *trial = *state;
    struct identify_message one = message_of(NULL, 0), back;
    assert_int_equal(read_back(trial, &back), LOFT_ERR_LIMIT);
    identify_put(&trial->wire, &one);
    trial->wire.len--;
    assert_int_equal(read_back(trial, &back), LOFT_ERR_FORMAT);
    memset(buffer_extend(&trial->wire, IDENTIFY_BYTES_MAX), 0,
           IDENTIFY_BYTES_MAX);
    assert_int_equal(read_back(trial, &back), LOFT_ERR_LIMIT);
}

#define FACT(fact) cmocka_unit_test_setup_teardown(fact, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_message_is_read_as_it_was_put),
        FACT(several_messages_are_one),
        FACT(too_many_messages_are_refused),
        FACT(lists_are_bounded_over_all_messages),
        FACT(what_is_cut_or_empty_or_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
