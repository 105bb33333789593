/* The store: what is kept, what is refused, and what a crash leaves. */
#include "store/store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/json.h"
#include "tests/vectors.h"

static char dir[64];
static const struct store_options DEV = {.durability = STORE_DEV};

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/loft-test-store-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static const char *in_dir(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(in_dir("data.mdb"));
    unlink(in_dir("lock.mdb"));
    unlink(in_dir("lock"));
    return rmdir(dir);
}

static struct store *open_store(const struct store_options *options)
{
    struct store *store;
    assert_int_equal(store_open(&store, dir, options), LOFT_OK);
    return store;
}

static struct store_txn *writing(struct store *store)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_write(store, &txn), LOFT_OK);
    return txn;
}

static struct store_txn *reading(struct store *store)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_read(store, &txn), LOFT_OK);
    return txn;
}

static loft_err put_number(struct store_txn *txn, uint64_t key, size_t len)
{
    uint8_t be[8], value[4096];
    store_be64(be, key);
    memset(value, (int)key, sizeof value);
    return store_put(txn, STORE_BLOCK, bytes_of(be, 8), bytes_of(value, len));
}

static bool has_number(struct store_txn *txn, uint64_t key, size_t len)
{
    uint8_t be[8];
    bytes value;
    store_be64(be, key);
    if (store_get(txn, &value, STORE_BLOCK, bytes_of(be, 8)) != LOFT_OK)
        return false;
    return value.len == len && value.at[0] == (uint8_t)key &&
           value.at[len - 1] == (uint8_t)key;
}

static void what_is_committed_is_there_after_reopening(void **state)
{
    (void)state;
    for (int level = STORE_DURABLE; level <= STORE_DEV; level++) {
        struct store_options options = {.durability = level};
        struct store *store = open_store(&options);
        struct store_txn *txn = writing(store);
        assert_int_equal(put_number(txn, 7 + level, 100), LOFT_OK);
        assert_int_equal(store_commit(txn), LOFT_OK);
        assert_int_equal(store_sync(store), LOFT_OK);
        store_close(store);
        store = open_store(&options);
        txn = reading(store);
        assert_true(has_number(txn, 7 + level, 100));
        store_abort(txn);
        store_close(store);
    }
}

