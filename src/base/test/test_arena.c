#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BLOCKS 2000

static void allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    uint8_t *at[BLOCKS];
    size_t len[BLOCKS];
    arena_init(&arena);
    for (int i = 0; i < BLOCKS; i++) {
        len[i] = (size_t)rand() % (i % 50 == 0 ? 100000 : 300);
        at[i] = arena_alloc(&arena, len[i]);
        assert_int_equal((uintptr_t)at[i] % 32, 0);
        memset(at[i], i & 0xff, len[i]);
    }
    for (int i = 0; i < BLOCKS; i++)
        for (size_t j = 0; j < len[i]; j++)
            assert_int_equal(at[i][j], i & 0xff);
    arena_fini(&arena);
    assert_int_equal(arena.held, 0);
}

static void rewinding_keeps_what_is_older_than_the_mark(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (int round = 0; round < 100; round++) {
        size_t len = (size_t)rand() % 20000 + 1;
        uint8_t *kept = arena_alloc(&arena, len);
        memset(kept, round, len);
        struct arena_mark mark = arena_mark(&arena);
        for (int i = 0; i < 20; i++) {
            size_t more = (size_t)rand() % 30000;
            memset(arena_alloc(&arena, more), 0xff, more);
        }
        arena_rewind(&arena, mark);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(kept[i], round);
        void *again = arena_alloc(&arena, 1);
        assert_true(again != (void *)kept);
    }
    arena_fini(&arena);
}

static void a_mark_of_an_empty_arena_frees_everything(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct arena_mark mark = arena_mark(&arena);
    void *first = arena_alloc(&arena, 100);
    arena_rewind(&arena, mark);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_fini(&arena);
}

static void reset_keeps_one_chunk(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    arena_reset(&arena);
    for (int i = 0; i < 100; i++)
        arena_alloc(&arena, 10000);
    size_t held = arena.held;
    arena_reset(&arena);
    assert_true(arena.held > 0);
    assert_true(arena.held < held);
    assert_true(arena.held <= ARENA_KEPT_BYTES_MAX);
    held = arena.held;
    arena_alloc(&arena, held / 2); /* there is room for it: nothing is asked */
    assert_int_equal(arena.held, held);
    arena_alloc(&arena, 2 * ARENA_KEPT_BYTES_MAX);
    arena_reset(&arena);
    assert_int_equal(arena.held, held);
    held = arena.held;
    arena_alloc(&arena, 10000);
    assert_int_equal(arena.held, held);
    arena_fini(&arena);
}

static void zalloc_is_zero_even_in_used_memory(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    memset(arena_alloc(&arena, 5000), 0xff, 5000);
    arena_reset(&arena);
    const uint8_t *zero = arena_zalloc(&arena, 5000);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(zero[i], 0);
    arena_fini(&arena);
}

static void copies_end_as_they_should(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char text[] = "abc";
    bytes copy = arena_copy(&arena, bytes_str(text));
    char *string = arena_string(&arena, bytes_of(text, 2));
    text[0] = 'x';
    assert_true(bytes_equal(copy, bytes_str("abc")));
    assert_string_equal(string, "ab");
    assert_string_equal(arena_string(&arena, BYTES_EMPTY), "");
    assert_int_equal(arena_copy(&arena, BYTES_EMPTY).len, 0);
    assert_string_equal(arena_printf(&arena, "%d-%s", 7, "up"), "7-up");
    arena_fini(&arena);
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(rewinding_keeps_what_is_older_than_the_mark),
        cmocka_unit_test(a_mark_of_an_empty_arena_frees_everything),
        cmocka_unit_test(reset_keeps_one_chunk),
        cmocka_unit_test(zalloc_is_zero_even_in_used_memory),
        cmocka_unit_test(copies_end_as_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
