#include "node/data_dir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static const char *dir;

static int make(void **state)
{
    (void)state;
    return data_dir_open(&arena, &dir, "", true) == LOFT_OK ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    data_dir_remove(dir);
    return access(dir, F_OK) == 0; /* it is to be gone */
}

static void a_new_folder_takes_the_identity_and_keeps_it(void **state)
{
    (void)state;
    uint64_t timestamp = 1000;
    assert_int_equal(data_dir_identify(dir, "chain 1", &timestamp), LOFT_OK);
    assert_int_equal(timestamp, 1000);
    timestamp = 2000;
    assert_int_equal(data_dir_identify(dir, "chain 1", &timestamp), LOFT_OK);
    assert_int_equal(timestamp, 1000);
}

static void another_identity_is_refused(void **state)
{
    (void)state;
    uint64_t timestamp = 1000;
    assert_int_equal(data_dir_identify(dir, "chain 1", &timestamp), LOFT_OK);
    assert_int_equal(data_dir_identify(dir, "chain 2", &timestamp),
                     LOFT_ERR_REFUSED);
    assert_non_null(strstr(err_sentence(), "chain 1"));
}

static void a_damaged_identity_is_told(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x y\n", "12", "12 chain 1"};
    uint64_t timestamp;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *path = arena_printf(&arena, "%s/identity", dir);
        FILE *file = fopen(path, "w");
        fputs(texts[i], file);
        fclose(file);
        assert_int_equal(data_dir_identify(dir, "chain 1", &timestamp),
                         LOFT_ERR_CORRUPT);
    }
}

static void folders_are_made_all_the_way_down(void **state)
{
    (void)state;
    const char *made;
    char *deep = arena_printf(&arena, "%s/a/b/c", dir);
    assert_int_equal(data_dir_open(&arena, &made, deep, false), LOFT_OK);
    assert_int_equal(access(deep, F_OK), 0);
    assert_int_equal(data_dir_open(&arena, &made, deep, false), LOFT_OK);
    rmdir(deep);
    rmdir(arena_printf(&arena, "%s/a/b", dir));
    rmdir(arena_printf(&arena, "%s/a", dir));
    assert_int_equal(data_dir_open(&arena, &made, "/dev/null/x", false),
                     LOFT_ERR_IO);
    assert_non_null(strstr(err_sentence(), "/dev/null"));
}

static void the_process_that_holds_a_folder_is_found(void **state)
{
    (void)state;
    pid_t holder = 1;
    char *path = arena_printf(&arena, "%s/lock", dir);
    assert_int_equal(data_dir_holder(&holder, dir), LOFT_OK);
    assert_int_equal(holder, 0);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(data_dir_holder(&holder, dir), LOFT_OK);
    assert_int_equal(holder, 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(data_dir_holder(&holder, dir), LOFT_OK);
    assert_int_equal(holder, getpid());
    close(fd);
    assert_int_equal(data_dir_holder(&holder, dir), LOFT_OK);
    assert_int_equal(holder, 0);
    unlink(path);
}

static void an_identity_goes_with_a_copy(void **state)
{
    (void)state;
    uint64_t timestamp = 1000, copied = 0;
    char *copy = arena_printf(&arena, "%s/copy", dir);
    assert_int_equal(mkdir(copy, 0700), 0);
    assert_int_equal(data_dir_copy_identity(dir, copy), LOFT_ERR_NOT_FOUND);
    assert_int_equal(data_dir_identify(dir, "chain 1", &timestamp), LOFT_OK);
    assert_int_equal(data_dir_copy_identity(dir, copy), LOFT_OK);
    assert_int_equal(data_dir_identify(copy, "chain 1", &copied), LOFT_OK);
    assert_int_equal(copied, 1000);
    data_dir_remove(copy);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_new_folder_takes_the_identity_and_keeps_it),
        IN_FOLDER(another_identity_is_refused),
        IN_FOLDER(a_damaged_identity_is_told),
        IN_FOLDER(folders_are_made_all_the_way_down),
        IN_FOLDER(the_process_that_holds_a_folder_is_found),
        IN_FOLDER(an_identity_goes_with_a_copy),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
