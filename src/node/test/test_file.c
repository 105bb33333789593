#include "node/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/loft-file-XXXXXX";

static void a_file_comes_whole(void **state)
{
    (void)state;
    struct file file;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "contents", 8), 8);
    close(fd);
    assert_int_equal(file_open(&file, path, 8), LOFT_OK);
    assert_true(bytes_equal(file.contents, bytes_str("contents")));
    file_close(&file);
    assert_int_equal(file_open(&file, path, 7), LOFT_ERR_LIMIT);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(file_open(&file, path, 7), LOFT_OK);
    assert_int_equal(file.contents.len, 0);
    file_close(&file);
    unlink(path);
}

static void what_is_no_file_is_told(void **state)
{
    (void)state;
    struct file file;
    assert_int_equal(file_open(&file, "/nonexistent/x", 9), LOFT_ERR_IO);
    assert_non_null(strstr(err_sentence(), "/nonexistent/x"));
    assert_int_equal(file_open(&file, "/tmp", 9), LOFT_ERR_IO);
    assert_int_equal(file_open(&file, "/dev/zero", 9), LOFT_ERR_IO);
}

static mode_t mode_of(const char *of)
{
    struct stat about;
    assert_int_equal(stat(of, &about), 0);
    return about.st_mode & 0777;
}

static void a_file_is_replaced_whole(void **state)
{
    (void)state;
    struct file file;
    char dir[] = "/tmp/loft-file-XXXXXX", at[64], beside[64];
    assert_non_null(mkdtemp(dir));
    snprintf(at, sizeof at, "%s/it", dir);
    snprintf(beside, sizeof beside, "%s/it.new", dir);
    assert_int_equal(symlink("/nonexistent/x", beside), 0);
    mode_t mask = umask(022);
    assert_int_equal(file_replace(at, bytes_str("old"), FILE_OF_ALL), LOFT_OK);
    assert_int_equal(mode_of(at), 0644);
    assert_int_equal(file_replace(at, bytes_str("a secret"), FILE_OF_OWNER),
                     LOFT_OK);
    assert_int_equal(mode_of(at), 0600);
    umask(mask);
    assert_int_not_equal(access(beside, F_OK), 0);
    assert_int_equal(file_open(&file, at, 100), LOFT_OK);
    assert_true(bytes_equal(file.contents, bytes_str("a secret")));
    file_close(&file);
    unlink(at);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_comes_whole),
        cmocka_unit_test(what_is_no_file_is_told),
        cmocka_unit_test(a_file_is_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