static void what_is_aborted_is_gone(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *txn = writing(store);
    assert_int_equal(put_number(txn, 1, 10), LOFT_OK);
    store_abort(txn);
    txn = reading(store);
    bytes value = bytes_str("x");
    static const uint8_t one[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    assert_int_equal(store_get(txn, &value, STORE_BLOCK, bytes_of(one, 8)),
                     LOFT_ERR_NOT_FOUND);
    assert_int_equal(value.len, 0);
    store_abort(txn);
    store_close(store);
}

static void a_reader_sees_the_store_as_it_was(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *old = reading(store);
    struct store_txn *txn = writing(store);
    assert_int_equal(put_number(txn, 1, 10), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    struct store_txn *new = reading(store);
    assert_false(has_number(old, 1, 10));
    assert_true(has_number(new, 1, 10));
    store_abort(old);
    store_abort(new);
    txn = writing(store);
    assert_int_equal(put_number(txn, 2, 20), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    /* What an ended reader has left serves the next. */
    new = reading(store);
    assert_true(has_number(new, 1, 10));
    assert_true(has_number(new, 2, 20));
    store_abort(new);
    store_close(store);
}

static void cursors_walk_in_order(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *txn = writing(store);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(put_number(txn, i * 7919 % 1000 * 2, 20), LOFT_OK);
    struct store_cursor *cursor;
    bytes key, value;
    assert_int_equal(store_cursor_open(&cursor, txn, STORE_BLOCK), LOFT_OK);
    uint8_t from[8] = {0};
    from[7] = 101;
    loft_err err = store_seek(cursor, &key, &value, bytes_of(from, 8));
    uint64_t expected = 102;
    for (; err == LOFT_OK; err = store_next(cursor, &key, &value)) {
        assert_int_equal(load_be64(key.at), expected);
        expected += 2;
    }
    assert_int_equal(err, LOFT_ERR_NOT_FOUND);
    assert_int_equal(expected, 2000);
    assert_int_equal(store_last(cursor, &key, &value), LOFT_OK);
    assert_int_equal(load_be64(key.at), 1998);
    assert_int_equal(store_seek(cursor, &key, &value, BYTES_EMPTY), LOFT_OK);
    assert_int_equal(load_be64(key.at), 0);
    store_be64(from, 500);
    assert_int_equal(store_find(cursor, &value, bytes_of(from, 8)), LOFT_OK);
    assert_int_equal(
        store_cursor_put(cursor, bytes_of(from, 8), bytes_str("new")), LOFT_OK);
    assert_int_equal(store_get(txn, &value, STORE_BLOCK, bytes_of(from, 8)),
                     LOFT_OK);
    assert_true(bytes_equal(value, bytes_str("new")));
    store_be64(from, 501);
    assert_int_equal(store_find(cursor, &value, bytes_of(from, 8)),
                     LOFT_ERR_NOT_FOUND);
    store_cursor_close(cursor);
    uint64_t count;
    assert_int_equal(store_count(txn, &count, STORE_BLOCK), LOFT_OK);
    assert_int_equal(count, 1000);
    store_abort(txn);
    store_close(store);
}

static void appending_keeps_order_wherever_the_key_belongs(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *txn = writing(store);
    static const char *const KEYS[] = {"b", "c", "a", "c"};
    bytes key, value;
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
        assert_int_equal(
            store_append(txn, STORE_CODE, bytes_str(KEYS[i]), bytes_of(&i, 1)),
            LOFT_OK);
    struct store_cursor *cursor;
    assert_int_equal(store_cursor_open(&cursor, txn, STORE_CODE), LOFT_OK);
    assert_int_equal(store_seek(cursor, &key, &value, BYTES_EMPTY), LOFT_OK);
    assert_true(bytes_equal(key, bytes_str("a")));
    assert_int_equal(store_last(cursor, &key, &value), LOFT_OK);
    assert_true(bytes_equal(key, bytes_str("c")));
    assert_int_equal(value.at[0], 3);
    store_cursor_close(cursor);
    assert_int_equal(store_commit(txn), LOFT_OK);
    store_close(store);
}

static void deleting_what_is_not_there_is_fine(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *txn = writing(store);
    assert_int_equal(store_delete(txn, STORE_CODE, bytes_str("a")), LOFT_OK);
    assert_int_equal(put_number(txn, 1, 10), LOFT_OK);
    uint8_t one[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    assert_int_equal(store_delete(txn, STORE_BLOCK, bytes_of(one, 8)), LOFT_OK);
    assert_false(has_number(txn, 1, 10));
    assert_int_equal(store_commit(txn), LOFT_OK);
    store_close(store);
}

/* Runs `work` in a child process and says how that exited. */
static int in_child(int (*work)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(work());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int try_open(void)
{
    struct store *store;
    return (int)store_open(&store, dir, &DEV);
}

static void a_second_process_is_refused(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    assert_int_equal(in_child(try_open), LOFT_ERR_BUSY);
    assert_int_equal(try_open(), LOFT_ERR_BUSY);
    assert_non_null(strstr(err_sentence(), "in use"));
    store_close(store);
}

static void fill(const struct store_options *options, uint64_t commits)
{
    struct store *store = open_store(options);
    for (uint64_t i = 0; i < commits; i++) {
        struct store_txn *txn = writing(store);
        assert_int_equal(put_number(txn, i, 1500), LOFT_OK);
        assert_int_equal(store_commit(txn), LOFT_OK);
    }
    store_close(store);
}

static void fill_a_store(enum store_durability durability)
{
    struct store_options options = {.durability = durability,
                                    .bytes_max = 1 << 20};
    struct store *store = open_store(&options);
    struct store_txn *txn;
    uint64_t kept = 0;
    loft_err err = LOFT_OK;
    while (err == LOFT_OK && kept < 1000) {
        txn = writing(store);
        for (uint64_t i = 0; i < 10 && err == LOFT_OK; i++)
            err = put_number(txn, kept * 10 + i, 4000);
        loft_err end = store_commit(txn);
        if (err == LOFT_OK)
            err = end;
        assert_int_equal(end, err);
        kept += err == LOFT_OK;
    }
    assert_int_equal(err, LOFT_ERR_FULL);
    assert_in_range(kept, 5, 30);
    txn = reading(store);
    for (uint64_t i = 0; i < kept * 10; i++)
        assert_true(has_number(txn, i, 4000));
    assert_false(has_number(txn, kept * 10, 4000));
    store_abort(txn);
    txn = writing(store); /* what is there can still be used and freed */
    uint8_t zero[8] = {0};
    assert_int_equal(store_delete(txn, STORE_BLOCK, bytes_of(zero, 8)),
                     LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    store_close(store);
}

static void a_full_store_keeps_nothing_of_the_commit_that_failed(void **state)
{
    (void)state;
    fill_a_store(STORE_DEV);
}

static void so_it_does_with_a_redo_log(void **state)
{
    (void)state;
    fill_a_store(STORE_DURABLE);
}

static struct store_options filling;

/* In a child: no file may grow beyond 1 MiB. */
static int fill_the_disk(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        return 100;
    struct store *store;
    if (store_open(&store, dir, &filling) != LOFT_OK)
        return 101;
    uint64_t kept = 0;
    loft_err err = LOFT_OK;
    for (; kept < 1000; kept += err == LOFT_OK) {
        struct store_txn *txn;
        if (store_begin_write(store, &txn) != LOFT_OK)
            return 102;
        if (put_number(txn, kept, 4000) != LOFT_OK)
            return 103;
        err = store_commit(txn);
        if (err != LOFT_OK)
            break;
    }
    store_close(store);
    return err == LOFT_ERR_FULL && kept > 50 ? (int)(kept % 256) : 104;
}

static void fill_a_disk(enum store_durability durability)
{
    filling = (struct store_options){.durability = durability};
    int kept = in_child(fill_the_disk);
    assert_true(kept < 100 || kept > 104);
    struct store *store = open_store(&DEV);
    struct store_txn *txn = reading(store);
    uint64_t count;
    assert_int_equal(store_count(txn, &count, STORE_BLOCK), LOFT_OK);
    assert_int_equal(count % 256, kept);
    for (uint64_t i = 0; i < count; i++)
        assert_true(has_number(txn, i, 4000));
    store_abort(txn);
    store_close(store);
}

static void a_full_disk_is_said_and_loses_nothing(void **state)
{
    (void)state;
    fill_a_disk(STORE_DEV);
}

static void nor_does_it_with_a_redo_log(void **state)
{
    (void)state;
    fill_a_disk(STORE_DURABLE);
}

static void refuses_as_corrupt(const char *why)
{
    struct store *store;
    assert_int_equal(store_open(&store, dir, &DEV), LOFT_ERR_CORRUPT);
    assert_null(store);
    assert_non_null(strstr(err_sentence(), why));
}

static void a_shortened_file_is_refused_and_left_alone(void **state)
{
    (void)state;
    fill(&DEV, 200);
    struct stat about, after;
    assert_int_equal(stat(in_dir("data.mdb"), &about), 0);
    off_t shorter = about.st_size / 4096 / 2 * 4096;
    assert_int_equal(truncate(in_dir("data.mdb"), shorter), 0);
    refuses_as_corrupt("torn");
    assert_int_equal(stat(in_dir("data.mdb"), &after), 0);
    assert_int_equal(after.st_size, shorter);
    assert_int_equal(truncate(in_dir("data.mdb"), 5000), 0);
    refuses_as_corrupt("torn");
    assert_int_equal(truncate(in_dir("data.mdb"), 100), 0);
    refuses_as_corrupt("data.mdb");
    assert_int_equal(truncate(in_dir("data.mdb"), 0), 0);
    refuses_as_corrupt("missing or empty");
    assert_int_equal(unlink(in_dir("data.mdb")), 0);
    refuses_as_corrupt("missing or empty");
}

static void pages_that_were_given_back_may_be_missing(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *txn = writing(store);
    for (uint64_t i = 0; i < 300; i++)
        assert_int_equal(put_number(txn, i, 1500), LOFT_OK);
    for (uint64_t i = 10; i < 300; i++) {
        uint8_t be[8];
        store_be64(be, i);
        assert_int_equal(store_delete(txn, STORE_BLOCK, bytes_of(be, 8)),
                         LOFT_OK);
    }
    assert_int_equal(store_commit(txn), LOFT_OK);
    store_close(store);
    store = open_store(&DEV);
    txn = reading(store);
    for (uint64_t i = 0; i < 10; i++)
        assert_true(has_number(txn, i, 1500));
    store_abort(txn);
    store_close(store);
}

static void a_foreign_file_is_refused(void **state)
{
    (void)state;
    FILE *file = fopen(in_dir("data.mdb"), "wb");
    for (int i = 0; i < 3000; i++)
        fputs("not ours", file);
    fclose(file);
    refuses_as_corrupt("data.mdb");
}

/* Longer than what was written, by holes. */
static void the_file_runs_ahead_of_what_is_used(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct stat about;
    uint64_t count;
    struct store_txn *txn = writing(store);
    for (uint64_t n = 0; n < 1000; n++)
        assert_int_equal(put_number(txn, n, 1000), LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    assert_int_equal(stat(in_dir("data.mdb"), &about), 0);
    assert_true(about.st_size >= 1000 * 1000 * 9 / 8);
    assert_true(about.st_blocks * 512 < about.st_size);
    store_close(store);
    store = open_store(&DEV);
    txn = reading(store);
    assert_int_equal(store_count(txn, &count, STORE_BLOCK), LOFT_OK);
    assert_int_equal(count, 1000);
    store_abort(txn);
    store_close(store);
}

static void another_format_is_refused(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    struct store_txn *txn = writing(store);
    static const uint8_t future[4] = {0, 0, 0, 99};
    assert_int_equal(
        store_put(txn, STORE_META, bytes_str("format"), bytes_of(future, 4)),
        LOFT_OK);
    assert_int_equal(store_commit(txn), LOFT_OK);
    store_close(store);
    refuses_as_corrupt("format 99");
}

static void too_many_readers_are_refused(void **state)
{
    (void)state;
    struct store *store = open_store(&DEV);
    static struct store_txn *readers[STORE_READERS_MAX];
    for (int i = 0; i < STORE_READERS_MAX; i++)
        readers[i] = reading(store);
    struct store_txn *one_more;
    assert_int_equal(store_begin_read(store, &one_more), LOFT_ERR_LIMIT);
    assert_null(one_more);
    for (int i = 0; i < STORE_READERS_MAX; i++)
        store_abort(readers[i]);
    store_abort(reading(store));
    store_close(store);
}

/* Commits 1, 2, 3, … and tells each number only after its commit. */
static void write_until_killed(int tell)
{
    struct store *store;
    struct store_txn *txn;
    if (store_open(&store, dir, &DEV) != LOFT_OK)
        _exit(1);
    for (uint64_t i = 1;; i++) {
        if (store_begin_write(store, &txn) != LOFT_OK ||
            put_number(txn, i, 1 + i * 37 % 4000) != LOFT_OK ||
            put_number(txn, 0, 1 + i) != LOFT_OK ||
            store_commit(txn) != LOFT_OK || write(tell, &i, sizeof i) < 0)
            _exit(1);
        if (i == 3000)
            _exit(0);
    }
}

static uint64_t kill_a_writer_after(long nanoseconds)
{
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0)
        write_until_killed(pipe_ends[1]);
    close(pipe_ends[1]);
    uint64_t told = 0, next;
    struct timespec wait = {0, nanoseconds};
    nanosleep(&wait, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(pipe_ends[0], &next, sizeof next) == sizeof next)
        told = next;
    close(pipe_ends[0]);
    return told;
}

static void a_killed_writer_loses_nothing_it_had_committed(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    srand(seed);
    for (int run = 0; run < 12; run++) {
        uint64_t told = kill_a_writer_after(1000000L + rand() % 60000000);
        struct store *store = open_store(&DEV);
        struct store_txn *txn = reading(store);
        for (uint64_t i = 1; i <= told; i++)
            assert_true(has_number(txn, i, 1 + i * 37 % 4000));
        uint64_t count;
        assert_int_equal(store_count(txn, &count, STORE_BLOCK), LOFT_OK);
        if (count) /* the last commit is there with both its writes */
            assert_true(count - 1 >= told);
        store_abort(txn);
        txn = writing(store);
        for (uint64_t i = 0; i < count + 1; i++) {
            uint8_t be[8];
            store_be64(be, i);
            assert_int_equal(store_delete(txn, STORE_BLOCK, bytes_of(be, 8)),
                             LOFT_OK);
        }
        assert_int_equal(store_commit(txn), LOFT_OK);
        store_close(store);
    }
}
/* The keys next to `key`, empty where there are none. */
static void find_neighbours(struct store_txn *txn, bytes key, bytes *before,
                            bytes *after)
{
    static const uint8_t lowest[1];
    struct store_cursor *cursor;
    bytes at, value;
    *before = *after = BYTES_EMPTY;
    assert_int_equal(store_cursor_open(&cursor, txn, STORE_CODE), LOFT_OK);
    loft_err err = store_seek(cursor, &at, &value, bytes_of(lowest, 1));
    for (; err == LOFT_OK; err = store_next(cursor, &at, &value)) {
        int order = bytes_compare(at, key);
        if (order < 0)
            *before = at;
        if (order > 0) {
            *after = at;
            break;
        }
    }
    store_cursor_close(cursor);
}

static void check_neighbours(struct store_txn *txn, const struct json *row)
{
    bytes key, before, after, found_before, found_after;
    assert_int_equal(json_read_string(&key, json_at(row, 0)), LOFT_OK);
    assert_int_equal(json_read_string(&before, json_at(row, 1)), LOFT_OK);
    assert_int_equal(json_read_string(&after, json_at(row, 2)), LOFT_OK);
    find_neighbours(txn, key, &found_before, &found_after);
    assert_true(bytes_equal(found_before, before));
    assert_true(bytes_equal(found_after, after));
}

/* trietestnextprev: the flat tables are where keys are walked over. */
static void published_neighbours_are_found(void **state)
{
    (void)state;
    const char *data = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!data)
        skip();
    struct arena arena;
    const struct json *file;
    arena_init(&arena);
    const char *path = arena_printf(&arena,
                                    "%s/TrieTests/trietestnextprev.json", data);
    assert_int_equal(
        json_parse(&file, &arena, vectors_read(&arena, path), &JSON_FROM_FILE),
        LOFT_OK);
    struct store *store = open_store(&DEV);
    JSON_FOR_EACH (member, file) {
        struct store_txn *txn = writing(store);
        const struct json *in = json_get(member.value, "in");
        const struct json *rows = json_get(member.value, "tests");
        for (size_t i = 0; i < json_len(in); i++) {
            bytes key;
            assert_int_equal(json_read_string(&key, json_at(in, i)), LOFT_OK);
            assert_int_equal(store_put(txn, STORE_CODE, key, key), LOFT_OK);
        }
        assert_true(json_len(rows) > 0);
        for (size_t i = 0; i < json_len(rows); i++)
            check_neighbours(txn, json_at(rows, i));
        store_abort(txn);
    }
    store_close(store);
    arena_fini(&arena);
}

#define IN_FRESH_DIR(test) \
    cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FRESH_DIR(published_neighbours_are_found),
        IN_FRESH_DIR(what_is_committed_is_there_after_reopening),
        IN_FRESH_DIR(what_is_aborted_is_gone),
        IN_FRESH_DIR(a_reader_sees_the_store_as_it_was),
        IN_FRESH_DIR(cursors_walk_in_order),
        IN_FRESH_DIR(appending_keeps_order_wherever_the_key_belongs),
        IN_FRESH_DIR(deleting_what_is_not_there_is_fine),
        IN_FRESH_DIR(a_second_process_is_refused),
        IN_FRESH_DIR(a_full_store_keeps_nothing_of_the_commit_that_failed),
        IN_FRESH_DIR(so_it_does_with_a_redo_log),
        IN_FRESH_DIR(a_full_disk_is_said_and_loses_nothing),
        IN_FRESH_DIR(nor_does_it_with_a_redo_log),
        IN_FRESH_DIR(a_shortened_file_is_refused_and_left_alone),
        IN_FRESH_DIR(pages_that_were_given_back_may_be_missing),
        IN_FRESH_DIR(a_foreign_file_is_refused),
        IN_FRESH_DIR(the_file_runs_ahead_of_what_is_used),
        IN_FRESH_DIR(another_format_is_refused),
        IN_FRESH_DIR(too_many_readers_are_refused),
        IN_FRESH_DIR(a_killed_writer_loses_nothing_it_had_committed),
    };
    return vectors_exit(cmocka_run_group_tests(tests, NULL, NULL));
}
