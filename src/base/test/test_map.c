#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* What the map should hold, by trying every key. */
#define KEYS 400

struct model {
    bool has[KEYS];
    uint32_t value[KEYS];
    uint32_t len;
};

static size_t key_len;

static void make_key(uint8_t *out, unsigned number)
{
    memset(out, 0x5a, key_len);
    out[0] = (uint8_t)number;
    out[key_len - 1] = (uint8_t)(out[key_len - 1] ^ number >> 8);
}

static void assert_same(const struct map *map, const struct model *model)
{
    uint8_t key[64];
    uint32_t seen = 0;
    assert_int_equal(map->len, model->len);
    for (unsigned i = 0; i < KEYS; i++) {
        make_key(key, i);
        const uint32_t *value = map_get(map, key);
        assert_int_equal(value != NULL, model->has[i]);
        if (value)
            assert_int_equal(*value, model->value[i]);
    }
    MAP_FOR_EACH (i, map) {
        assert_ptr_equal(map_get(map, map_key_at(map, i)),
                         map_value_at(map, i));
        seen++;
    }
    assert_int_equal(seen, model->len);
}

static void put(struct map *map, struct model *model, unsigned i)
{
    uint8_t key[64];
    bool is_new;
    make_key(key, i);
    uint32_t *value = map_put(map, key, &is_new);
    assert_int_equal(is_new, !model->has[i]);
    assert_int_equal(*value, model->has[i] ? model->value[i] : 0);
    *value = (uint32_t)rand();
    model->len += is_new;
    model->has[i] = true;
    model->value[i] = *value;
}

static void take_out(struct map *map, struct model *model, unsigned i)
{
    uint8_t key[64];
    make_key(key, i);
    assert_int_equal(map_remove(map, key), model->has[i]);
    model->len -= model->has[i];
    model->has[i] = false;
}

static void agrees_with_a_table_of_all_keys(void **state)
{
    (void)state;
    static const size_t key_lens[] = {2, 3, 8, 20, 32, 52};
    for (size_t k = 0; k < sizeof key_lens / sizeof *key_lens; k++) {
        struct model model = {0};
        struct map map;
        key_len = key_lens[k];
        map_init(&map, key_len, sizeof(uint32_t));
        for (int i = 0; i < 6000; i++) {
            /* It fills up, empties, and fills again. */
            bool growing = i % 2000 < 1000;
            unsigned key = (unsigned)rand() % KEYS;
            if (rand() % 4 < (growing ? 3 : 1))
                put(&map, &model, key);
            else
                take_out(&map, &model, key);
            if (i % 200 == 0)
                assert_same(&map, &model);
        }
        assert_same(&map, &model);
        map_clear(&map);
        model = (struct model){0};
        assert_same(&map, &model);
        put(&map, &model, 7);
        assert_same(&map, &model);
        map_fini(&map);
    }
}

static void iterates_in_the_order_of_insertion(void **state)
{
    (void)state;
    struct map map;
    map_init(&map, sizeof(uint64_t), 0);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t key = i * 0x9e3779b97f4a7c15;
        map_put(&map, &key, NULL);
    }
    MAP_FOR_EACH (i, &map) {
        uint64_t key;
        memcpy(&key, map_key_at(&map, i), sizeof key);
        assert_int_equal(key, i * 0x9e3779b97f4a7c15);
    }
    map_fini(&map);
}

static void an_empty_map_holds_nothing(void **state)
{
    (void)state;
    struct map map;
    uint32_t key = 1;
    map_init(&map, sizeof key, 8);
    assert_null(map_get(&map, &key));
    assert_false(map_remove(&map, &key));
    map_clear(&map);
    map_fini(&map);
    assert_null(map_get(&map, &key));
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_table_of_all_keys),
        cmocka_unit_test(iterates_in_the_order_of_insertion),
        cmocka_unit_test(an_empty_map_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
