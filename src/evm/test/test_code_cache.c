#include "evm/code_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static hash32 hash_of(uint32_t number)
{
    hash32 hash = {{0}};
    store_be32(hash.at, number);
    return hash;
}

static void what_was_taken_is_found_again(void **state)
{
    (void)state;
    struct code_cache cache;
    code_cache_init(&cache);
    hash32 one = hash_of(1), two = hash_of(2);
    struct code *a = code_cache_take(&cache, &one, EVM_OSAKA);
    struct code *b = code_cache_take(&cache, &two, EVM_OSAKA);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(code_cache_take(&cache, &one, EVM_OSAKA), a);
    /* gas differs between forks, and so does what is made of code */
    struct code *c = code_cache_take(&cache, &one, EVM_PRAGUE);
    assert_ptr_not_equal(c, a);
    code_cache_release(&cache, a);
    code_cache_release(&cache, a);
    code_cache_release(&cache, b);
    code_cache_release(&cache, c);
    code_cache_fini(&cache);
}

static void memory_stays_within_its_bound(void **state)
{
    (void)state;
    struct code_cache cache;
    code_cache_init(&cache);
    for (uint32_t i = 0; i < 1000; i++) {
        hash32 hash = hash_of(i);
        struct code *code = code_cache_take(&cache, &hash, EVM_OSAKA);
        code_cache_grown(&cache, code, 100000);
        code_cache_release(&cache, code);
        assert_true(cache.size <= CODE_CACHE_BYTES_MAX);
    }
    /* the newest is still there, the oldest is made anew */
    hash32 newest = hash_of(999), oldest = hash_of(0);
    struct code *code = code_cache_take(&cache, &newest, EVM_OSAKA);
    assert_true(code->size > 100000);
    code_cache_release(&cache, code);
    code = code_cache_take(&cache, &oldest, EVM_OSAKA);
    assert_true(code->size < 100000);
    code_cache_release(&cache, code);
    code_cache_fini(&cache);
}

static void code_in_use_is_not_dropped(void **state)
{
    (void)state;
    struct code_cache cache;
    code_cache_init(&cache);
    hash32 first = hash_of(5000);
    struct code *used = code_cache_take(&cache, &first, EVM_OSAKA);
    used->heat = 77;
    for (uint32_t i = 0; i < 1000; i++) {
        hash32 hash = hash_of(i);
        struct code *code = code_cache_take(&cache, &hash, EVM_OSAKA);
        code_cache_grown(&cache, code, 100000);
        code_cache_release(&cache, code);
    }
    assert_ptr_equal(code_cache_take(&cache, &first, EVM_OSAKA), used);
    assert_int_equal(used->heat, 77);
    code_cache_release(&cache, used);
    code_cache_release(&cache, used);
    code_cache_fini(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_is_found_again),
        cmocka_unit_test(memory_stays_within_its_bound),
        cmocka_unit_test(code_in_use_is_not_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
