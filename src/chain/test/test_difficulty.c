#include "chain/difficulty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/hex.h"
#include "codec/json.h"
#include "crypto/keccak.h"
#include "tests/vectors.h"

static struct arena arena;

static void check_case(const struct chain_config *config, const char *name,
                       const struct json *test)
{
    struct header parent = {.uncles_hash = EMPTY_UNCLES_HASH};
    uint64_t timestamp, number;
    u256 expected;
    assert_int_equal(json_get_any_u64(&number, test, "currentBlockNumber"),
                     LOFT_OK);
    assert_int_equal(json_get_any_u64(&timestamp, test, "currentTimestamp"),
                     LOFT_OK);
    assert_int_equal(json_get_any_u256(&expected, test, "currentDifficulty"),
                     LOFT_OK);
    assert_int_equal(
        json_get_any_u64(&parent.timestamp, test, "parentTimestamp"), LOFT_OK);
    assert_int_equal(
        json_get_any_u256(&parent.difficulty, test, "parentDifficulty"),
        LOFT_OK);
    if (json_get(test, "parentUncles"))
        assert_int_equal(
            json_get_hash(&parent.uncles_hash, test, "parentUncles"), LOFT_OK);
    parent.number = number - 1;
    enum chain_fork fork = chain_fork_at(config, number, timestamp, false);
    u256 got = difficulty_next(fork, &parent, timestamp);
    if (!u256_equal(got, expected))
        fail_msg("%s at block %ju", name, (uintmax_t)number);
}

/* A file's cases on a network that has the given forks at the given blocks. */
static void check_file(const char *file, uint64_t homestead, uint64_t byzantium,
                       uint64_t constantinople)
{
    const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!dir)
        skip();
    struct chain_config config;
    chain_config_init(&config, 1);
    config.activation[FORK_HOMESTEAD] = homestead;
    config.activation[FORK_BYZANTIUM] = byzantium;
    config.activation[FORK_CONSTANTINOPLE] = constantinople;
    const struct json *root;
    bytes text = vectors_read(
        &arena, arena_printf(&arena, "%s/BasicTests/%s", dir, file));
    assert_int_equal(json_parse(&root, &arena, text, &JSON_FROM_FILE), LOFT_OK);
    assert_true(json_len(root) > 0);
    JSON_FOR_EACH (test, root)
        check_case(&config, (const char *)test.key.at, test.value);
    arena_reset(&arena);
}

static void published_difficulties_come_out(void **state)
{
    (void)state;
    check_file("difficulty.json", 1150000, 4370000, FORK_NEVER);
    check_file("difficultyMainNetwork.json", 1150000, 4370000, FORK_NEVER);
    check_file("difficultyCustomMainNetwork.json", 1150000, 4370000,
               FORK_NEVER);
    check_file("difficultyCustomHomestead.json", 0, FORK_NEVER, FORK_NEVER);
    check_file("difficultyRopsten.json", 0, 1700000, 4230000);
}

static void each_fork_puts_the_bomb_off(void **state)
{
    (void)state;
    static const struct {
        enum chain_fork fork;
        uint64_t first; /* block that the bomb adds 1 to */
    } cases[] = {
        {FORK_FRONTIER, 200000},        {FORK_SPURIOUS, 200000},
        {FORK_BYZANTIUM, 3200000},      {FORK_CONSTANTINOPLE, 5200000},
        {FORK_ISTANBUL, 5200000},       {FORK_MUIR_GLACIER, 9200000},
        {FORK_BERLIN, 9200000},         {FORK_LONDON, 9900000},
        {FORK_ARROW_GLACIER, 10900000}, {FORK_GRAY_GLACIER, 11600000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct header parent = {.uncles_hash = EMPTY_UNCLES_HASH,
                                .difficulty = u256_from(1 << 20)};
        uint64_t plain = (1 << 20) + (1 << 20) / 2048;
        parent.number = cases[i].first - 2;
        u256 before = difficulty_next(cases[i].fork, &parent, 1);
        assert_int_equal(before.limb[0], plain);
        parent.number++;
        u256 with = difficulty_next(cases[i].fork, &parent, 1);
        assert_int_equal(with.limb[0], plain + 1);
        parent.number += 300000;
        with = difficulty_next(cases[i].fork, &parent, 1);
        assert_int_equal(with.limb[0], plain + 8);
    }
}

static void it_falls_by_99_steps_at_most(void **state)
{
    (void)state;
    struct header parent = {.uncles_hash = EMPTY_UNCLES_HASH,
                            .difficulty = u256_from(1 << 22)};
    u256 got = difficulty_next(FORK_LONDON, &parent, UINT64_MAX);
    assert_int_equal(got.limb[0], (1 << 22) - 99 * 2048);
    parent.uncles_hash = KECCAK_EMPTY;
    got = difficulty_next(FORK_LONDON, &parent, UINT64_MAX);
    assert_int_equal(got.limb[0], (1 << 22) - 99 * 2048);
}

static void empty_uncles_hash_is_that_of_an_empty_list(void **state)
{
    (void)state;
    hash32 hash = keccak256(bytes_of("\xc0", 1));
    assert_true(hash32_equal(&hash, &EMPTY_UNCLES_HASH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_difficulties_come_out),
        cmocka_unit_test(each_fork_puts_the_bomb_off),
        cmocka_unit_test(it_falls_by_99_steps_at_most),
        cmocka_unit_test(empty_uncles_hash_is_that_of_an_empty_list),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
