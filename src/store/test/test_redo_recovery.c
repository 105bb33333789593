#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/redo_recovery.h"
#include "store/store.h"
#include "store/whole_io.h"

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/loft-recovery-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'*", dir);
    return system(command);
}

static const char *path_in(const char *folder, const char *name)
{
    static char room[2][160];
    static int turn;
    turn = !turn;
    snprintf(room[turn], sizeof room[turn], "%s/%s", folder, name);
    return room[turn];
}

static loft_err write_commits(const char *folder, uint8_t count, bool closes)
{
    struct store *store;
    struct store_options options = {.durability = STORE_DURABLE};
    TRY(store_open(&store, folder, &options));
    for (uint8_t i = 1; i <= count; i++) {
        struct store_txn *txn;
        TRY(store_begin_write(store, &txn));
        TRY(store_put(txn, STORE_BLOCK, bytes_of(&i, 1), bytes_of(&i, 1)));
        TRY(store_commit(txn));
    }
    if (closes)
        store_close(store);
    return LOFT_OK;
}

/* Leaves a log behind that holds commits. */
static void crash_after(const char *folder, uint8_t count)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit((int)write_commits(folder, count, false));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), LOFT_OK);
    assert_int_equal(access(path_in(folder, "redo.0"), F_OK), 0);
}

static loft_err open_and_count(uint64_t *count, enum store_durability how)
{
    struct store *store;
    struct store_txn *txn;
    struct store_options options = {.durability = how};
    TRY(store_open(&store, dir, &options));
    assert_int_equal(store_begin_read(store, &txn), LOFT_OK);
    assert_int_equal(store_count(txn, count, STORE_BLOCK), LOFT_OK);
    store_abort(txn);
    store_close(store);
    return LOFT_OK;
}

static void assert_no_log(void)
{
    assert_int_not_equal(access(path_in(dir, "redo.0"), F_OK), 0);
    assert_int_not_equal(access(path_in(dir, "redo.1"), F_OK), 0);
}

static void overwrite(const char *name, uint64_t at, bytes with)
{
    int file = open(path_in(dir, name), O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    assert_int_equal(whole_write(file, with.at, with.len, at), LOFT_OK);
    close(file);
}

static void an_orderly_end_leaves_no_log(void **state)
{
    (void)state;
    uint64_t count;
    assert_int_equal(write_commits(dir, 20, true), LOFT_OK);
    assert_no_log();
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_OK);
    assert_int_equal(count, 20);
}

static void whatever_the_durability_the_log_is_read(void **state)
{
    (void)state;
    uint64_t count;
    for (uint8_t how = STORE_DURABLE; how <= STORE_DEV; how++) {
        crash_after(dir, 20 + how);
        /* As a machine that stopped could have left it. */
        static const uint8_t JUNK[100];
        overwrite("data.mdb", 16, bytes_of(JUNK, sizeof JUNK));
        overwrite("data.mdb", 4096 + 16, bytes_of(JUNK, sizeof JUNK));
        assert_int_equal(open_and_count(&count, how), LOFT_OK);
        assert_int_equal(count, 20 + how);
        assert_no_log();
    }
}

static void the_log_of_another_file_is_refused(void **state)
{
    (void)state;
    uint64_t count;
    char other[70];
    snprintf(other, sizeof other, "%s.other", dir);
    crash_after(dir, 20);
    assert_int_equal(write_commits(other, 30, true), LOFT_OK);
    assert_int_equal(
        rename(path_in(other, "data.mdb"), path_in(dir, "data.mdb")), 0);
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_ERR_CORRUPT);
    assert_non_null(strstr(err_sentence(), "another data.mdb"));
    assert_int_equal(unlink(path_in(dir, "redo.0")), 0);
    assert_int_equal(unlink(path_in(dir, "redo.1")), 0);
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_OK);
    assert_int_equal(count, 30);
}

static void a_damaged_log_is_said(void **state)
{
    (void)state;
    uint64_t count;
    crash_after(dir, 20);
    overwrite("redo.0", 3, bytes_str("?"));
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_ERR_CORRUPT);
    assert_non_null(strstr(err_sentence(), "redo.0 is damaged"));
    overwrite("redo.0", 3, bytes_str("t"));
    overwrite("redo.1", 0, bytes_str("not a log at all"));
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_ERR_CORRUPT);
    assert_non_null(strstr(err_sentence(), "redo.1 is damaged"));
    assert_int_equal(truncate(path_in(dir, "redo.1"), (off_t)1 << 40), 0);
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_ERR_CORRUPT);
    assert_int_equal(truncate(path_in(dir, "redo.1"), 0), 0);
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_OK);
    assert_int_equal(count, 20);
}

static void a_damaged_base_is_said(void **state)
{
    (void)state;
    uint64_t count;
    crash_after(dir, 20);
    overwrite("redo.0", 4096 + 100, bytes_str("?"));
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_ERR_CORRUPT);
    assert_non_null(strstr(err_sentence(), "base is damaged"));
}

static void begin_file(int which, const struct redo_start *start)
{
    struct arena arena;
    struct redo_file file;
    arena_init(&arena);
    assert_int_equal(redo_file_open(&file, redo_path(&arena, dir, which)),
                     LOFT_OK);
    assert_int_equal(redo_file_begin(&file, start), LOFT_OK);
    redo_file_close(&file);
    arena_fini(&arena);
}

static void the_log_of_another_version_is_refused(void **state)
{
    (void)state;
    uint64_t count;
    assert_int_equal(write_commits(dir, 3, true), LOFT_OK);
    begin_file(0, &(struct redo_start){.page_size = 4096,
                                       .tables = redo_tables() + 1});
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_ERR_CORRUPT);
    assert_non_null(strstr(err_sentence(), "another version"));
}

/* Removing the log was cut short: all of it is in the data file. */
static void what_is_left_without_a_base_goes(void **state)
{
    (void)state;
    uint64_t count;
    assert_int_equal(write_commits(dir, 3, true), LOFT_OK);
    begin_file(1, &(struct redo_start){.page_size = 4096,
                                       .tables = redo_tables(),
                                       .generation = 8});
    assert_int_equal(open_and_count(&count, STORE_DURABLE), LOFT_OK);
    assert_int_equal(count, 3);
    assert_no_log();
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(an_orderly_end_leaves_no_log),
        IN_DIR(whatever_the_durability_the_log_is_read),
        IN_DIR(the_log_of_another_file_is_refused),
        IN_DIR(a_damaged_log_is_said),
        IN_DIR(a_damaged_base_is_said),
        IN_DIR(the_log_of_another_version_is_refused),
        IN_DIR(what_is_left_without_a_base_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
