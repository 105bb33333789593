#include "chain/forks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *name_at(const struct chain_config *config, uint64_t number,
                           uint64_t timestamp, bool past_merge)
{
    return fork_name(chain_fork_at(config, number, timestamp, past_merge));
}

static void every_fork_is_found_by_its_name(void **state)
{
    (void)state;
    for (enum chain_fork fork = 0; fork < FORK_COUNT; fork++) {
        enum chain_fork found = FORK_COUNT;
        struct chain_config config;
        assert_true(fork_by_name(&found, fork_name(fork)));
        assert_int_equal(found, fork);
        assert_true(chain_config_by_name(&config, fork_name(fork)));
        assert_int_equal(chain_fork_at(&config, 0, 0, false), fork);
        assert_int_equal(chain_fork_at(&config, 1 << 30, 1 << 30, true), fork);
    }
}

static void rules_follow_the_fork(void **state)
{
    (void)state;
    assert_int_equal(fork_rules(FORK_DAO), EVM_HOMESTEAD);
    assert_int_equal(fork_rules(FORK_PETERSBURG), EVM_PETERSBURG);
    assert_int_equal(fork_rules(FORK_GRAY_GLACIER), EVM_LONDON);
    assert_int_equal(fork_rules(FORK_BPO2), EVM_OSAKA);
}

static void transitions_begin_where_their_name_says(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        uint64_t number, timestamp; /* the last ones before the second fork */
        const char *before, *after;
    } cases[] = {
        {"FrontierToHomesteadAt5", 4, 0, "Frontier", "Homestead"},
        {"HomesteadToEIP150At5", 4, 0, "Homestead", "EIP150"},
        {"HomesteadToDaoAt5", 4, 0, "Homestead", "DAO"},
        {"EIP158ToByzantiumAt5", 4, 0, "EIP158", "Byzantium"},
        {"ByzantiumToConstantinopleFixAt5", 4, 0, "Byzantium",
         "ConstantinopleFix"},
        {"BerlinToLondonAt5", 4, 0, "Berlin", "London"},
        {"ParisToShanghaiAtTime15k", 9, 14999, "Paris", "Shanghai"},
        {"MergeToShanghaiAtTime15k", 9, 14999, "Paris", "Shanghai"},
        {"ShanghaiToCancunAtTime15k", 9, 14999, "Shanghai", "Cancun"},
        {"PragueToOsakaAtTime15k", 9, 14999, "Prague", "Osaka"},
        {"OsakaToBPO1AtTime15k", 9, 14999, "Osaka", "BPO1"},
        {"BPO2ToBPO3AtTime15k", 9, 14999, "BPO2", "BPO3"},
        {"PragueToOsakaAtTime700", 9, 699, "Prague", "Osaka"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chain_config config;
        uint64_t number = cases[i].number, timestamp = cases[i].timestamp;
        assert_true(chain_config_by_name(&config, cases[i].network));
        assert_string_equal(name_at(&config, 0, 0, false), cases[i].before);
        assert_string_equal(name_at(&config, number, timestamp, false),
                            cases[i].before);
        assert_string_equal(name_at(&config, number + 1, timestamp + 1, false),
                            cases[i].after);
    }
}

static void the_merge_waits_for_its_total_difficulty(void **state)
{
    (void)state;
    struct chain_config config;
    assert_true(
        chain_config_by_name(&config, "ArrowGlacierToParisAtDiffC0000"));
    assert_true(config.has_terminal_difficulty);
    assert_int_equal(config.terminal_difficulty.limb[0], 0xc0000);
    assert_string_equal(name_at(&config, 100, 0, false), "ArrowGlacier");
    assert_string_equal(name_at(&config, 100, 0, true), "Paris");
    config.activation[FORK_SHANGHAI] = 50;
    assert_string_equal(name_at(&config, 100, 50, false), "ArrowGlacier");
    assert_string_equal(name_at(&config, 100, 50, true), "Shanghai");
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Fronti",
        "OsakaTo",
        "OsakaToAt5",
        "OsakaToPragueAtTime15k",
        "OsakaToOsakaAtTime15k",
        "BerlinToLondonAt",
        "BerlinToLondonAt5x",
        "BerlinToLondonAt5kk",
        "BerlinToLondonAtTime5",
        "PragueToOsakaAt5",
        "PragueToOsakaAtTime",
        "PragueToOsakaAtTime99999999999999999999",
        "PragueToOsakaAtTime18446744073709551615k",
        "LondonToParisAtDiffxyz",
        "LondonToShanghaiAtDiff5",
    };
    struct chain_config config;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(chain_config_by_name(&config, names[i]));
}

static void the_dao_fork_is_one_chains_own(void **state)
{
    (void)state;
    struct chain_config config;
    chain_config_all(&config, FORK_OSAKA, 1);
    assert_int_equal(config.activation[FORK_DAO], FORK_NEVER);
    assert_false(config.dao_support);
    chain_config_all(&config, FORK_DAO, 1);
    assert_int_equal(config.activation[FORK_DAO], 0);
    assert_true(config.dao_support);
}

static void blob_schedule_is_mainnets(void **state)
{
    (void)state;
    static const struct {
        enum chain_fork fork;
        uint64_t target, max, fraction;
    } cases[] = {
        {FORK_CANCUN, 3, 6, 3338477},  {FORK_PRAGUE, 6, 9, 5007716},
        {FORK_OSAKA, 6, 9, 5007716},   {FORK_BPO1, 10, 15, 8346193},
        {FORK_BPO2, 14, 21, 11684671},
    };
    struct chain_config config;
    chain_config_all(&config, FORK_BPO2, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct blob_parameters *blobs = chain_blobs(&config,
                                                          cases[i].fork);
        assert_int_equal(blobs->target, cases[i].target);
        assert_int_equal(blobs->max, cases[i].max);
        assert_int_equal(blobs->base_fee_update_fraction, cases[i].fraction);
    }
    config.blobs[FORK_BPO1] = (struct blob_parameters){0};
    assert_int_equal(chain_blobs(&config, FORK_BPO1)->max, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fork_is_found_by_its_name),
        cmocka_unit_test(rules_follow_the_fork),
        cmocka_unit_test(transitions_begin_where_their_name_says),
        cmocka_unit_test(the_merge_waits_for_its_total_difficulty),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(the_dao_fork_is_one_chains_own),
        cmocka_unit_test(blob_schedule_is_mainnets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
