#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/redo_file.h"
#include "store/tables.h"
#include "store/whole_io.h"

static const struct redo_start START = {
    .store_id = "0123456789abcde",
    .page_size = 4096,
    .tables = 77,
    .generation = 5,
    .first = 1000,
};

static const struct redo_write WRITES[] = {
    {REDO_PUT,
     STORE_META,
     {(const uint8_t *)"a", 1},
     {(const uint8_t *)"one", 3}},
    {REDO_DELETE, STORE_CODE, {(const uint8_t *)"key", 3}, {NULL, 0}},
    {REDO_APPEND, STORE_BLOCK, {(const uint8_t *)"b", 1}, {NULL, 0}},
};

static char path[32];
static struct redo_file file;
static struct buffer record, whole;

static int make_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/loft-redo-file-XXXXXX");
    int made = mkstemp(path);
    if (made < 0)
        return 1;
    close(made);
    return redo_file_open(&file, path) != LOFT_OK ||
           redo_file_begin(&file, &START) != LOFT_OK;
}

static int remove_file(void **state)
{
    (void)state;
    redo_file_close(&file);
    buffer_free(&record);
    buffer_free(&whole);
    return unlink(path);
}

static void append(uint64_t number)
{
    redo_record_begin(&record);
    assert_true(redo_record_is_empty(&record));
    for (size_t i = 0; i < ARRAY_LEN(WRITES); i++)
        redo_record_put(&record, &WRITES[i]);
    assert_false(redo_record_is_empty(&record));
    bool is_under_way;
    assert_int_equal(redo_file_make_room(&file, record.len), LOFT_OK);
    assert_int_equal(
        redo_file_append(&file, NULL, &record, number, &is_under_way), LOFT_OK);
    assert_false(is_under_way);
}

static bytes read_back(void)
{
    off_t len = lseek(file.fd, 0, SEEK_END);
    whole.len = 0;
    uint8_t *room = buffer_extend(&whole, (size_t)len);
    assert_int_equal(whole_read(file.fd, room, (size_t)len, 0), LOFT_OK);
    return buffer_bytes(&whole);
}

static unsigned records_in(bytes all)
{
    unsigned count = 0;
    bytes rest = redo_records(all), writes;
    while (redo_read_record(&writes, &rest, START.generation, 1000 + count))
        count++;
    return count;
}

static void what_was_put_comes_back(void **state)
{
    (void)state;
    append(1000);
    struct redo_start start;
    bytes all = read_back(), rest = redo_records(all), writes;
    assert_int_equal(redo_read_start(&start, all), REDO_BEGUN);
    assert_memory_equal(start.store_id, START.store_id, STORE_ID_LEN);
    assert_int_equal(start.page_size, START.page_size);
    assert_int_equal(start.tables, START.tables);
    assert_int_equal(start.generation, START.generation);
    assert_int_equal(start.first, START.first);
    assert_true(redo_read_record(&writes, &rest, 5, 1000));
    for (size_t i = 0; i < ARRAY_LEN(WRITES); i++) {
        struct redo_write got;
        assert_int_equal(redo_read_write(&got, &writes), LOFT_OK);
        assert_int_equal(got.kind, WRITES[i].kind);
        assert_int_equal(got.table, WRITES[i].table);
        assert_true(bytes_equal(got.key, WRITES[i].key));
        assert_true(bytes_equal(got.value, WRITES[i].value));
    }
    assert_int_equal(writes.len, 0);
}

static void a_base_counts_in_its_generation_only(void **state)
{
    (void)state;
    struct redo_base base = {.txn_id = 9, .meta = "a meta page"}, got;
    assert_int_equal(redo_read_base(&got, read_back(), START.generation),
                     REDO_NO_BASE);
    assert_int_equal(redo_file_put_base(&file, &base), LOFT_OK);
    assert_int_equal(redo_read_base(&got, read_back(), START.generation),
                     REDO_BASE);
    assert_int_equal(got.txn_id, 9);
    assert_memory_equal(got.meta, base.meta, META_PAGE_BYTES);
    assert_int_equal(redo_read_base(&got, read_back(), START.generation + 1),
                     REDO_NO_BASE);
    for (size_t bit = 0; bit < 276 * 8; bit++) {
        bytes all = read_back();
        whole.at[ASYNC_BLOCK + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(redo_read_base(&got, all, START.generation),
                         REDO_BASE_DAMAGED);
    }
}

static void records_of_an_earlier_use_are_not_found(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 5; i++)
        append(1000 + i);
    assert_int_equal(records_in(read_back()), 5);
    struct redo_start later = START;
    later.generation++;
    assert_int_equal(redo_file_begin(&file, &later), LOFT_OK);
    bytes rest = redo_records(read_back()), writes;
    assert_false(redo_read_record(&writes, &rest, later.generation, 1000));
}

/* Wherever one bit is another one, what is before is found and nothing else. */
static void one_wrong_bit_ends_the_log(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++)
        append(1000 + i);
    bytes all = read_back();
    size_t from = (size_t)(redo_records(all).at - all.at);
    for (unsigned n = 0; n < 3; n++)
        for (size_t bit = 0; bit < record.len * 8; bit++) {
            uint8_t *at = whole.at + from + n * ASYNC_BLOCK + bit / 8;
            *at ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(records_in(all), n);
            *at ^= (uint8_t)(1 << bit % 8);
        }
}

static void a_wrong_start_is_said(void **state)
{
    (void)state;
    struct redo_start start;
    bytes all = read_back();
    for (size_t bit = 0; bit < 60 * 8; bit++) {
        whole.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(redo_read_start(&start, all), REDO_DAMAGED);
        whole.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(redo_read_start(&start, bytes_of(all.at, 30)),
                     REDO_DAMAGED);
    memset(whole.at, 0, 60);
    assert_int_equal(redo_read_start(&start, all), REDO_NEVER_BEGUN);
    assert_int_equal(redo_read_start(&start, BYTES_EMPTY), REDO_NEVER_BEGUN);
}

static void a_write_that_is_none_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *writes;
        size_t len;
    } BAD[] = {
        {"\3\0\0\1\0\0\0\0k", 9},         /* a kind that is none */
        {"\0\377\0\1\0\0\0\0k", 9},       /* a table that is none */
        {"\0\0\0\0\0\0\0\0", 8},          /* no key */
        {"\0\0\2\0\0\0\0\0k", 9},         /* too long a key */
        {"\0\0\0\2\0\0\0\0k", 9},         /* it ends within the key */
        {"\0\0\0\1\377\377\377\377k", 9}, /* and within the value */
        {"\0\0\0\1\0", 5},                /* and within the head */
    };
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct redo_write write;
        bytes writes = bytes_of(BAD[i].writes, BAD[i].len);
        assert_int_equal(redo_read_write(&write, &writes), LOFT_ERR_CORRUPT);
    }
}

static void zeros_lie_ahead_of_the_records(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        append(1000 + i);
        assert_true(file.end <= file.room);
        assert_int_equal(file.room, lseek(file.fd, 0, SEEK_END));
    }
    assert_int_equal(records_in(read_back()), 2000);
}

#define IN_FILE(test) \
    cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FILE(what_was_put_comes_back),
        IN_FILE(a_base_counts_in_its_generation_only),
        IN_FILE(records_of_an_earlier_use_are_not_found),
        IN_FILE(one_wrong_bit_ends_the_log),
        IN_FILE(a_wrong_start_is_said),
        IN_FILE(a_write_that_is_none_is_said),
        IN_FILE(zeros_lie_ahead_of_the_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
