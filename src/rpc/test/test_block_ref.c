#include "rpc/block_ref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

#define HASH \
    "0x00000000000000000000000000000000000000000000000000000000000000ff"

static bool read_ref(struct rpc_block_ref *ref, const char *text)
{
    struct rpc_call call = {.arena = &arena};
    assert_int_equal(
        json_parse(&call.params[0], &arena, bytes_str(text), &JSON_FROM_PEER),
        LOFT_OK);
    return rpc_param_block(&call, ref, 0);
}

static void a_block_has_many_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int kind;
        uint64_t number;
    } names[] = {
        {"\"latest\"", BLOCK_NEWEST, 0},
        {"\"safe\"", BLOCK_NEWEST, 0},
        {"\"finalized\"", BLOCK_NEWEST, 0},
        {"\"pending\"", BLOCK_PENDING, 0},
        {"\"earliest\"", BLOCK_NUMBERED, 0},
        {"\"0x0\"", BLOCK_NUMBERED, 0},
        {"\"0x10\"", BLOCK_NUMBERED, 16},
        {"\"0xffffffffffffffff\"", BLOCK_NUMBERED, UINT64_MAX},
        {"{\"blockNumber\":\"0x10\"}", BLOCK_NUMBERED, 16},
        {"{\"blockNumber\":\"latest\"}", BLOCK_NEWEST, 0},
        {"\"" HASH "\"", BLOCK_HASHED, 0},
        {"{\"blockHash\":\"" HASH "\"}", BLOCK_HASHED, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct rpc_block_ref ref;
        if (!read_ref(&ref, names[i].text))
            fail_msg("%s", names[i].text);
        assert_int_equal(ref.kind, names[i].kind);
        assert_int_equal(ref.number, names[i].number);
        assert_int_equal(ref.hash.at[31],
                         names[i].kind == BLOCK_HASHED ? 0xff : 0);
    }
}

static void canonical_may_be_required(void **state)
{
    (void)state;
    struct rpc_block_ref ref;
    assert_true(read_ref(&ref, "{\"blockHash\":\"" HASH
                               "\",\"requireCanonical\":true}"));
    assert_true(ref.require_canonical);
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\"\"",
        "\"newest\"",
        "\"16\"",
        "\"0x\"",
        "\"0x01\"",
        "\"0x1ffffffffffffffff\"",
        "16",
        "true",
        "[]",
        "{}",
        "{\"blockNumber\":\"0x1\",\"blockHash\":\"" HASH "\"}",
        "{\"blockHash\":\"0xff\"}",
        "{\"blockHash\":\"" HASH "\",\"requireCanonical\":1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct rpc_block_ref ref;
        if (read_ref(&ref, bad[i]))
            fail_msg("%s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_has_many_names),
        cmocka_unit_test(canonical_may_be_required),
        cmocka_unit_test(other_names_are_refused),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
