#include "p2p/gossip_cache.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct gossip_cache *cache;
static struct gossip_params params;
static struct peer_private_key key;

static struct gossip_id id_of(uint32_t number)
{
    struct gossip_id id = {.len = 4};
    store_be32(id.at, number);
    return id;
}

static struct gossip_record *keep(uint32_t number, size_t len)
{
    static uint8_t zeros[100000];
    struct buffer raw = {0};
    struct gossip_id id = id_of(number);
    gossip_message_seal(&raw, &key, bytes_str("t"), bytes_of(zeros, len),
                        number);
    struct gossip_record *record = gossip_record_new(cache, &id,
                                                     buffer_bytes(&raw));
    buffer_free(&raw);
    gossip_cache_see(cache, &id, GOSSIP_VALID, 0)->record = record;
    gossip_cache_keep(cache, record);
    return record;
}

static struct gossip_seen *find(uint32_t number)
{
    struct gossip_id id = id_of(number);
    return gossip_cache_find(cache, &id);
}

static void what_was_seen_is_known_for_its_time(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        struct gossip_id id = id_of(i);
        gossip_cache_see(cache, &id, GOSSIP_INVALID, i);
    }
    assert_int_equal(find(999)->fate, GOSSIP_INVALID);
    gossip_cache_beat(cache, params.seen_ms + 499);
    assert_null(find(499));
    assert_non_null(find(500));
    gossip_cache_beat(cache, params.seen_ms + 999);
    assert_int_equal(gossip_cache_seen(cache), 0);
}

static void of_too_many_the_oldest_goes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < params.seen_max + 10; i++) {
        struct gossip_id id = id_of(i);
        gossip_cache_see(cache, &id, GOSSIP_VALID, 5);
    }
    assert_int_equal(gossip_cache_seen(cache), params.seen_max);
    assert_null(find(9));
    assert_non_null(find(10));
}

static void what_is_unseen_may_come_again(void **state)
{
    (void)state;
    struct gossip_id id = id_of(1);
    gossip_cache_see(cache, &id, GOSSIP_PENDING, 0);
    gossip_cache_unsee(cache, &id);
    assert_null(find(1));
    gossip_cache_see(cache, &id, GOSSIP_VALID, 100);
    /* The first time it was seen does not end the second. */
    gossip_cache_beat(cache, params.seen_ms + 50);
    assert_non_null(find(1));
    gossip_cache_beat(cache, params.seen_ms + 100);
    assert_null(find(1));
}

static void messages_are_kept_for_some_beats(void **state)
{
    (void)state;
    keep(1, 10);
    gossip_cache_beat(cache, 1);
    keep(2, 10);
    assert_true(
        bytes_equal(gossip_cache_at(cache, 0)->message.topic, bytes_str("t")));
    assert_false(gossip_cache_is_recent(cache, find(1)->record, 1));
    assert_true(gossip_cache_is_recent(cache, find(2)->record, 1));
    for (unsigned i = 1; i < params.cache_beats; i++)
        gossip_cache_beat(cache, 1);
    assert_int_equal(gossip_cache_count(cache), 1);
    assert_non_null(find(1));
    assert_null(find(1)->record);
    assert_non_null(find(2)->record);
}

static void of_too_many_bytes_the_oldest_go(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        keep(i, 3000);
    assert_int_equal(gossip_cache_count(cache), 3);
    assert_true(gossip_cache_bytes(cache) <= params.cache_bytes_max);
    assert_null(find(6)->record);
    assert_non_null(find(7)->record);
    /* One that is larger than all that may be kept stays alone. */
    keep(10, 50000);
    assert_int_equal(gossip_cache_count(cache), 1);
}

static void who_had_it_is_forgotten_with_the_peer(void **state)
{
    (void)state;
    struct gossip_record *record = keep(1, 10);
    gossip_record_mark(record, 0);
    gossip_record_mark(record, 70);
    record->first = 70;
    assert_true(gossip_record_has(record, 70));
    assert_false(gossip_record_has(record, 6));
    gossip_cache_forget_peer(cache, 70);
    assert_false(gossip_record_has(record, 70));
    assert_true(gossip_record_has(record, 0));
    assert_int_equal(record->first, GOSSIP_NOBODY);
}

static int begin(void **state)
{
    (void)state;
    const secret32 secret = {.at = {1}};
    params = GOSSIP_PARAMS;
    params.seen_max = 2000;
    params.cache_bytes_max = 12000;
    params.peers_max = 80;
    cache = gossip_cache_new(&params);
    return peer_private_key_init(&key, PEER_KEY_ED25519, &secret) != LOFT_OK;
}

static int end(void **state)
{
    (void)state;
    gossip_cache_free(cache);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_seen_is_known_for_its_time),
        TEST(of_too_many_the_oldest_goes),
        TEST(what_is_unseen_may_come_again),
        TEST(messages_are_kept_for_some_beats),
        TEST(of_too_many_bytes_the_oldest_go),
        TEST(who_had_it_is_forgotten_with_the_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
